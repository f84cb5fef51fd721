import * as Result from "effect/Result"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import * as Fitted from "../src/data/Fitted.ts"
import * as PreprocessTree from "../src/data/PreprocessTree.ts"
import * as Series from "../src/data/Series.ts"
import * as Split from "../src/data/Split.ts"
import * as Table from "../src/data/Table.ts"
import * as Tensor from "../src/tensor/Tensor.ts"

const ok = Result.getOrThrow
const refusal = (result: Result.Result<unknown, { readonly message: string }>): string =>
  Result.match(result, { onFailure: (error) => error.message, onSuccess: () => "accepted" })

const columns = { x: "number", y: { type: "number", role: "target" }, "*": "ignore" } as const

/** A table of rows (time, series, x, y). */
const table = (rows: ReadonlyArray<readonly [time: string | number, series: string, x: number, y: number]>) =>
  Table.make(
    ["t", "s", "x", "y"],
    rows.map((row) => row.map(String)),
  )

const plain = { time: "t", group: "s", gaps: "error" } as const

/** Two series, whose rows are mixed. */
const two = table([
  [1, "a", 10, 100],
  [1, "b", 50, 500],
  [2, "a", 11, 110],
  [3, "a", 12, 120],
  [2, "b", 51, 510],
  [4, "a", 13, 130],
  [3, "b", 52, 520],
])

describe("windows of series", () => {
  it("are the rows up to one, and the targets after it: a case by hand", () => {
    const series = { ...plain, window: 2, horizon: [1] }
    const ends = Series.windows(ok(Series.order(two, series)), series)
    expect([...ends]).toEqual([2, 3, 4])
    const fitted = ok(Series.fit(columns, series, two, [0, 1, 2, 3, 4, 5, 6]))
    const { inputs, targets } = ok(Series.dataset(fitted, two, ends))
    expect(Tensor.toArray(inputs)).toEqual([
      [
        [10, 100],
        [11, 110],
      ],
      [
        [11, 110],
        [12, 120],
      ],
      [
        [50, 500],
        [51, 510],
      ],
    ])
    expect(Tensor.toArray(targets)).toEqual([[120], [130], [520]])
  })

  it("predict each target at each step ahead, in this order", () => {
    const series = { ...plain, window: 1, horizon: [1, 3] }
    const ends = Series.windows(ok(Series.order(two, series)), series)
    expect([...ends]).toEqual([0])
    const fitted = ok(PreprocessTree.fit({ columns, series }, two, [0, 1, 2, 3, 4, 5, 6]))
    expect(Tensor.toArray(ok(PreprocessTree.targets(fitted, two, ends)) as Tensor.Tensor)).toEqual([[110, 130]])
    expect(PreprocessTree.headsOf(fitted).map(([, target]) => PreprocessTree.namesOf(target))).toEqual([["y+1", "y+3"]])
    expect(PreprocessTree.sample(fitted)).toEqual([1, 2])
    expect(ok(Fitted.parseTree(Fitted.print(fitted)))).toEqual(fitted)
  })

  it("have the values of the rows that they end with, whatever the lengths: laws", () => {
    const cases = fc.record({
      names: fc.array(fc.constantFrom("a", "b", "c"), { minLength: 1, maxLength: 30 }),
      window: fc.integer({ min: 1, max: 4 }),
      horizon: fc.subarray([1, 2, 3], { minLength: 1 }),
      step: fc.integer({ min: 1, max: 3 }),
    })
    fc.assert(
      fc.property(cases, ({ horizon, names, step, window }) => {
        const lengths = new Map<string, number>()
        const rows = names.map((name, i) => {
          const time = lengths.get(name) ?? 0
          lengths.set(name, time + 1)
          return [time, name, i, 10 * i] as const
        })
        const data = table(rows)
        const series = { ...plain, window, horizon }
        const ends = Series.windows(ok(Series.order(data, series)), series, { step })
        const furthest = Math.max(...horizon)
        const count = [...lengths.values()].reduce(
          (sum, n) => sum + Math.max(0, Math.floor((n - window - furthest) / step) + 1),
          0,
        )
        expect(ends.length).toBe(count)
        if (count === 0) return
        const all = rows.map((_, i) => i)
        const fitted = ok(PreprocessTree.fit({ columns, series }, data, all))
        const inputs = Tensor.toArray(ok(PreprocessTree.inputs(fitted, data, ends)) as Tensor.Tensor) as number[][][]
        const targets = Tensor.toArray(ok(PreprocessTree.targets(fitted, data, ends)) as Tensor.Tensor) as number[][]
        for (const [i, end] of ends.entries()) {
          const [time, name] = rows[end] ?? [0, ""]
          const own = rows.filter((row) => row[1] === name)
          const wanted = own.slice(time - window + 1, time + 1).map((row) => [row[2], row[3]])
          expect(inputs[i]).toEqual(wanted)
          expect(targets[i]).toEqual(horizon.map((steps) => own[time + steps]?.[3]))
        }
      }),
      { numRuns: 60 },
    )
  })

  it("never use a target of after the end of their part, nor, without overlap, a row of before it", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 20, max: 60 }),
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 3 }),
        fc.boolean(),
        (n, window, steps, overlap) => {
          const data = table(Array.from({ length: n }, (_, i) => [i, "a", i, i]))
          const series = { ...plain, window, horizon: [steps] }
          const order = ok(Series.order(data, series))
          const parts = ok(Series.divide(order, { train: { share: 0.6 }, val: { share: 0.2 }, test: { share: 0.2 } }))
          let last = -1
          for (const times of [parts.train, parts.val, parts.test]) {
            expect(times[0]).toBe(last + 1)
            last = times[1] - 1
            for (const end of Series.windows(order, series, { times, overlap })) {
              expect(end + steps).toBeLessThan(times[1])
              expect(end + steps).toBeGreaterThanOrEqual(times[0])
              if (!overlap) expect(end - window + 1).toBeGreaterThanOrEqual(times[0])
            }
          }
          expect(last).toBe(n - 1)
        },
      ),
    )
  })

  it("scale by the training rows alone", () => {
    const scaled = { y: { type: "number", role: "target", scale: "standard" }, "*": "ignore" } as const
    const series = { ...plain, window: 2, horizon: [1] }
    const data = (last: number) => table([0, 1, 2, 3, 4, last].map((y, i) => [i, "a", 0, y]))
    const fit = (last: number) => ok(Series.fit(scaled, series, data(last), [0, 1, 2, 3]))
    expect(fit(5)).toEqual(fit(5000))
    expect(fit(5).input.columns).toMatchObject([{ subtract: 1.5 }])
  })
})

