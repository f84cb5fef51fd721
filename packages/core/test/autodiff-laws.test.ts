import * as fc from "fast-check"
import { describe, expect, test } from "vitest"
import type { Primitive } from "../src/language/Primitive.ts"
import { inline } from "../src/language/Program.ts"
import * as T from "../src/tensor/Tensor.ts"
import { allClose, assertAllClose } from "../src/testing/allClose.ts"
import { checkGrads } from "../src/testing/checkGrads.ts"
import * as Doubles from "../src/testing/doubles.ts"
import { programWithInputs } from "../src/testing/programs.ts"
import { grad, hessian, jvp, valueAndGrad, valueAndGradAux, vjp } from "../src/transform/Autodiff.ts"
import { ShapeError } from "../src/types/ShapeError.ts"

type Scalar = (x: T.Tensor) => T.Tensor

const at = (f: Scalar, x: number): number => Doubles.toNumber(f(T.scalar(x)))

/** The derivative by jvp, as a function that can be derived again. */
const slope =
  (f: Scalar): Scalar =>
  (x) =>
    jvp(f, x, T.onesLike(x)).tangent

/** The derivative by vjp, likewise. */
const pulled =
  (f: Scalar): Scalar =>
  (x) =>
    vjp(f, x).pull(T.onesLike(x))

describe("nesting", () => {
  const modes = { grad: (f: Scalar): Scalar => grad(f), jvp: slope, vjp: pulled }
  const triples = Object.entries(modes).flatMap(([a, f]) =>
    Object.entries(modes).flatMap(([b, g]) => Object.entries(modes).map(([c, h]) => [`${a} of ${b} of ${c}`, f, g, h] as const)),
  )

  test.each(triples)("%s", (_, f, g, h) => {
    // sin(x²)'s third derivative: -12x sin(x²) - 8x³ cos(x²)
    const x = 0.8
    const wanted = -12 * x * Math.sin(x * x) - 8 * x ** 3 * Math.cos(x * x)
    expect(at(f(g(h((y) => T.sin(T.mul(y, y))))), x)).toBeCloseTo(wanted, 12)
  })

  test("a sixth derivative", () => {
    let f: Scalar = (x) => T.exp(T.mul(x, 2))
    for (let i = 0; i < 6; i++) f = grad(f)
    expect(at(f, 0.3)).toBeCloseTo(64 * Math.exp(0.6), 9)
  })

  test("a derivative inside a loop inside a derivative", () => {
    const newton = (target: T.Tensor): T.Tensor =>
      T.scan(
        (x: T.Tensor, _: T.Tensor) => {
          const f: Scalar = (y) => T.sub(T.mul(y, T.mul(y, y)), target)
          return { carry: T.sub(x, T.div(f(x), grad(f)(x))), kept: x }
        },
        T.scalar(2),
        T.range(8),
      ).carry
    // The cube root, and its derivatives.
    expect(at(newton, 5)).toBeCloseTo(Math.cbrt(5), 12)
    expect(at(grad(newton), 5)).toBeCloseTo(5 ** (-2 / 3) / 3, 12)
    expect(at(grad(grad(newton)), 5)).toBeCloseTo((-2 / 9) * 5 ** (-5 / 3), 12)
    expect(at(slope(grad(newton)), 5)).toBeCloseTo((-2 / 9) * 5 ** (-5 / 3), 12)
  })

  test("a loop that keeps what it closes over, as it is", () => {
    const f: Scalar = (x) =>
      T.sum(T.scan((c: T.Tensor, row: T.Tensor) => ({ carry: T.mul(c, row), kept: x }), T.scalar(1), T.make([1, 2, 3])).kept)
    expect(at(f, 5)).toBe(15)
    expect(at(grad(f), 5)).toBe(3)
  })

  test("a loop in a loop", () => {
    // Σᵢ xⁱ for i in 1..4, each power by a loop of its own that runs to 4 and stops by a mask.
    const powers = (x: T.Tensor): T.Tensor =>
      T.scan(
        (sum: T.Tensor, i: T.Tensor) => {
          const power = T.scan(
            (p: T.Tensor, j: T.Tensor) => ({ carry: T.where(T.less(j, i), T.mul(p, x), p), kept: [] }),
            T.scalar(1),
            T.range(4),
          ).carry
          return { carry: T.add(sum, power), kept: power }
        },
        T.scalar(0),
        T.add(T.range(4), 1),
      ).carry
    expect(at(powers, 2)).toBe(30)
    expect(at(grad(powers), 2)).toBe(1 + 4 + 12 + 32)
    expect(at(grad(grad(powers)), 2)).toBe(2 + 12 + 48)
    checkGrads(powers, T.scalar(0.9), { order: 3 })
  })
})

