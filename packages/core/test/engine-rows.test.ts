import fc from "fast-check"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { compileJob } from "../src/backend/wasm/compile.ts"
import { prepare } from "../src/backend/wasm/prepare.ts"
import { makePool } from "../src/backend/wasm/threads/pool.ts"
import { fuse } from "../src/compiler/Fuse.ts"
import { membersOf } from "../src/compiler/Plan.ts"
import * as Programs from "../src/language/Program.ts"
import * as Activation from "../src/learning/Activation.ts"
import * as Key from "../src/tensor/Key.ts"
import * as Tensor from "../src/tensor/Tensor.ts"
import * as Autodiff from "../src/transform/Autodiff.ts"
import type { NDArray } from "../src/types/NDArray.ts"
import type { Shape } from "../src/types/Shape.ts"
import { caseCount } from "./case-count.ts"
import { anyMode, modes } from "./engine-modes.ts"
import { expectSame } from "./expect-same.ts"
import { oneByOne, whole } from "./one-by-one.ts"

type T = Tensor.Tensor

const along = { axes: -1, keepAxes: true } as const

/** Steps on rows: from the array so far, another of its shape, one with a number for each row, and one for each column. */
const steps: { readonly [name: string]: (x: T, other: T, row: T, column: T) => T } = {
  softmax: (x) => Activation.softmax(x),
  centred: (x) => Tensor.sub(x, Tensor.mean(x, along)),
  "of unit length": (x) => Tensor.div(x, Tensor.sqrt(Tensor.add(Tensor.sum(Tensor.square(x), along), 0.5))),
  "less the log of its sum": (x) => Tensor.sub(x, Tensor.logSumExp(x, along)),
  "times another": (x, other) => Tensor.mul(x, other),
  "added to another's sums": (x, other) => Tensor.add(x, Tensor.sum(other, along)),
  "scaled by row": (x, _, row) => Tensor.mul(x, Tensor.tanh(row)),
  "scaled by column": (x, _, __, column) => Tensor.add(Tensor.mul(x, 0.5), column),
  "less its minimum": (x) => Tensor.sub(x, Tensor.min(x, along)),
  "in the other direction": (x) => Tensor.sub(x, Tensor.mean(x, { axes: 0, keepAxes: true })),
  reversed: (x) => Tensor.flip(x, [-1]),
}

const rows: fc.Arbitrary<Shape> = fc.oneof(
  fc.tuple(fc.integer({ min: 100, max: 900 })),
  fc.tuple(fc.integer({ min: 2, max: 9 }), fc.integer({ min: 60, max: 100 })),
  fc.tuple(fc.constantFrom(1, 3), fc.constantFrom(2, 4), fc.integer({ min: 50, max: 70 })),
)

const inner: fc.Arbitrary<number> = fc.oneof(fc.integer({ min: 16, max: 150 }), fc.constantFrom(64, 128, 1000))

const normal = (name: string, shape: Shape): NDArray => Tensor.read(Key.normal(Key.fold(Key.make(2), name), shape))

const pools = [2, 3].map((threads) => makePool(threads, 0))
beforeAll(() => Promise.all(pools.map((pool) => pool?.complete())))
afterAll(() => Promise.all(pools.map((pool) => pool?.close())))

const chain = fc.array(fc.constantFrom(...Object.keys(steps)), { minLength: 1, maxLength: 5 })

const given = (shape: Shape): ReadonlyArray<NDArray> => [
  normal("x", shape),
  normal("other", shape),
  normal("row", [...shape.slice(0, -1), 1]),
  normal("column", shape.slice(-1)),
]

it("loops and reductions over the same rows have the bits of steps done one by one, on one, two and three threads, with gradients", () => {
  let joined = 0
  fc.assert(
    fc.property(anyMode, rows, inner, chain, fc.boolean(), (mode, lead, n, names, withGradient) => {
      const inputs = given([...lead, n])
      const f = (x: T, ...others: ReadonlyArray<T>): T =>
        names.reduce((made, name) => (steps[name] as (...xs: ReadonlyArray<T>) => T)(made, ...others), x)
      const program = Programs.trace((x = Tensor.zeros([]), other = Tensor.zeros([]), ...more) => {
        const y = f(x as T, other as T, ...(more as ReadonlyArray<T>))
        const loss = (at: T): T => Tensor.sum(Tensor.mul(f(at, other as T, ...(more as ReadonlyArray<T>)), other as T))
        return withGradient ? [y, Autodiff.grad(loss)(x as T)] : [y]
      }, inputs)
      const expected = oneByOne(mode, program, inputs)
      expectSame(whole(mode, program, inputs), expected)
      for (const pool of pools) expectSame(whole(mode, program, inputs, pool), expected)
      joined += fuse(program).kernels.filter(({ tag }) => tag === "rows").length
    }),
    { numRuns: caseCount(32) },
  )
  expect(joined).toBeGreaterThan(8)
})

describe.each(modes)("loops and reductions over the same rows, in $numerics numerics and $lanes-bit lanes", (mode) => {
  it("replace state where it stands", () => {
    const shape = [300, 70]
    const inputs = given(shape)
    const step = (x: T, other: T): T => Tensor.add(Activation.softmax(x), Tensor.mul(other, Tensor.max(x, along)))
    const program = Programs.trace((x, other) => [step(x as T, other as T)], inputs.slice(0, 2))
    for (const pool of [undefined, ...pools]) {
      const executable = prepare({ program, resident: 1 }, pool, mode.numerics, compileJob, mode.lanes)
      executable.load(inputs.slice(0, 1))
      let expected: ReadonlyArray<NDArray> = inputs.slice(0, 1)
      for (let i = 0; i < 3; i++) {
        executable.run(inputs.slice(1, 2))
        expected = oneByOne(mode, program, [...expected, ...inputs.slice(1, 2)])
      }
      expectSame(executable.state(), expected)
      executable.release()
    }
  })

  it("are one kernel for a softmax, whose gradient is one too", () => {
    const inputs = given([256, 100]).slice(0, 2)
    const forward = fuse(Programs.trace((x) => [Activation.softmax(x as T)], inputs.slice(0, 1)))
    expect(forward.kernels.map((kernel) => membersOf(kernel).map(({ tag }) => tag))).toEqual([
      ["reduce", "loop", "reduce", "loop"],
    ])
    const loss = (other: T) => (x: T) => Tensor.sum(Tensor.mul(Activation.softmax(x), other))
    const backward = fuse(Programs.trace((x, other) => [Autodiff.grad(loss(other as T))(x as T)], inputs))
    expect(backward.kernels.map(({ tag }) => tag)).toEqual(["rows"])
  })

  it("stay apart where a row is read by others, where rows are short, and where there is little to read", () => {
    const tags = (shape: Shape, f: (x: T) => T) =>
      fuse(Programs.trace((x) => [f(x as T)], [normal("x", shape)])).kernels.map(({ tag }) => tag)
    expect(tags([256, 10], Activation.softmax)).not.toContain("rows")
    expect(tags([16, 16], Activation.softmax)).not.toContain("rows")
    const turned = (x: T): T => Tensor.sub(x, Tensor.flip(Tensor.sum(x, along), [0]))
    expect(tags([256, 100], turned)).toEqual(["reduce", "loop"])
  })
})
