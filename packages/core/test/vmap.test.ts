/** `vmap` equals the loop over the samples: for single primitives, random programs, nests, and together with derivatives. */
import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { Autodiff, Key, Layers, Loss, Net, Program, Tensor, Transform } from "../src/index.ts"
import { write } from "../src/language/Expr.ts"
import type { Primitive } from "../src/language/Primitive.ts"
import { inline } from "../src/language/Program.ts"
import { assertAllClose, type Tolerance } from "../src/testing/allClose.ts"
import { programWithInputs } from "../src/testing/programs.ts"
import { threefryOf } from "../src/transform/threefryOf.ts"
import { make, type NDArray } from "../src/types/NDArray.ts"
import { caseCount } from "./case-count.ts"
import { expectSame } from "./expect-same.ts"
import { mistake } from "./held-to-reference.ts"
import { oneByOne, whole } from "./one-by-one.ts"
import { examples } from "./primitive-examples.ts"

type T = Tensor.Tensor

/** Sums may have another order, that of the larger shape. */
const close: Tolerance = { rtol: 1e-9, atol: 1e-9 }

/** The elements in another order, and floats a little larger: another sample of the same kind. */
const sample = (x: NDArray, i: number): NDArray => {
  const turned = Tensor.roll(x, i)
  return Tensor.read(x.dtype === "f32" ? Tensor.mul(turned, 1 + i / 8) : turned)
}

/** Holds `vmap` of a function to the loop: over `n` samples of the arguments that are mapped. */
const holds = (
  f: (...xs: ReadonlyArray<T>) => ReadonlyArray<T>,
  inputs: ReadonlyArray<NDArray>,
  isMapped: ReadonlyArray<boolean>,
  n: number,
): void => {
  const rows = Array.from({ length: n }, (_, i) => inputs.map((x, at) => (isMapped[at] === true ? sample(x, i) : x)))
  const stacked = inputs.map((x, at) => (isMapped[at] === true ? Tensor.stack(rows.map((row) => row[at] as T)) : x))
  const together = Transform.vmap(f, { in: isMapped.map((flag) => (flag ? 0 : null)) })(...stacked)
  const looped = rows.map((row) => f(...row))
  for (const [i, x] of together.entries()) assertAllClose(x, Tensor.stack(looped.map((out) => out[i] as T)), close)
}

const flags = (count: number) =>
  fc.array(fc.boolean(), { minLength: count, maxLength: count }).filter((list) => list.length > 0 && list.includes(true))

describe("equals the loop over the samples", () => {
  test.each(Object.keys(examples) as ReadonlyArray<Primitive>)("of %s, whichever of its inputs are mapped", (primitive) => {
    for (const { inputs, params } of examples[primitive]) {
      if (inputs.length === 0) continue
      for (let mask = 1; mask < 2 ** inputs.length; mask++) {
        const isMapped = inputs.map((_, i) => ((mask >> i) & 1) === 1)
        holds((...xs) => [write(primitive, params as never, xs)], inputs, isMapped, 3)
      }
    }
  })

  test("of random programs, loops too", () => {
    const drawn = programWithInputs({ maxSteps: 8 }).filter(({ inputs }) => inputs.length > 0)
    fc.assert(
      fc.property(
        drawn.chain((one) =>
          fc.record({ one: fc.constant(one), isMapped: flags(one.inputs.length), n: fc.integer({ min: 1, max: 3 }) }),
        ),
        ({ isMapped, n, one: { inputs, program } }) => holds((...xs) => inline(program, xs), inputs, isMapped, n),
      ),
      { numRuns: caseCount(400) },
    )
  })
})

