import { Importance, Key, Space, type Trial } from "@adjoint/core"
import { draws } from "@adjoint/core/search/draws"
import { grow, shareOf } from "@adjoint/core/search/importance/forest"
import * as fc from "fast-check"
import { expect, test } from "vitest"

const space: Space.Space = [
  { name: "a", _tag: "Float", low: 0, high: 1 },
  { name: "lr", _tag: "Float", low: 1e-4, high: 1, log: true },
  { name: "kind", _tag: "Choice", size: 3 },
  { name: "none", _tag: "Float", low: 0, high: 1 },
]

/** Trials at even points, with a value each. */
const trialsOf = (n: number, value: (point: Space.Point) => number): ReadonlyArray<Trial> => {
  const { uniform } = draws([5, 6])
  return Array.from({ length: n }, (_, number) => {
    const point = Space.pointAt(space, space.map(uniform))
    return { number, point, state: "complete", values: [value(point)], reports: [] }
  })
}

const shares = (trials: ReadonlyArray<Trial>): { readonly [name: string]: number } =>
  Object.fromEntries(Importance.of(space, trials, { key: Key.make(2) }).map(({ name, share }) => [name, share]))

test("of a sum, each dimension has its share of the variance", () => {
  // Variances: 4 / 12 of 2 a, 1 / 12 of the position of lr, and 2 / 3 · 0.25 of kind, of 7 / 12 in all.
  const value = ({ a = 0, kind = 0, lr = 1 }: Space.Point) => 2 * a + (Math.log10(lr) + 4) / 4 + 0.5 * kind
  const found = shares(trialsOf(300, value))
  expect(found.a).toBeGreaterThan(4 / 7 - 0.1)
  expect(found.a).toBeLessThan(4 / 7 + 0.1)
  expect(Math.abs((found.lr ?? 0) - 1 / 7)).toBeLessThan(0.06)
  expect(Math.abs((found.kind ?? 0) - 2 / 7)).toBeLessThan(0.08)
  expect(found.none).toBeLessThan(0.02)
  expect(Object.keys(found)).toEqual(["a", "kind", "lr", "none"])
})

test("of a product without main effects, none has any", () => {
  const found = shares(trialsOf(300, ({ a = 0, none = 0 }) => (a < 0.5 ? 1 : -1) * (none < 0.5 ? 1 : -1)))
  for (const share of Object.values(found)) expect(share).toBeLessThan(0.1)
})

test("depends on the trials and the key alone, and not on their order", () => {
  const trials = trialsOf(30, ({ a = 0 }) => a)
  expect(Importance.of(space, trials.toReversed(), { key: Key.make(2) })).toEqual(
    Importance.of(space, trials, { key: Key.make(2) }),
  )
  expect(Importance.of(space, trials, { key: Key.make(3) })).not.toEqual(Importance.of(space, trials, { key: Key.make(2) }))
})

test("is 0 without two different values, and knows complete trials alone", () => {
  const equal = trialsOf(9, () => 3)
  const pruned = trialsOf(9, ({ a = 0 }) => a).map((trial): Trial => ({ ...trial, number: trial.number + 9, state: "pruned" }))
  for (const trials of [[], equal, [...equal, ...pruned]])
    expect(Importance.of(space, trials, { key: Key.make(1) }).map(({ share }) => share)).toEqual([0, 0, 0, 0])
})

test("of one tree: the leaves divide the space, and the shares of its dimensions sum to at most 1", () => {
  const sizes = [0, 3, 0]
  const row = fc.tuple(fc.integer({ min: 0, max: 8 }), fc.integer({ min: 0, max: 2 }), fc.integer({ min: 0, max: 8 }))
  fc.assert(
    fc.property(fc.array(fc.tuple(row, fc.integer({ min: -5, max: 5 })), { minLength: 1, maxLength: 20 }), (data) => {
      const rows = data.map(([[x, kind, y]]) => [x / 8, kind, y / 8])
      const tree = grow(
        sizes,
        rows,
        data.map(([, value]) => value),
        rows.map((_, i) => i),
      )
      const volume = tree.reduce(
        (sum, { sides }) =>
          sum +
          sides.reduce(
            (all, side) => all * ("from" in side ? side.to - side.from : side.inside.filter((is) => is).length / 3),
            1,
          ),
        0,
      )
      expect(volume).toBeCloseTo(1, 12)
      const all = sizes.map((_, d) => shareOf(sizes, tree, d))
      for (const share of all) expect(share).toBeGreaterThanOrEqual(0)
      expect(all.reduce((sum, share) => sum + share, 0)).toBeLessThanOrEqual(1 + 1e-9)
    }),
  )
})
