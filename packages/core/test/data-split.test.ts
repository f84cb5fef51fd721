import * as Result from "effect/Result"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import * as Batches from "../src/data/Batches.ts"
import * as Dataset from "../src/data/Dataset.ts"
import * as Split from "../src/data/Split.ts"
import * as Key from "../src/tensor/Key.ts"
import * as NDArray from "../src/types/NDArray.ts"

const key = Key.make(17)
const numbers = (n: number): ReadonlyArray<number> => Array.from({ length: n }, (_, i) => i)
const rising = (rows: Iterable<number>): ReadonlyArray<number> => [...rows].sort((a, b) => a - b)
const refusal = <A>(result: Result.Result<A, { readonly message: string }>): string =>
  Result.match(result, { onFailure: (error) => error.message, onSuccess: () => "split" })

/** Three shares that make a whole, of enough rows that no part is empty. */
const shares = fc
  .record({ n: fc.integer({ min: 20, max: 120 }), a: fc.integer({ min: 1, max: 8 }), b: fc.integer({ min: 1, max: 8 }) })
  .map(({ a, b, n }) => ({ n, train: { share: a / 20 }, val: { share: b / 20 }, test: { share: (20 - a - b) / 20 } }))

describe("split", () => {
  it("parts of all shares hold each row once, in rising order, as many as their shares", () => {
    fc.assert(
      fc.property(shares, fc.nat(), ({ n, ...wanted }, seed) => {
        const parts = Result.getOrThrow(Split.parts(n, wanted, { key: Key.make(seed) }))
        const all = [...parts.train, ...parts.val, ...parts.test]
        expect(rising(all)).toEqual(numbers(n))
        for (const name of ["train", "val", "test"] as const) {
          expect([...parts[name]]).toEqual(rising(parts[name]))
          expect(Math.abs(parts[name].length - wanted[name].share * n)).toBeLessThanOrEqual(1)
        }
      }),
      { numRuns: 50 },
    )
  })
  it("counts are met, and rows nobody asks for are left", () => {
    const { train, val } = Result.getOrThrow(Split.parts(100, { train: { count: 55 }, val: { count: 5 } }, { key }))
    expect([train.length, val.length, new Set([...train, ...val]).size]).toEqual([55, 5, 60])
  })
  it("the same key gives the same rows, another key others", () => {
    const train = (seed: number) => Result.getOrThrow(Split.parts(50, { train: { share: 0.5 } }, { key: Key.make(seed) })).train
    expect(train(3)).toEqual(train(3))
    expect(train(3)).not.toEqual(train(4))
  })
  it("these very rows: a change here breaks every recorded run", () => {
    const parts = Result.getOrThrow(Split.parts(12, { train: { share: 0.75 }, test: { share: 0.25 } }, { key }))
    expect([[...parts.train], [...parts.test]]).toMatchInlineSnapshot(`
      [
        [
          0,
          1,
          2,
          4,
          5,
          7,
          9,
          10,
          11,
        ],
        [
          3,
          6,
          8,
        ],
      ]
    `)
  })
  it("stratified, each part holds each label in proportion", () => {
    fc.assert(
      fc.property(shares, fc.nat(), ({ n, ...wanted }, seed) => {
        const labels = numbers(n).map((row) => (row % 7 === 0 ? "rare" : row % 2 === 0 ? "even" : "odd"))
        const parts = Result.getOrThrow(Split.parts(n, wanted, { key: Key.make(seed), labels }))
        expect(rising([...parts.train, ...parts.val, ...parts.test])).toEqual(numbers(n))
        for (const name of ["train", "val", "test"] as const)
          for (const label of ["rare", "even", "odd"]) {
            const total = labels.filter((other) => other === label).length
            const held = [...parts[name]].filter((row) => labels[row] === label).length
            expect(Math.abs(held - (total * parts[name].length) / n)).toBeLessThanOrEqual(2)
          }
      }),
      { numRuns: 50 },
    )
  })
  it("grouped, the rows of a group stay together", () => {
    const groups = numbers(90).map((row) => row % 9)
    const parts = Result.getOrThrow(Split.parts(90, { train: { share: 2 / 3 }, test: { share: 1 / 3 } }, { key, groups }))
    expect(rising([...parts.train, ...parts.test])).toEqual(numbers(90))
    expect(parts.train.length).toBe(60)
    const inTrain = new Set([...parts.train].map((row) => groups[row]))
    expect([...parts.test].some((row) => inTrain.has(groups[row] ?? -1))).toBe(false)
  })
  it("folds score each row once and train on the others", () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 10 }), fc.integer({ min: 10, max: 60 }), (k, n) => {
        const folds = Result.getOrThrow(Split.folds(n, k, { key }))
        expect(rising(folds.flatMap(({ val }) => [...val]))).toEqual(numbers(n))
        for (const { train, val } of folds) {
          expect(rising([...train, ...val])).toEqual(numbers(n))
          expect(Math.abs(val.length - n / k)).toBeLessThan(1)
        }
      }),
      { numRuns: 30 },
    )
  })
  it("stratified and grouped, groups stay together and labels keep their proportions", () => {
    const groupsOfTwenty = fc.record({
      seed: fc.nat(500),
      sizes: fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 60, maxLength: 90 }),
    })
    fc.assert(
      fc.property(groupsOfTwenty, ({ seed, sizes }) => {
        const groups = sizes.flatMap((size, group) => Array.from({ length: size }, () => `g${group}`))
        const n = groups.length
        // A group has one label, two thirds of them "a".
        const labels = groups.map((group) => (Number(group.slice(1)) % 3 === 0 ? "b" : "a"))
        const wanted = { train: { share: 0.6 }, val: { share: 0.2 } }
        const { train, val } = Result.getOrThrow(Split.parts(n, wanted, { key: Key.make(seed), groups, labels }))
        const folds = Result.getOrThrow(Split.folds(n, 4, { key: Key.make(seed), groups, labels }))
        expect(rising(folds.flatMap((fold) => [...fold.val]))).toEqual(numbers(n))
        const all = { a: labels.filter((label) => label === "a").length / n, n }
        for (const [part, share] of [[train, 0.6], [val, 0.2], ...folds.map((fold) => [fold.val, 0.25] as const)] as const) {
          const inside = new Set(Array.from(part, (row) => groups[row]))
          expect(groups.filter((group) => inside.has(group))).toHaveLength(part.length)
          expect(Math.abs(part.length - share * n)).toBeLessThanOrEqual(8)
          const own = [...part].filter((row) => labels[row] === "a").length / part.length
          expect(Math.abs(own - all.a)).toBeLessThan(0.15)
        }
        expect(rising([...train, ...val])).toEqual([...new Set(rising([...train, ...val]))])
      }),
      { numRuns: 30 },
    )
  })
  it("in order, the first part has the first rows, by number or by text, and equal places stay as they stand", () => {
    const parts = (order: ReadonlyArray<string | number>) =>
      Result.getOrThrow(Split.inOrder(4, { train: { share: 0.5 }, test: { share: 0.5 } }, order))
    expect(parts([3, 10, 1, 2])).toEqual({ train: Int32Array.of(2, 3), test: Int32Array.of(0, 1) })
    expect(parts(["3", "10", "1", "2"])).toEqual({ train: Int32Array.of(2, 3), test: Int32Array.of(0, 1) })
    const days = ["2024-02-01", "2023-12-31", "2024-01-15", "2023-01-01"]
    expect(parts(days)).toEqual({ train: Int32Array.of(1, 3), test: Int32Array.of(0, 2) })
    expect(parts([0, 0, 0, 0])).toEqual({ train: Int32Array.of(0, 1), test: Int32Array.of(2, 3) })
  })
  it("repeated folds are drawn anew, each repeat as it is alone", () => {
    const all = Result.getOrThrow(Split.repeatedFolds(20, 4, 3, { key }))
    expect(all.map(({ fold, repeat }) => [repeat, fold])).toEqual([1, 2, 3].flatMap((r) => [1, 2, 3, 4].map((f) => [r, f])))
    for (const repeat of [1, 2, 3])
      expect(rising(all.filter((each) => each.repeat === repeat).flatMap(({ val }) => [...val]))).toEqual(numbers(20))
    expect(all[0]?.val).not.toEqual(all[4]?.val)
    expect(Result.getOrThrow(Split.repeatedFolds(20, 4, 1, { key }))).toEqual(all.slice(0, 4))
  })
  it.each<[string, () => Result.Result<unknown, { readonly message: string }>, string]>([
    [
      "more rows than there are",
      () => Split.parts(10, { train: { count: 8 }, val: { count: 3 } }, { key }),
      "split part `val`: got parts of 11 rows up to here, wanted at most the 10 rows there are; try: make a part smaller",
    ],
    [
      "shares beyond a whole",
      () => Split.parts(10, { train: { share: 0.8 }, val: { share: 0.3 } }, { key }),
      "split part `val`: got parts of 11 rows up to here, wanted at most the 10 rows there are; try: make a part smaller",
    ],
    [
      "a part of no rows",
      () => Split.parts(10, { train: { share: 0.97 }, val: { share: 0.03 } }, { key }),
      "split part `val`: got no row of the 10, wanted one or more; try: make the part larger",
    ],
    [
      "a share that is none",
      () => Split.parts(10, { train: { share: Number.NaN } }, { key }),
      "split part `train`: got a share of NaN, wanted more than 0 and at most 1",
    ],
    [
      "a count that is none",
      () => Split.parts(10, { train: { count: 2.5 } }, { key }),
      "split part `train`: got 2.5 rows, wanted a whole number from 1; try: leave the part out",
    ],
    [
      "one fold",
      () => Split.folds(10, 1, { key }),
      "split part `folds`: got 1, wanted a whole number from 2 to 10, the number of rows",
    ],
    [
      "fewer groups than parts",
      () => Split.parts(4, { train: { share: 0.5 }, test: { share: 0.5 } }, { key, groups: [1, 1, 1, 1] }),
      "split part `train`: got no group, wanted one or more; try: use fewer or larger parts",
    ],
    ["no repeat", () => Split.repeatedFolds(10, 2, 0, { key }), "split part `repeats`: got 0, wanted a whole number from 1"],
    [
      "an order of other rows",
      () => Split.inOrder(2, { train: { share: 0.5 } }, [1]),
      "split part `train`: got 1 places, wanted one for each of the 2 rows",
    ],
    [
      "labels of other rows",
      () => Split.parts(4, { train: { share: 0.5 } }, { key, labels: [1, 2] }),
      "split part `train`: got 2 labels, wanted one for each of the 4 rows",
    ],
  ])("%s", (_, split, message) => expect(refusal(split())).toBe(message))
})

