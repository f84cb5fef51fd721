/** Arrays of rows of unequal length: what preparation keeps of them, and what it refuses. */
import { NDArray } from "@adjoint/core"
import type { DataError } from "@adjoint/core/data/DataError"
import * as Fitted from "@adjoint/core/data/Fitted"
import * as PreprocessTree from "@adjoint/core/data/PreprocessTree"
import type { ArrayKind } from "@adjoint/core/data/Spec"
import { none } from "@adjoint/core/learning/Params"
import { fromNumbers, fromTokens } from "@adjoint/core/learning/sequence/fromTokens"
import * as Tensor from "@adjoint/core/tensor/Tensor"
import * as Result from "effect/Result"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"

const kinds = { x: { type: "number", lengths: "n", scale: "standard" }, y: "class" } as const
const rawOf = (x: NDArray.NDArray, lengths: ReadonlyArray<number>) => ({
  arrays: {
    x: { array: x },
    n: { array: NDArray.make("i32", [lengths.length], Int32Array.from(lengths)) },
    y: {
      array: NDArray.make(
        "i32",
        [lengths.length],
        Int32Array.from(lengths, (_, i) => i % 2),
      ),
    },
  },
})
const fit = (kind: ArrayKind, raw: PreprocessTree.TreeRaw, rows: ReadonlyArray<number>) =>
  PreprocessTree.fit({ arrays: { x: kind, y: { type: "class" } } }, raw, rows)
const prepared = (fitted: PreprocessTree.Arrays | Fitted.FittedTree, raw: PreprocessTree.TreeRaw, rows?: ReadonlyArray<number>) =>
  PreprocessTree.arrayOf(Result.getOrThrow(PreprocessTree.inputs(fitted as Fitted.FittedTree, raw, rows)), "")
const refusal = (result: Result.Result<unknown, DataError>): string =>
  Result.isFailure(result) ? result.failure.message : "no refusal"

const infer = { mode: "infer" } as const

