/** Functions with derivatives of their own: by the engine and one by one, in batches, in loops, and in each other. */
import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { Autodiff, Key, Program, Reference, Tensor, Transform } from "../src/index.ts"
import { inline } from "../src/language/Program.ts"
import { assertAllClose } from "../src/testing/allClose.ts"
import { checkGrads } from "../src/testing/checkGrads.ts"
import { programWithInputs } from "../src/testing/programs.ts"
import { caseCount } from "./case-count.ts"
import { expectSame } from "./expect-same.ts"
import { oneByOne, whole } from "./one-by-one.ts"

type T = Tensor.Tensor

const { add, exp, mul, sum } = Tensor
const x = Tensor.read(Key.normal(Key.make(1), [3]))

/** x sin y and cos x, with the derivatives that they have. */
const both = Transform.customVjp(
  ({ x, y }: { readonly x: T; readonly y: T }, mask: T) => ({
    first: mul(x, Tensor.sin(y)) as T,
    mask,
    second: Tensor.cos(x),
  }),
  (cotangent, _, { x, y }, mask) => {
    expect([cotangent.mask.dtype, mask.dtype]).toEqual(["bool", "bool"])
    const ofX = Tensor.sub(mul(cotangent.first, Tensor.sin(y)), mul(cotangent.second, Tensor.sin(x)))
    return [{ x: ofX as T, y: mul(cotangent.first, mul(x, Tensor.cos(y))) as T }, null]
  },
)

const cost = ({ x, y }: { readonly x: T; readonly y: T }): T => {
  const { first, second } = both({ x, y }, Tensor.greater(x, 0))
  return sum(mul(first, exp(second)))
}