describe("batches", () => {
  const plans = fc.record({
    rows: fc.uniqueArray(fc.nat({ max: 1000 }), { minLength: 1, maxLength: 40 }),
    size: fc.integer({ min: 1, max: 12 }),
    number: fc.nat({ max: 5 }),
  })
  it("an epoch holds each row once, in batches of the size, the last one smaller or dropped", () => {
    fc.assert(
      fc.property(plans, ({ number, rows, size }) => {
        const kept = Batches.epoch({ rows, size }, key, number)
        expect(rising(kept.flatMap((batch) => [...batch]))).toEqual(rising(rows))
        expect(kept.length).toBe(Batches.count({ rows, size }))
        expect(kept.slice(0, -1).every((batch) => batch.length === size)).toBe(true)
        const dropped = Batches.epoch({ rows, size, last: "drop" }, key, number)
        expect(dropped).toEqual(kept.filter((batch) => batch.length === size))
        expect(dropped.length).toBe(Batches.count({ rows, size, last: "drop" }))
      }),
      { numRuns: 50 },
    )
  })
  it("an epoch is drawn from the key and its number alone, each in another order", () => {
    const plan = { rows: numbers(30), size: 8 }
    expect(Batches.epoch(plan, key, 3)).toEqual(Batches.epoch(plan, key, 3))
    expect(Batches.epoch(plan, key, 3)).not.toEqual(Batches.epoch(plan, key, 4))
    expect(Batches.epoch(plan, Key.make(18), 3)).not.toEqual(Batches.epoch(plan, key, 3))
  })
  it("a cursor is all it takes to go on", () => {
    const plan = { rows: numbers(10), size: 4 }
    const from = (start: Batches.Cursor, steps: number): ReadonlyArray<string> => {
      const seen: Array<string> = []
      let cursor = start
      for (let step = 0; step < steps; step++) {
        seen.push(String(Batches.epoch(plan, key, cursor.epoch)[cursor.batch]))
        cursor = Batches.after(cursor, Batches.count(plan))
      }
      return seen
    }
    expect(from({ epoch: 1, batch: 1 }, 4)).toEqual(from({ epoch: 0, batch: 0 }, 8).slice(4))
  })
  it("an invalid size is refused", () => {
    expect(() => Batches.inOrder({ rows: [1], size: 0 })).toThrow(
      "Batches wants a whole number of rows from 1 as the size, not 0. Try: a size such as 32",
    )
  })
})