describe("no confusion of perturbations", () => {
  test("d/dx x · (d/dy (x + y)) = 1", () => {
    expect(
      at(
        grad((x) => T.mul(x, grad((y: T.Tensor) => T.add(x, y))(T.scalar(1)))),
        3,
      ),
    ).toBe(1)
    expect(
      at(
        slope((x) => T.mul(x, slope((y) => T.add(x, y))(T.scalar(1)))),
        3,
      ),
    ).toBe(1)
    expect(
      at(
        pulled((x) => T.mul(x, slope((y) => T.add(x, y))(T.scalar(1)))),
        3,
      ),
    ).toBe(1)
  })

  test("d/dx x · (d/dy x · y) = 2x, wherever y is", () => {
    for (const outer of [grad, slope, pulled] as ReadonlyArray<(f: Scalar) => Scalar>)
      for (const inner of [grad, slope, pulled] as ReadonlyArray<(f: Scalar) => Scalar>)
        for (const point of [(x: T.Tensor) => x, () => T.scalar(7), (x: T.Tensor) => T.exp(x)])
          expect(
            at(
              outer((x) => T.mul(x, inner((y) => T.mul(x, y))(point(x)))),
              3,
            ),
          ).toBe(6)
  })

  test("the same value as variable of both", () => {
    // d/dx of d/dy (y · x²) at y = x: x² itself, so 2x.
    expect(
      at(
        grad((x) => grad((y: T.Tensor) => T.mul(y, T.square(x)))(x)),
        3,
      ),
    ).toBe(6)
  })

  test("an outer variable that comes in by a side door", () => {
    let seen: T.Tensor | undefined
    const f: Scalar = (x) => {
      seen = T.square(x)
      return grad((y: T.Tensor) => T.mul(y, seen ?? y))(T.scalar(1))
    }
    expect(at(grad(f), 5)).toBe(10)
  })
})

describe("vjp", () => {
  test("pull may be called any time, and more than once", () => {
    const pulls: Array<(cotangent: T.Tensor) => T.Tensor> = []
    const outer = grad((x: T.Tensor) => {
      const { pull, value } = vjp((y: T.Tensor) => T.mul(T.sin(y), x), T.scalar(0.5))
      pulls.push(pull)
      return value
    })(T.scalar(2))
    expect(Doubles.toNumber(outer)).toBeCloseTo(Math.sin(0.5), 14)
    for (const u of [1, 3, -2])
      expect(Doubles.toNumber(pulls[0]?.(T.scalar(u)) ?? T.scalar(0))).toBeCloseTo(2 * u * Math.cos(0.5), 14)
  })

  test("still works after its value was read", () => {
    const { pull, value } = vjp((x: T.Tensor) => T.exp(T.square(x)), T.make([0.5, 1]))
    Doubles.read(value)
    assertAllClose(pull(T.ones([2])), [Math.exp(0.25), 2 * Math.E], { rtol: 1e-14 })
  })

  test("pulls trees of several outputs back to trees of several inputs", () => {
    const { pull } = vjp(({ a, b }: { readonly a: T.Tensor; readonly b: ReadonlyArray<T.Tensor> }) => [T.mul(a, b[0] ?? a), a], {
      a: T.make([1, 2]),
      b: [T.make([3, 4])],
    })
    const back = pull([T.make([1, 1]), T.make([10, 20])])
    expect(Doubles.toArray(back.a)).toEqual([13, 24])
    expect(Doubles.toArray(back.b[0] ?? back.a)).toEqual([1, 2])
  })

  test("what is not f32 comes back as zeros of its kind", () => {
    const back = grad(({ i, x }: { readonly i: T.Tensor; readonly x: T.Tensor }) => T.sum(T.take(x, i)))({
      i: T.make([1, 1], "i32"),
      x: T.make([5, 6, 7]),
    })
    expect(back.i.dtype).toBe("i32")
    expect(Doubles.toArray(back.i)).toEqual([0, 0])
    expect(Doubles.toArray(back.x)).toEqual([0, 2, 0])
  })

  test("an argument the value does not need comes back as zeros, one it is comes back whole", () => {
    expect(Doubles.toArray(grad((_: T.Tensor) => T.scalar(1))(T.make([1, 2])))).toEqual([0, 0])
    expect(Doubles.toNumber(grad((x: T.Tensor) => x)(T.scalar(4)))).toBe(1)
  })

  test("a cotangent or tangent of another shape, kind or structure is refused", () => {
    const { pull } = vjp((x: T.Tensor) => T.square(x), T.make([1, 2]))
    expect(() => pull(T.scalar(1))).toThrow(ShapeError)
    expect(() => pull(T.make([1, 1], "i32"))).toThrow(ShapeError)
    expect(() => (pull as (u: unknown) => unknown)([T.ones([2])])).toThrow(ShapeError)
    expect(() => jvp((x: T.Tensor) => x, T.make([1, 2]), T.make([1]))).toThrow(/^jvp got f32\[1\]; it wants f32\[2\]/)
    expect(() => grad((x: T.Tensor) => x)(T.make([1, 2]))).toThrow(ShapeError)
    expect(() => grad((x: T.Tensor) => T.cast(x, "i32"))(T.scalar(1))).toThrow(ShapeError)
  })
})