describe("the order of series", () => {
  const refused = (times: ReadonlyArray<string | number>, more: Partial<Series.Rows> = {}) =>
    refusal(Series.order(table(times.map((time, i) => [time, "a", i, i])), { time: "t", gaps: "error", ...more }))

  it("is located where it is wrong, with what to try", () => {
    expect(refused([1, 2, 2])).toBe(
      'line 3: row 3, column `t`: got "2", the time of line 2 too, wanted a later time; try: `group` names the column that tells several series apart',
    )
    expect(refused(["2026-01-02", "2026-01-01"])).toBe(
      'line 2: row 2, column `t`: got "2026-01-01", wanted a time after "2026-01-02" of line 1; try: sort the rows by `t`; or `group` names the column that tells several series apart',
    )
    expect(refused(["2026-01-01T00:00", "2026-01-01T01:00", "2026-01-01T02:00", "2026-01-01T05:00"])).toBe(
      'line 4: row 4, column `t`: got "2026-01-01T05:00", which is 3 hours after line 3, wanted 1 hour, as between most rows; try: add the rows that are missing, or `gaps: split`, so that no window crosses the gap',
    )
    expect(refused([1, "soon"])).toBe(
      'line 2: row 2, column `t`: got "soon", wanted a number, as in the rows before; try: every row of a series has a time',
    )
    expect(refused([""])).toContain("got a blank, wanted a number, or a date such as 2026-03-01")
    expect(refused([2, 1], { group: "s" })).toContain("try: sort the rows of each `s` by `t`")
    expect(refusal(Series.order(two, { time: "when", gaps: "error" }))).toContain("there is no column `when`")
  })

  it("knows months, decimal fractions and formats", () => {
    expect(refused(["2026-01-31", "2026-02-28"])).toBe("accepted")
    expect(refused(["2026-01", "2026-02", "2026-03", "2026-04"])).toBe("accepted")
    expect(refused(["2026-01-01", "2026-02-01", "2026-03-01", "2026-05-01"])).toContain("which is 2 months after line 3")
    expect(refused([0.1, 0.2, 0.3, 0.4, 0.5])).toBe("accepted")
    expect(refused(["31/12/2025", "01/01/2026"], { format: "DD/MM/YYYY" })).toBe("accepted")
    expect(refused(["2026-03-29T01:00+01:00", "2026-03-29T03:00+02:00", "2026-03-29T04:00+02:00"])).toBe("accepted")
  })

  it("knows the last days of months, and fractions of seconds far from 0", () => {
    const accepted = (times: ReadonlyArray<string>) =>
      refusal(Series.order(table(times.map((time, i) => [time, "a", i, i])), { time: "t", gaps: "error" }))
    expect(accepted(["2024-01-31", "2024-02-29", "2024-03-31", "2024-04-30"])).toBe("accepted")
    expect(accepted(["2023-12-31T12:00", "2024-03-31T12:00", "2024-06-30T12:00"])).toBe("accepted")
    expect(accepted(["2024-01-31", "2024-02-29", "2024-04-30", "2024-05-31"])).toContain("which is 2 months after line 2")
    expect(accepted(["2024-01-31", "2024-02-28", "2024-03-27"])).toBe("accepted")
    expect(accepted(Array.from({ length: 50 }, (_, i) => (1_700_000_000 + i / 10).toFixed(1)))).toBe("accepted")
    expect(accepted(["1700000000.1", "1700000000.2", "1700000000.3", "1700000000.5"])).toContain("as between most rows")
  })

  it("splits series at gaps where that is asked for, and no window crosses", () => {
    const data = table([1, 2, 3, 7, 8, 9, 10].map((time, i) => [time, "a", i, i]))
    const series = { time: "t", gaps: "split", window: 2, horizon: [1] } as const
    expect([...Series.windows(ok(Series.order(data, series)), series)]).toEqual([1, 4, 5])
  })

  it("is that of the table without a column of times", () => {
    const series = { group: "s", gaps: "error", window: 3, horizon: [1] } as const
    expect([...Series.windows(ok(Series.order(two, series)), series)]).toEqual([3])
  })
})

