import fc from "fast-check"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { compileJob } from "../src/backend/wasm/compile.ts"
import { prepare } from "../src/backend/wasm/prepare.ts"
import { makePool } from "../src/backend/wasm/threads/pool.ts"
import { fuse } from "../src/compiler/Fuse.ts"
import * as Programs from "../src/language/Program.ts"
import * as Key from "../src/tensor/Key.ts"
import * as Tensor from "../src/tensor/Tensor.ts"
import * as Autodiff from "../src/transform/Autodiff.ts"
import * as NDArrays from "../src/types/NDArray.ts"
import { type Shape, size as sizeOf } from "../src/types/Shape.ts"
import { caseCount } from "./case-count.ts"
import { anyMode, type Mode, modes } from "./engine-modes.ts"
import { expectSame } from "./expect-same.ts"
import { oneByOne, whole } from "./one-by-one.ts"

type T = Tensor.Tensor

/** Something made part by part, from arrays of these shapes. */
interface Made {
  readonly name: string
  readonly from: ReadonlyArray<Shape>
  readonly make: (...inputs: ReadonlyArray<T>) => T
}

const size = (max: number) => fc.integer({ min: 1, max })

const turned = (x: T, isTurned: boolean): T => (isTurned ? Tensor.transpose(x) : x)

/** Products of all kinds: few rows, few columns, and some that are cut into blocks. */
const products: fc.Arbitrary<Made> = fc
  .record({
    sizes: fc.oneof(
      fc.tuple(size(70), size(70), size(70)),
      fc.tuple(size(9), size(40), size(300)),
      fc.tuple(fc.integer({ min: 120, max: 300 }), fc.integer({ min: 500, max: 1100 }), fc.integer({ min: 130, max: 160 })),
    ),
    turnedA: fc.boolean(),
    turnedB: fc.boolean(),
    batch: fc.boolean(),
  })
  .map(({ batch, sizes: [m, k, n], turnedA, turnedB }) => {
    const few = batch && m * k * n < 2 ** 18
    const lead = few ? [3] : []
    return {
      name: `${few ? "3 of " : ""}${m} × ${k} × ${n}${turnedA ? ", left turned" : ""}${turnedB ? ", right turned" : ""}`,
      from: [[...lead, ...(turnedA ? [k, m] : [m, k])], turnedB ? [n, k] : [k, n]],
      make: (a = Tensor.zeros([]), b = Tensor.zeros([])) =>
        Tensor.matmul(turnedA ? Tensor.transpose(a, few ? [0, 2, 1] : [1, 0]) : a, turned(b, turnedB)),
    }
  })

/** Convolutions, and the gradients for what windows slide over, of many and of few images, with few and many filters. */
const windows: fc.Arbitrary<Made> = fc
  .record({
    images: size(9),
    height: fc.integer({ min: 3, max: 9 }),
    width: fc.integer({ min: 3, max: 9 }),
    groups: fc.constantFrom(1, 1, 2),
    channels: fc.constantFrom(1, 2, 3, 5, 8, 11),
    filters: fc.constantFrom(1, 3, 6, 8, 10, 20, 33),
    stride: fc.constantFrom(1, 2),
    kind: fc.constantFrom("conv", "conv gradient", "depthwise", "depthwise gradient", "pool gradient"),
  })
  .map(({ channels, filters, groups, height, images, kind, stride, width }) => {
    const isDepthwise = kind.startsWith("depthwise")
    const apart = isDepthwise ? channels : groups
    const x = [images, height, width, isDepthwise ? channels : channels * groups]
    const kernel = isDepthwise ? [3, 3, 1, channels] : [3, 3, channels, filters * groups]
    const slide = (a: T, b: T): T =>
      kind === "pool gradient"
        ? Tensor.maxPool(a, { window: 2, stride })
        : Tensor.conv(a, b, { pad: "same", stride, groups: apart })
    return {
      name: `${kind} of [${x}] with [${kernel}], stride ${stride}, groups ${apart}`,
      from: [x, kernel],
      make: (a = Tensor.zeros([]), b = Tensor.zeros([])) =>
        kind.endsWith("gradient") ? Autodiff.grad((at: T) => Tensor.sum(Tensor.square(slide(at, b))))(a) : slide(a, b),
    }
  })