describe("reading while differentiating", () => {
  test("does not break the gradient", () => {
    const f = (x: T.Tensor): T.Tensor => {
      let y = x
      // Control flow that looks at numbers: double until the sum is over 100.
      while (Doubles.toNumber(T.sum(y)) < 100) y = T.mul(y, 2)
      return T.sum(T.square(y))
    }
    const { grad: back, value } = valueAndGrad(f)(T.make([3, 4]))
    // 7 · 16 = 112, so y = 16x and the gradient is 2 · 256 · x.
    expect(Doubles.toNumber(value)).toBe(256 * 25)
    expect(Doubles.toArray(back)).toEqual([512 * 3, 512 * 4])
  })

  test("nor a second one, nor one outside of it", () => {
    const f: Scalar = (x) => {
      const y = T.sin(x)
      Doubles.read(y)
      const z = T.mul(
        y,
        grad((u: T.Tensor) => {
          const v = T.mul(u, y)
          Doubles.read(v)
          return T.mul(v, x)
        })(x),
      )
      Doubles.read(z)
      return z
    }
    // z = sin(x) · (sin(x) · x)
    const x = 0.7
    expect(at(grad(f), x)).toBeCloseTo(2 * Math.sin(x) * Math.cos(x) * x + Math.sin(x) ** 2, 13)
    checkGrads(f, T.scalar(x), { order: 3 })
  })

  test("keeps what only an outer differentiation still needs", () => {
    const f: Scalar = (x) => {
      const y = T.sin(x)
      return grad((u: T.Tensor) => {
        Doubles.read(u)
        const v = T.mul(u, y)
        Doubles.read(v)
        return T.add(T.square(v), T.mul(T.square(u), u))
      })(x)
    }
    // 2 (x sin x) sin x + 3x², where the inner variable, which was read, stands at x.
    const x = 0.7
    const [sin, cos] = [Math.sin(x), Math.cos(x)]
    expect(at(f, x)).toBeCloseTo(2 * x * sin * sin + 3 * x * x, 13)
    expect(at(grad(f), x)).toBeCloseTo(2 * sin * sin + 4 * x * sin * cos + 6 * x, 13)
    checkGrads(f, T.scalar(x), { order: 2 })
  })

  test("also where the inner variable has nothing to do with the outer", () => {
    const f: Scalar = (x) =>
      grad((u: T.Tensor) => {
        const v = T.mul(u, x)
        Doubles.read(v)
        return T.square(v)
      })(T.scalar(3))
    // 2 · 3x · x
    expect(at(f, 5)).toBe(150)
    expect(at(grad(f), 5)).toBe(60)
  })
})

describe("values beside the gradient", () => {
  test("valueAndGradAux returns the second result of the function", () => {
    const {
      aux,
      grad: back,
      value,
    } = valueAndGradAux((x: T.Tensor, scale: number) => ({
      value: T.mul(T.sum(x), scale),
      aux: { doubled: T.mul(x, 2) },
    }))(T.make([1, 2]), 10)
    expect(Doubles.toNumber(value)).toBe(30)
    expect(Doubles.toArray(back)).toEqual([10, 10])
    expect(Doubles.toArray(aux.doubled)).toEqual([2, 4])
  })

  test("stopGradient holds a value constant, at every order", () => {
    expect(
      at(
        grad((x) => T.mul(x, T.stopGradient(x))),
        3,
      ),
    ).toBe(3)
    expect(at(grad(grad((x: T.Tensor) => T.mul(T.square(x), T.stopGradient(x)))), 3)).toBe(6)
    expect(
      at(
        slope((x) => T.stopGradient(T.exp(x))),
        3,
      ),
    ).toBe(0)
  })
})