describe("customVjp", () => {
  const y = Tensor.read(Key.normal(Key.make(2), [3]))

  test("has the derivatives of several results by a tree, twice too", () => {
    expect(() => checkGrads(cost, { x, y }, { order: 2, rtol: 1e-5 })).not.toThrow()
  })

  test("is used in place of the derivative: a stable log(1 + eˣ), and clipped gradients", () => {
    const plain = (x: T): T => Tensor.log1p(exp(x))
    const stable = Transform.customVjp(plain, (cotangent, _, x) => [mul(cotangent, Tensor.sigmoid(x))])
    expect(Tensor.toNumber(Autodiff.grad(plain)(Tensor.scalar(100)))).toBeNaN()
    expect(Tensor.toNumber(Autodiff.grad(stable)(Tensor.scalar(100)))).toBe(1)
    const clipped = Transform.customVjp(
      (x: T) => x,
      (cotangent) => [Tensor.clamp(cotangent, -1, 1)],
    )
    const f = (x: T): T => sum(mul(clipped(Tensor.square(x)), Tensor.make([3, -0.25, -7])))
    expect(Tensor.toArray(Autodiff.grad(f)(Tensor.make([1, 2, 3])))).toEqual([2, -1, -6])
  })

  test("compiled it has the bits of its steps and of reading", () => {
    const derivative = (x: T, y: T) => {
      const { grad, value } = Autodiff.valueAndGrad(cost)({ x, y })
      return [value, grad.x, grad.y]
    }
    const program = Program.trace((a, b) => derivative(a as T, b as T), [x, y])
    Program.check(program)
    const compiled = whole("portable", program, [x, y])
    expectSame(compiled, oneByOne("portable", program, [x, y]))
    expectSame(
      compiled,
      derivative(x, y).map((z) => Tensor.read(z)),
    )
    const reference = Reference.run(program, [x, y])
    for (const [i, z] of compiled.entries()) assertAllClose(z, reference[i] as T, { rtol: 1e-5, atol: 1e-5 })
  })

  test("of the function's own derivative has its gradients, for random programs", () => {
    const drawn = programWithInputs({
      maxSteps: 5,
      primitives: ["sin", "mul", "add", "dot", "reduceSum", "tanh", "scan", "custom"],
    })
    fc.assert(
      fc.property(drawn, ({ inputs, program }) => {
        const f = (xs: ReadonlyArray<T>): ReadonlyArray<T> => inline(program, xs)
        const again = Transform.customVjp(f, (cotangent, _, xs) => [Autodiff.vjp(f, xs).pull(cotangent)])
        const gradients = (g: typeof f): ReadonlyArray<T> => {
          const { pull, value } = Autodiff.vjp(g, inputs as ReadonlyArray<T>)
          return pull(value.map((x) => (x.dtype === "f32" ? Tensor.onesLike(x) : Tensor.zerosLike(x))))
        }
        const wanted = gradients(f)
        for (const [i, x] of gradients(again).entries()) assertAllClose(x, wanted[i] as T, { rtol: 1e-9, atol: 1e-9 })
      }),
      { numRuns: caseCount(40) },
    )
  })

  test("goes together with vmap in either order, whatever the samples share", () => {
    const xs = Tensor.read(Key.normal(Key.make(3), [4, 3]))
    const f = (x: T, y: T): T => cost({ x, y })
    const slopes = (x: T, y: T): ReadonlyArray<T> => Autodiff.grad(([x, y]: readonly [T, T]) => f(x, y))([x, y] as const)
    const together = Transform.vmap(slopes, { in: [0, null] })(xs, y)
    const looped = [0, 1, 2, 3].map((i) => slopes(Tensor.at(xs, i), y))
    for (const [i, z] of together.entries())
      assertAllClose(z, Tensor.stack(looped.map((all) => all[i] as T)), { rtol: 1e-5, atol: 1e-6 })
    const [, shared] = Autodiff.grad(([xs, y]: readonly [T, T]) => sum(Transform.vmap(f, { in: [0, null] })(xs, y)))([
      xs,
      y,
    ] as const)
    assertAllClose(shared as T, sum(together[1] as T, { axes: [0] }), { rtol: 1e-5, atol: 1e-6 })
  })

  test("is used in the rounds of a loop", () => {
    const doubled = Transform.customVjp(
      (x: T) => Tensor.sin(x),
      (cotangent, _, x) => [mul(mul(cotangent, Tensor.cos(x)), 2)],
    )
    const f = (x: T): T => Tensor.scan((c: T, i: T) => ({ carry: doubled(add(c, i)), kept: [] }), x, Tensor.make([0.5, 1])).carry
    const [a, b] = [Math.cos(0.7), Math.cos(Math.sin(0.7) + 1)]
    expect(Tensor.toNumber(Autodiff.grad(f)(Tensor.scalar(0.2)))).toBeCloseTo(4 * a * b, 5)
  })

  test("refuses what it cannot give a derivative", () => {
    const list = (found: (x: T) => unknown) =>
      Transform.customVjp(
        (x: T) => Tensor.sin(x),
        (_, __, x) => found(x) as never,
      )
    const message = (f: () => unknown): string => {
      try {
        f()
        return "nothing"
      } catch (error) {
        return (error as Error).message
      }
    }
    const hidden = (x: T): T =>
      sum(
        Transform.customVjp(
          (y: T) => mul(x, y) as T,
          (cotangent) => [cotangent],
        )(Tensor.make([1, 2, 3])),
      )
    const behind = (x: T): T => {
      const twice = mul(x, 2)
      return sum(
        Transform.customVjp(
          (y: T) => mul(twice, y) as T,
          (cotangent) => [cotangent],
        )(x),
      )
    }
    expect([
      message(() => list((x) => x)(x)),
      message(() => list(() => [])(x)),
      message(() => list((x) => [sum(x)])(x)),
      message(() => Autodiff.grad(hidden)(x)),
      message(() => Autodiff.grad(behind)(x)),
      message(() =>
        Transform.customJvp(
          (x: T) => x,
          ([t]) => sum(t),
        )(x),
      ),
    ]).toMatchInlineSnapshot(`
      [
        "customVjp got f32[3]; it wants a list of as many cotangents as arguments, 1. Try: null for an argument that has none",
        "customVjp got f32[3]; it wants a list of as many cotangents as arguments, 1. Try: null for an argument that has none",
        "customVjp wants a cotangent like argument 1: it was f32[3] and became f32[]. Try: sum it over the axes along which the argument was broadcast, or return null",
        "customVjp got f32[3]; it wants a function that closes over nothing that is differentiated. Try: pass the tensor as an argument, or Tensor.stopGradient it",
        "customVjp got f32[3]; it wants a function that closes over nothing that is differentiated. Try: pass the tensor as an argument, or Tensor.stopGradient it",
        "customJvp wants a tangent like the value: it was f32[3] and became f32[]. Try: Tensor.broadcastTo it",
      ]
    `)
    expect(Tensor.toArray(hidden(Tensor.make([1, 1, 1])))).toBe(6)
  })
})

test("customJvp gives both modes, twice too", () => {
  const cube = Transform.customJvp(
    ({ x }: { readonly x: T }, n: T) => [mul(x, Tensor.square(x)) as T, n],
    ([{ x: tangent }], [, n], { x }) => [mul(mul(tangent, Tensor.square(x)), 3), n as T],
  )
  const f = (x: T): T => mul(cube({ x }, Tensor.scalar(1, "i32"))[0] as T, x)
  expect(() => checkGrads(f, x, { order: 2, rtol: 1e-5 })).not.toThrow()
  const pushed = Autodiff.jvp(f, Tensor.scalar(2), Tensor.scalar(1)).tangent
  expect(Tensor.toNumber(pushed)).toBe(32)
  expect(Tensor.toArray(Transform.vmap(Autodiff.grad(f))(Tensor.make([1, 2])))).toEqual([4, 32])
})