/** What comes after, given the result and numbers of its shape, of its rows and of its columns. */
const after: { readonly [name: string]: (z: T, other: T, row: T, column: T) => T } = {
  "a bias and a rectifier": (z, _, row) => Tensor.maximum(Tensor.add(z, row), 0),
  "a function of it and another": (z, other) => Tensor.mul(Tensor.tanh(z), other),
  "a choice": (z, other) => Tensor.where(Tensor.less(z, 0), other, Tensor.mul(z, 0.5)),
  "a factor for each row": (z, _, __, column) => Tensor.mul(z, column),
  "a truth value": (z, other) => Tensor.less(z, other),
  "a whole number": (z) => Tensor.cast(Tensor.mul(z, 3), "i32"),
  itself: (z) => z,
}

const numbers = new Map<string, Float32Array>()

/** The first of the numbers with a name. They are drawn once for all shapes. */
const normal = (name: string, shape: Shape): NDArrays.NDArray => {
  const count = sizeOf(shape)
  let drawn = numbers.get(name)
  if (drawn === undefined || drawn.length < count) {
    drawn = Tensor.read(Key.normal(Key.fold(Key.make(1), name), [2 * count])).data as Float32Array
    numbers.set(name, drawn)
  }
  return NDArrays.make("f32", shape, drawn.slice(0, count))
}

const pools = [2, 3].map((threads) => makePool(threads, 0))
beforeAll(() => Promise.all(pools.map((pool) => pool?.complete())))
afterAll(() => Promise.all(pools.map((pool) => pool?.close())))

const law = (mode: Mode, { from, make, name }: Made, wanted: ReadonlyArray<string>): number => {
  const given = from.map((shape, i) => normal(`${i}`, shape))
  const { shape } = make(...given)
  const others = [normal("other", shape), normal("row", shape.slice(-1)), normal("column", [...shape.slice(0, -1), 1])] as const
  const program = Programs.trace(
    (...inputs) => {
      const z = make(...inputs.slice(0, given.length).map((x) => x as T))
      const [other, row, column] = inputs.slice(given.length) as [T, T, T]
      return wanted.map((each) => after[each]?.(z, other, row, column) as T)
    },
    [...given, ...others],
  )
  const inputs = [...given, ...others]
  const expected = oneByOne(mode, program, inputs)
  for (const pool of [undefined, ...pools]) expectSame(whole(mode, program, inputs, pool), expected, name)
  return fuse(program).kernels.filter((kernel) => "epilogue" in kernel).length
}

it.each([
  { what: "products", of: products, numRuns: 60, least: 30 },
  { what: "what windows make", of: windows, numRuns: 120, least: 20 },
])(
  "what is done to a result as it is made has the bits of steps done one by one, on one, two and three threads: $what",
  ({ least, numRuns, of }) => {
    let epilogues = 0
    fc.assert(
      fc.property(anyMode, of, fc.subarray(Object.keys(after), { minLength: 1 }), (mode, made, wanted) => {
        epilogues += law(mode, made, wanted)
      }),
      { numRuns: caseCount(numRuns) },
    )
    expect(epilogues).toBeGreaterThan(caseCount(least))
  },
)

describe.each(modes)("what is done to a result as it is made, in $numerics numerics and $lanes-bit lanes", (mode) => {
  it("and convolutions whose weights are packed in several blocks", () => {
    const from = [
      [2, 4, 4, 64],
      [3, 3, 64, 130],
    ]
    const make = (a: T = Tensor.zeros([]), b: T = Tensor.zeros([])): T => Tensor.conv(a, b, { pad: "same" })
    expect(law(mode, { name: "130 filters of 576 weights", from, make }, Object.keys(after))).toBe(1)
  })

  it("replaces state where it stands, and only where the product does not read it", () => {
    const [w, x] = [normal("w", [40, 40]), normal("x", [40, 40])]
    const step = (state: T, batch: T): T => Tensor.sub(state, Tensor.mul(Tensor.matmul(batch, batch), 0.01))
    const square = (state: T): T => Tensor.sub(state, Tensor.mul(Tensor.matmul(state, state), 0.01))
    for (const f of [step, square]) {
      const program = Programs.trace((state, batch) => [f(state as T, batch as T)], [w, x])
      for (const pool of [undefined, ...pools]) {
        const executable = prepare({ program, resident: 1 }, pool, mode.numerics, compileJob, mode.lanes)
        executable.load([w])
        let expected: ReadonlyArray<NDArrays.NDArray> = [w]
        for (let i = 0; i < 3; i++) {
          executable.run([x])
          expected = oneByOne(mode, program, [...expected, x])
        }
        expectSame(executable.state(), expected)
        executable.release()
      }
    }
  })
})