describe("hessian", () => {
  test("agrees with central differences of the gradient, and is symmetric", () => {
    const f = (x: T.Tensor): T.Tensor =>
      T.sum(
        T.mul(
          T.exp(
            T.matmul(
              x,
              T.make([
                [1, 2],
                [0.5, -1],
              ]),
            ),
          ),
          T.sin(T.flip(x)),
        ),
      )
    const x = [
      [0.1, -0.3],
      [0.4, 0.2],
      [-0.5, 0.7],
    ]
    const found = Doubles.read(hessian(f)(T.make(x)))
    expect(found.shape).toEqual([3, 2, 3, 2])
    const h = 1e-5
    const rows = Array.from({ length: 6 }, (_, i) => {
      const moved = (by: number) => T.make(x.map((row, r) => row.map((n, c) => (r * 2 + c === i ? n + by : n))))
      return T.div(T.sub(grad(f)(moved(h)), grad(f)(moved(-h))), 2 * h)
    })
    assertAllClose(T.reshape(found, [6, 6]), T.reshape(T.stack(rows), [6, 6]), { rtol: 1e-7, atol: 1e-8 })
    assertAllClose(T.reshape(found, [6, 6]), T.transpose(T.reshape(found, [6, 6])), { rtol: 1e-12, atol: 1e-14 })
  })

  test("of a quadratic form is the matrix and its transpose", () => {
    const a = T.make([
      [1, 2],
      [3, 4],
    ])
    const form = (x: T.Tensor): T.Tensor => T.sum(T.mul(x, T.matmul(a, x)))
    expect(Doubles.toArray(hessian(form)(T.make([5, 6])))).toEqual([
      [2, 5],
      [5, 8],
    ])
  })
})

describe("random programs", () => {
  /** Those whose derivative is the same a little to the left and to the right, with numbers that stay small. */
  const smooth: ReadonlyArray<Primitive> = [
    "neg",
    "expm1",
    "sin",
    "cos",
    "atan",
    "tanh",
    "erf",
    "sigmoid",
    "add",
    "sub",
    "mul",
    "reduceSum",
    "where",
    "identity",
    "reshape",
    "transpose",
    "broadcast",
    "slice",
    "pad",
    "concat",
    "reverse",
    "gather",
    "scatterAdd",
    "dot",
    "conv",
    "convInputGrad",
    "convKernelGrad",
    "windowSum",
    "windowSumGrad",
    "scan",
    "iota",
    "cast",
  ]

  const floats = (xs: ReadonlyArray<T.Tensor>) => xs.filter(({ dtype }) => dtype === "f32")

  /**
   * A program as a function of its f32 inputs, bounded so that differences stay accurate, and moved a little so that no
   * whole number, where casts jump, is met exactly.
   */
  const bounded =
    ({ inputs, program }: { readonly program: Parameters<typeof inline>[0]; readonly inputs: ReadonlyArray<T.Tensor> }) =>
    (xs: ReadonlyArray<T.Tensor>): ReadonlyArray<T.Tensor> => {
      const left = [...xs]
      const given = inputs.map((input) => (input.dtype === "f32" ? T.tanh(T.add(left.shift() ?? input, 0.0113)) : input))
      return floats(inline(program, given))
    }

  const tame = programWithInputs({ primitives: smooth, maxSteps: 6 })

  test("have derivatives that agree with central differences and with their transposes", () => {
    let checked = 0
    fc.assert(
      fc.property(tame, (random) => {
        const f = bounded(random)
        const inputs = floats(random.inputs)
        const finite = (xs: ReadonlyArray<T.Tensor>) =>
          Doubles.readAll(xs).every(({ data }) => data.every((x) => Math.abs(x) < 1e4))
        fc.pre(inputs.length > 0 && finite(f(inputs)) && finite(vjp(f, inputs).pull(f(inputs).map(T.onesLike))))
        checked++
        checkGrads(f, inputs, { rtol: 1e-5, atol: 1e-5 })
      }),
      { numRuns: 150, seed: 20 },
    )
    expect(checked).toBeGreaterThan(50)
  })

  test("have second derivatives whose two modes agree", () => {
    fc.assert(
      fc.property(tame, (random) => {
        const f = (xs: ReadonlyArray<T.Tensor>): T.Tensor =>
          bounded(random)(xs).reduce<T.Tensor>((sum, x) => T.add(sum, T.sum(T.sin(x))), T.scalar(0))
        const inputs = floats(random.inputs)
        fc.pre(inputs.length > 0)
        const twice = inputs.map((x) => T.cos(T.add(x, 1)))
        const forward = jvp(grad(f), inputs, twice).tangent
        const inner = (xs: ReadonlyArray<T.Tensor>): T.Tensor =>
          grad(f)(xs).reduce<T.Tensor>((sum, x, i) => T.add(sum, T.sum(T.mul(x, twice[i] ?? x))), T.scalar(0))
        const back = grad(inner)(inputs)
        forward.forEach((x, i) => {
          const { close, report } = allClose(x, back[i] ?? x, { rtol: 1e-8, atol: 1e-8 })
          if (!close) throw new Error(report)
        })
      }),
      { numRuns: 80, seed: 20 },
    )
  })
})
