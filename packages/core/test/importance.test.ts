/** Permutation importance: laws, and the value that a linear model must have. */
import { Key, Tensor } from "@adjoint/core"
import { importance, shuffled } from "@adjoint/core/training/Importance"
import { NDArray } from "@adjoint/core/types/NDArray"
import { Effect } from "effect"
import * as fc from "fast-check"
import { describe, expect, test } from "vitest"

const rows = 400
const inputs = Tensor.read(Key.normal(Key.make(3), [rows, 4]))
const features = [0, 1, 2, 3].map((i) => ({ name: `x${i}`, input: "", from: i, to: i + 1 }))
const weights = [2, -1, 0.5, 0]

/** The mean squared error of Σ wᵢxᵢ against itself on the unshuffled rows. */
const cost = (x: unknown) =>
  Effect.sync(() => {
    const { data } = x as NDArray
    const output = (from: NDArray["data"], row: number) => weights.reduce((sum, w, i) => sum + w * (from[row * 4 + i] ?? 0), 0)
    return (
      Array.from({ length: rows }, (_, row) => (output(data, row) - output(inputs.data, row)) ** 2).reduce((a, b) => a + b, 0) /
      rows
    )
  })

const measured = (seed: number, repeats = 5) =>
  Effect.runPromise(importance(inputs, features, cost, { key: Key.make(seed), repeats }))

describe("permutation importance", () => {
  test("of a linear model under squared error is 2w²·Var(x), and 0 for what it does not use", async () => {
    const found = await measured(1, 20)
    for (const [i, { deviation, mean }] of found.entries()) {
      const values = Array.from({ length: rows }, (_, row) => inputs.data[row * 4 + i] ?? 0)
      const average = values.reduce((a, b) => a + b, 0) / rows
      const variance = values.reduce((sum, x) => sum + (x - average) ** 2, 0) / rows
      const wanted = 2 * (weights[i] ?? 0) ** 2 * variance
      // The mean of 20 shuffles is within four of its standard errors.
      expect(Math.abs(mean - wanted)).toBeLessThanOrEqual(4 * (deviation / Math.sqrt(20)) + 1e-12)
    }
    expect(found[3]).toEqual({ name: "x3", mean: 0, deviation: 0 })
  })

  test("depends on its key alone", async () => {
    expect(await measured(7)).toEqual(await measured(7))
    expect(await measured(7)).not.toEqual(await measured(8))
  })

  test("shuffles the numbers of a feature among the rows, and nothing else", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 8 }), fc.nat(), (width, count, seed) => {
        const from = seed % width
        const to = from + 1 + (seed % (width - from))
        const array = new NDArray(
          "f32",
          [count, width],
          Float32Array.from({ length: count * width }, (_, i) => i),
        )
        const order = Tensor.read(Key.permutation(Key.make(seed % 1000), count)).data
        const { data } = shuffled(array, { from, to }, order)
        for (let row = 0; row < count; row++)
          for (let i = 0; i < width; i++)
            expect(data[row * width + i]).toBe(i >= from && i < to ? (order[row] ?? 0) * width + i : row * width + i)
        expect([...data].sort((a, b) => a - b)).toEqual([...array.data])
      }),
    )
  })

  test("of named inputs shuffles the array of the feature", async () => {
    const named = { a: Tensor.make([[1], [2], [3]]), b: Tensor.make([[1], [2], [3]]) }
    const seen: Array<unknown> = []
    const look = (x: unknown) => Effect.sync(() => seen.push(x))
    await Effect.runPromise(
      importance(named, [{ name: "b", input: "b", from: 0, to: 1 }], look, { key: Key.make(1), repeats: 1 }),
    )
    expect(seen).toHaveLength(2)
    expect((seen[1] as typeof named).a).toBe(named.a)
    expect([...(seen[1] as typeof named).b.data].sort()).toEqual([1, 2, 3])
  })
})