test("by the engine, the first sample of a batched program is near what the program alone computes", () => {
  fc.assert(
    fc.property(programWithInputs({ maxSteps: 8 }), ({ inputs, program }) => {
      const mapped = inputs.map((x) => Tensor.read(Tensor.stack([x, sample(x, 1)])))
      if (mapped.length === 0) return
      const f = Transform.vmap((...xs: ReadonlyArray<T>) => inline(program, xs))
      const traced = Program.trace((...xs) => f(...xs), mapped)
      Program.check(traced)
      const one = inputs.map((x, i) => [x, mapped[i]] as const)
      expect(one.length).toBe(inputs.length)
      const [first] = [whole("portable", traced, mapped)]
      const alone = whole("portable", program, inputs)
      first.forEach((x, i) => {
        const got = Tensor.read(Tensor.at(x, 0))
        const wanted = alone[i] as NDArray
        // Floats whose sums have another order differ in their last digits, which later steps may enlarge.
        if (wanted.dtype !== "f32") return
        const size = Math.max(1, ...Array.from(wanted.data, (v) => (Number.isFinite(v) ? Math.abs(v) : 1)))
        if (size < 1e6) assertAllClose(got, wanted, { rtol: 1e-3, atol: 1e-3 * size })
      })
    }),
    { numRuns: 60 },
  )
})

test("the engine computes each step of a batched program as Reference does, and all of it fused with the same bits", () => {
  const drawn = programWithInputs({ maxSteps: 8 }).filter(({ inputs }) => inputs.length > 0)
  fc.assert(
    fc.property(drawn, ({ inputs, program }) => {
      const mapped = inputs.map((x) => Tensor.read(Tensor.stack([x, sample(x, 1)])))
      const f = Transform.vmap((...xs: ReadonlyArray<T>) => inline(program, xs))
      const traced = Program.trace((...xs) => f(...xs), mapped)
      const single = oneByOne("portable", traced, mapped, (step, given, got) => {
        if (step.equations[0]?.primitive !== "scan") expect(mistake(step, given, got)).toBeUndefined()
      })
      expectSame(whole("portable", traced, mapped), single)
    }),
    { numRuns: caseCount(100) },
  )
})

describe("a batch of no samples has results of no samples", () => {
  test.each(Object.keys(examples) as ReadonlyArray<Primitive>)("of %s", (primitive) => {
    for (const { inputs, params } of examples[primitive]) {
      if (inputs.length === 0) continue
      const [wanted] = [write(primitive, params as never, inputs)]
      const f = Transform.vmap((...xs: ReadonlyArray<T>) => write(primitive, params as never, xs))
      const none = Tensor.read(f(...inputs.map((x) => Tensor.zeros([0, ...x.shape], x.dtype))))
      expect([none.dtype, none.shape]).toEqual([wanted.dtype, [0, ...wanted.shape]])
    }
  })

  test("of gradients, and gradients of their sum", () => {
    const loss = (w: T, x: T): T => Tensor.sum(Tensor.matmul(w as never, x as never))
    const [w, xs] = [Tensor.ones([2, 3]), Tensor.zeros([0, 3, 4])]
    expect(Transform.vmap(Autodiff.grad(loss), { in: [null, 0], out: 1 })(w, xs).shape).toEqual([2, 0, 3])
    const total = Autodiff.grad((at: T) => Tensor.sum(Transform.vmap(loss, { in: [null, 0] })(at, xs)))(w)
    expect(Tensor.toArray(total)).toEqual([
      [0, 0, 0],
      [0, 0, 0],
    ])
  })

  test("of Jacobians of empty tensors", () => {
    const f = (x: T): T => Tensor.matmul(Tensor.zeros([0, 3]) as never, x as never)
    expect(Transform.jacobianReverse(f)(Tensor.zeros([3, 2])).shape).toEqual([0, 2, 3, 2])
    const g = (x: T): T => Tensor.matmul(Tensor.zeros([2, 0]) as never, x as never)
    expect(Transform.jacobianForward(g)(Tensor.zeros([0, 2])).shape).toEqual([2, 2, 0, 2])
  })
})