describe("numbers", () => {
  const rows = fc.integer({ min: 2, max: 6 }).chain((count) =>
    fc.record({
      count: fc.constant(count),
      time: fc.integer({ min: 1, max: 5 }),
      features: fc.integer({ min: 1, max: 3 }),
      lengths: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: count, maxLength: count }),
      seed: fc.integer({ min: 1, max: 1000 }),
      padding: fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, 7, 0),
    }),
  )

  it("become what each row alone becomes, whatever the padding holds", () => {
    fc.assert(
      fc.property(rows, ({ count, features, lengths: shares, padding, seed, time }) => {
        const lengths = shares.map((share) => Math.round(share * time))
        const value = (i: number): number => ((i * seed) % 23) - 11
        const array = (pad: number) =>
          NDArray.make(
            "f32",
            [count, time, features],
            Float32Array.from({ length: count * time * features }, (_, i) => {
              const [row, t] = [Math.floor(i / (time * features)), Math.floor(i / features) % time]
              return t < (lengths[row] ?? 0) ? value(i) : pad
            }),
          )
        const all = lengths.map((_, i) => i)
        const kind: ArrayKind = { ...kinds.x }
        const fitted = Result.getOrThrow(fit(kind, rawOf(array(padding), lengths), all))
        expect(fitted).toEqual(Result.getOrThrow(fit(kind, rawOf(array(0), lengths), all)))
        const found = prepared(fitted, rawOf(array(padding), lengths))
        expect(found).toEqual(prepared(fitted, rawOf(array(0), lengths)))
        expect(PreprocessTree.sample(fitted)).toEqual([time, features + 1])
        expect(Fitted.parse(Fitted.print(fitted))).toEqual(Result.succeed(fitted))
        const sequences = fromNumbers.apply(none, none, found, infer).y
        expect([...Tensor.read(sequences.length).data]).toEqual(lengths)
        const x = Tensor.read(sequences.x)
        expect(x.shape).toEqual([count, time, features])
        // Over the time steps of all rows each feature has mean 0 and, unless it is constant, a deviation of 1.
        for (let f = 0; f < features; f++) {
          const steps = [...x.data].filter((_, i) => {
            const [row, t] = [Math.floor(i / (time * features)), Math.floor(i / features) % time]
            return i % features === f && t < (lengths[row] ?? 0)
          })
          const mean = steps.reduce((sum, each) => sum + each, 0) / Math.max(1, steps.length)
          const variance = steps.reduce((sum, each) => sum + each ** 2, 0) / Math.max(1, steps.length)
          expect(Math.abs(mean)).toBeLessThan(1e-5)
          if (variance > 1e-6) expect(Math.abs(variance - 1)).toBeLessThan(1e-4)
        }
      }),
    )
  })

  it("may have one number for each time step", () => {
    const raw = rawOf(NDArray.make("f32", [2, 3], Float32Array.of(1, 2, 9, 4, 9, 9)), [2, 1])
    const fitted = Result.getOrThrow(fit({ type: "number", lengths: "n" }, raw, [0, 1]))
    const found = prepared(fitted, raw)
    expect([found.shape, [...found.data]]).toEqual([
      [2, 3, 2],
      [1, 1, 2, 1, 0, 0, 4, 1, 0, 0, 0, 0],
    ])
  })

  it.each<[string, NDArray.NDArray, ReadonlyArray<number>]>([
    [
      "row 2, column `n`: got 4, wanted a whole number from 0 to 3, the time steps of `x`",
      NDArray.make("f32", [2, 3], new Float32Array(6)),
      [1, 4],
    ],
    ["row 1, column `n`: got -1, wanted a whole number", NDArray.make("f32", [2, 3], new Float32Array(6)), [-1, 2]],
    [
      "row 2, column `x`: got NaN, wanted a finite number in time step 2",
      NDArray.make("f32", [2, 3], Float32Array.of(1, 1, Number.NaN, 1, Number.NaN, 1)),
      [2, 2],
    ],
    [
      "the array `x` has the shape [2]; wanted [rows, time, features] or [rows, time]",
      NDArray.make("f32", [2], new Float32Array(2)),
      [1, 1],
    ],
  ])("refuse what cannot be: %s", (message, array, lengths) => {
    expect(refusal(fit({ type: "number", lengths: "n" }, rawOf(array, lengths), [0, 1]))).toContain(message)
  })
})

describe("tokens", () => {
  const words = NDArray.make("i32", [3, 3], Int32Array.of(1, 4, 0, 2, 0, 0, 5, 1, 2))

  it("end with the last that is not 0, or with their lengths", () => {
    const raw = rawOf(words, [2, 1, 2])
    for (const kind of [{ type: "tokens" }, { type: "tokens", lengths: "n" }] as const) {
      const fitted = Result.getOrThrow(fit(kind, raw, [0, 1]))
      expect(PreprocessTree.sequencesOf(fitted)).toEqual(new Map([["", { of: "tokens", tokens: 5 }]]))
      const { length } = fromTokens.apply(none, none, prepared(fitted, raw, [0, 1]), infer).y
      expect([...Tensor.read(length).data]).toEqual([2, 1])
    }
  })

  it.each<[string, ArrayKind, ReadonlyArray<number>]>([
    [
      "row 3, column `x`: got 5, wanted a token from 0 to 4 in time step 1; try: `tokens: 6` for more tokens",
      { type: "tokens" },
      [2, 1, 2],
    ],
    [
      "row 1, column `x`: got 0, wanted a token above 0 in time step 3, the last of its row",
      { type: "tokens", lengths: "n" },
      [3, 1, 2],
    ],
    ["row 1, column `x`: got 4, wanted a token from 0 to 3 in time step 2", { type: "tokens", tokens: 4 }, [2, 1, 2]],
  ])("refuse what cannot be: %s", (message, kind, lengths) => {
    const raw = rawOf(words, lengths)
    const found = Result.flatMap(fit(kind, raw, [0, 1]), (fitted) => PreprocessTree.inputs(fitted, raw))
    expect(refusal(found)).toContain(message)
  })
})