describe("mistakes of windows", () => {
  const series = { ...plain, window: 3, horizon: [1] }
  const fitted = ok(Series.fit(columns, series, two, [0, 1]))

  it("a window that begins before its series names the row", () => {
    expect(refusal(Series.inputs(fitted, two, [1]))).toBe(
      "line 2: row 2, column `t`: got 1 row of its series up to here, wanted 3, as many as a window has; try: give the rows before it too",
    )
  })

  it("a class is predicted at one step ahead", () => {
    const classes = { s: { type: "binary", role: "target" }, x: "number", "*": "ignore" } as const
    expect(refusal(Series.fit(classes, { ...series, horizon: [1, 2] }, two, [0, 1]))).toContain(
      "got a class at 2 steps ahead, wanted one step ahead for a class",
    )
    const one = ok(PreprocessTree.fit({ columns: classes, series: { gaps: "error", window: 1, horizon: [2] } }, two, [0, 1, 2]))
    expect(Tensor.toArray(ok(PreprocessTree.targets(one, two, [0, 1, 2])) as Tensor.Tensor)).toEqual([0, 0, 1])
  })
})

describe("a split in order", () => {
  it("has the first rows in the first part, each row once", () => {
    const { test, train, val } = ok(Split.inOrder(10, { train: { share: 0.7 }, val: { share: 0.15 }, test: { share: 0.15 } }))
    expect([...train, ...val, ...test]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    expect(train.length).toBe(7)
  })
  it("refuses parts of more rows than there are", () => {
    expect(refusal(Split.inOrder(10, { train: { count: 8 }, val: { count: 3 } }))).toContain(
      "wanted at most the 10 rows there are",
    )
  })
})