describe("goes together", () => {
  const x = Key.normal(Key.make(1), [3, 4])
  const y = Key.normal(Key.make(2), [5, 4])

  test("with itself: all pairs of rows", () => {
    const dot = (a: T, b: T): T => Tensor.sum(Tensor.mul(Tensor.tanh(a), b))
    const pairs = Transform.vmap((a: T, all: T) => Transform.vmap(dot, { in: [null, 0] })(a, all), { in: [0, null] })
    assertAllClose(pairs(x, y), Tensor.matmul(Tensor.tanh(x), Tensor.transpose(y) as never), close)
  })

  test("with grad in either order", () => {
    const loss = (w: T, row: T): T => Tensor.sum(Tensor.square(Tensor.sin(Tensor.mul(w, row))))
    const w = Tensor.make([1, -2, 0.5, 3])
    const each = Transform.vmap(Autodiff.grad(loss), { in: [null, 0] })(w, x)
    const rows = [0, 1, 2].map((i) => Autodiff.grad(loss)(w, Tensor.at(x, i)))
    assertAllClose(each, Tensor.stack(rows), close)
    const total = Autodiff.grad((at: T) => Tensor.sum(Transform.vmap(loss, { in: [null, 0] })(at, x)))(w)
    assertAllClose(total, Tensor.sum(each, { axes: 0 }), close)
    const curved = Transform.vmap(Autodiff.hessian((row: T) => loss(w, row)))(x)
    assertAllClose(Tensor.at(curved, 1), Autodiff.hessian((row: T) => loss(w, row))(Tensor.at(x, 1)), close)
  })

  test("with loops whose carry only later differs from sample to sample", () => {
    const f = (row: T): T => {
      const { carry, kept } = Tensor.scan(
        ({ a, b }: { a: T; b: T }, at: T) => ({ carry: { a: Tensor.add(a, b), b: at }, kept: a }),
        { a: Tensor.scalar(0), b: Tensor.scalar(1) },
        row,
      )
      return Tensor.add(Tensor.sum(kept), carry.a)
    }
    const rows = [0, 1, 2].map((i) => f(Tensor.at(x, i)))
    assertAllClose(Transform.vmap(f)(x), Tensor.stack(rows), close)
  })

  test("with nets: the gradient of each sample", () => {
    const net = Net.sequential([Layers.conv2d({ filters: 3, kernel: 3 }), Layers.flatten, Layers.dense({ units: 2 })])
    const { params, state } = net.init(Key.make(3), [5, 5, 1])
    const images = Key.normal(Key.make(4), [4, 5, 5, 1])
    const labels = Tensor.make([0, 1, 1, 0], "i32")
    const one = (weights: typeof params, image: T, label: T): T => {
      const { y: logits } = net.apply(weights, state, Tensor.expandAxis(image, 0), { mode: "infer" })
      return Loss.categoricalCrossEntropy()(logits, Tensor.expandAxis(label, 0))
    }
    const each = Transform.vmap(Autodiff.grad(one), { in: [null, 0, 0] })(params, images, labels)
    const second = Autodiff.grad(one)(params, Tensor.at(images, 2), Tensor.at(labels, 2))
    const [all, wanted] = [Object.values(each), Object.values(second)]
    expect(all.length).toBe(wanted.length)
    for (const [i, tree] of all.entries())
      for (const [name, leaf] of Object.entries(tree as { readonly [name: string]: T }))
        assertAllClose(Tensor.at(leaf, 2), (wanted[i] as { readonly [name: string]: T })[name] as T, close)
  })
})

describe("Jacobians", () => {
  const x = Tensor.make([0.3, -1, 2])
  const f = (at: T): T => Tensor.outer(Tensor.sin(at), Tensor.exp(Tensor.at(at, ":2")))
  const wanted = Tensor.stack(
    Array.from({ length: 3 }, (_, i) => Autodiff.jvp(f, x, Tensor.read(Tensor.at(Tensor.eye(3), i))).tangent),
    -1,
  )

  test("are the same forward and in reverse, column by column the derivative along that direction", () => {
    assertAllClose(Transform.jacobianForward(f)(x), wanted, close)
    assertAllClose(Transform.jacobianReverse(f)(x), wanted, close)
    expect(Transform.jacobianReverse(f)(x).shape).toEqual([3, 2, 3])
  })

  test("of a gradient are the Hessian, and a Hessian times a vector is hvp", () => {
    const g = (at: T): T => Tensor.sum(Tensor.mul(Tensor.exp(at), Tensor.square(Tensor.roll(at, 1))))
    const hessian = Autodiff.hessian(g)(x)
    assertAllClose(Transform.jacobianForward(Autodiff.grad(g))(x), hessian, close)
    assertAllClose(Transform.jacobianReverse(Autodiff.grad(g))(x), hessian, close)
    const v = Tensor.make([1, 0.5, -2])
    assertAllClose(Transform.hvp(g)(x, v), Tensor.matmul(hessian, v as never), close)
  })

  test("batch like any function", () => {
    const rows = Tensor.stack([x, Tensor.mul(x, 0.5)])
    assertAllClose(Tensor.at(Transform.vmap(Transform.jacobianReverse(f))(rows), 0), wanted, close)
  })

  test("are refused for other than f32 tensors", () => {
    expect(() => Transform.jacobianReverse((at: T) => at)(Tensor.range(3))).toThrow("f32")
  })
})