describe("datasets", () => {
  const inputs = NDArray.make("u8", [3, 2, 1], Uint8Array.of(1, 2, 3, 4, 5, 6))
  const targets = NDArray.make("i32", [3], Int32Array.of(0, 1, 0))
  const dataset = Result.getOrThrow(Dataset.make(inputs, targets, { classes: ["a", "b"] }))

  it("take gives rows in any order, of the same kind", () => {
    const taken = Dataset.take(dataset, [2, 0, 2])
    expect(taken.inputs).toEqual(NDArray.make("u8", [3, 2, 1], Uint8Array.of(5, 6, 1, 2, 5, 6)))
    expect(taken.targets.data).toEqual(Int32Array.of(0, 0, 0))
    expect([Dataset.size(taken), Dataset.sample(taken), taken.classes]).toEqual([3, [2, 1], ["a", "b"]])
    expect(() => Dataset.take(dataset, [3])).toThrow("Dataset.take got u8[3, 2, 1]; it wants row numbers from 0 to 2, not 3")
  })
  it("taking the parts and joining them gives the rows back", () => {
    const joined = Dataset.concat(Dataset.take(dataset, [0]), Dataset.take(dataset, [1, 2]))
    expect(NDArray.equals(joined.inputs, inputs) && NDArray.equals(joined.targets, targets)).toBe(true)
    expect(() => Dataset.concat(dataset, { inputs, targets })).toThrow("datasets with the same classes")
    expect(() => Dataset.concat(dataset, { ...dataset, inputs: targets })).toThrow("rows of one shape and dtype")
  })
  it("inputs and targets must be as many, and some", () => {
    expect(refusal(Dataset.make(inputs, NDArray.make("i32", [2], Int32Array.of(0, 1))))).toBe(
      "there are 3 inputs but 2 targets; wanted one target for each input",
    )
    const none = NDArray.make("i32", [0], new Int32Array(0))
    expect(refusal(Dataset.make(none, none))).toBe("there are no rows; wanted one or more")
  })

  it("finds the odd one of many arrays in a time that grows with their number alone", { timeout: 20_000 }, () => {
    const two = NDArray.make("f32", [2], new Float32Array(2))
    const many = Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [`t${i}`, two]))
    const odd = { ...many, t77777: NDArray.make("f32", [3], new Float32Array(3)) }
    expect(refusal(Dataset.make(two, odd))).toBe("inputs has 2 rows but targets.t77777 has 3; wanted as many rows in every array")
  })
})