describe("random numbers", () => {
  test("of a mapped key are those of each key", () => {
    const keys = Key.split(Key.make(5), 3)
    const draws = Transform.vmap((key: Key.Key) => Key.normal(key, [4]))(Tensor.stack(keys))
    const rows = keys.map((key) => Key.normal(key, [4]))
    assertAllClose(draws, Tensor.stack(rows), { rtol: 0 })
  })

  test("of a shared key are the same for every sample", () => {
    const key = Key.make(6)
    const draws = Transform.vmap((x: T) => Tensor.add(Tensor.mul(x, 0), Key.uniform(key, [3])))(Tensor.zeros([2, 3]))
    assertAllClose(Tensor.at(draws, 0), Tensor.at(draws, 1), { rtol: 0 })
  })

  test("in operations are those of the primitive", () => {
    fc.assert(
      fc.property(fc.array(fc.integer(), { minLength: 6, maxLength: 6 }), (words) => {
        const int = (list: ReadonlyArray<number>, ...shape: ReadonlyArray<number>) => make("i32", shape, Int32Array.from(list))
        const [key, counters] = [int(words.slice(0, 2), 2), int(words.slice(2), 2, 2)]
        expect(Tensor.toArray(threefryOf(key, counters))).toEqual(Tensor.toArray(write("threefry", {}, [key, counters])))
      }),
    )
  })
})

describe("axes", () => {
  test("of trees, of any place, and of the result", () => {
    const f = ({ w, b }: { w: T; b: T }, x: T): { y: T } => ({ y: Tensor.add(Tensor.mul(w, x), b) })
    const tree = {
      w: Tensor.make([
        [1, 2],
        [3, 4],
        [5, 6],
      ]),
      b: Tensor.make([10, 20, 30]),
    }
    const { y } = Transform.vmap(f, { in: [{ w: 1, b: null }, -1], out: -1 })(
      tree,
      Tensor.make([
        [1, 2],
        [1, 2],
        [1, 2],
      ]),
    )
    expect(Tensor.toArray(y)).toEqual([
      [11, 14],
      [23, 28],
      [35, 42],
    ])
  })

  test.each([
    [
      "no argument is mapped",
      () => Transform.vmap((x: T) => x, { in: [null] })(Tensor.zeros([2])),
      "an argument with an axis of samples",
    ],
    [
      "the samples are of different numbers",
      () => Transform.vmap((x: T, y: T) => Tensor.add(x, y))(Tensor.zeros([2]), Tensor.zeros([3])),
      "as many samples everywhere, not 2 and 3",
    ],
    [
      "a scalar has none",
      () => Transform.vmap((x: T) => x)(Tensor.scalar(1)),
      "an axis of samples in argument 1, which has a scalar",
    ],
    [
      "an axis does not exist",
      () => Transform.vmap((x: T) => x, { in: [2] })(Tensor.zeros([2, 2])),
      "an axis from -2 to 1 in argument 1, not 2",
    ],
    [
      "a tree is another",
      () => Transform.vmap((x: { a: T }) => x.a, { in: [{ b: 0 }] })({ a: Tensor.zeros([2]) }),
      "an axis for each argument",
    ],
    [
      "the result has no such place",
      () => Transform.vmap((x: T) => Tensor.sum(x), { out: 1 })(Tensor.zeros([2, 2])),
      "a place for the axis of samples from -1 to 0, not 1",
    ],
  ])("are refused where %s", (_, call, wanted) => {
    expect(call).toThrow(wanted)
  })
})
