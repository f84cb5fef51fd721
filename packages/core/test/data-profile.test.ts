/** The profile of a table: summaries, relations with the target, and what looks wrong. */
import * as fc from "fast-check"
import { describe, expect, test } from "vitest"
import * as Profile from "../src/data/Profile.ts"
import { drift, largestGap, numbersDrift, totalVariation } from "../src/data/profile/drift.ts"
import { firstEqual } from "../src/data/profile/duplicates.ts"
import { correlation, correlationRatio, cramersV } from "../src/data/profile/relation.ts"
import { valuesOf } from "../src/data/profile/summary.ts"
import * as Table from "../src/data/Table.ts"
import * as TableColumn from "../src/data/TableColumn.ts"

const all = (n: number) => Array.from({ length: n }, (_, i) => i)
const named = fc.array(fc.tuple(fc.constantFrom("a", "b", "c"), fc.constantFrom("x", "y")), { minLength: 2, maxLength: 60 })
const measured = fc.array(fc.tuple(fc.constantFrom("a", "b", "c"), fc.integer({ min: -50, max: 50 })), {
  minLength: 2,
  maxLength: 60,
})

describe("how two columns go together", () => {
  test("as SciPy 1.17.1 computes it", () => {
    // scipy.stats.pearsonr, scipy.stats.contingency.association(method="cramer"), scipy.stats.ks_2samp
    const x = [1, 2, 3, 4, 5, 6, 7, 8]
    const y = [2, 1, 4, 3, 7, 5, 8, 6]
    expect(correlation(x, y)).toBeCloseTo(0.8333333333333331, 12)
    const a = ["a", "a", "a", "b", "b", "b", "c", "c", "c", "c"]
    const b = ["x", "x", "y", "y", "y", "x", "x", "x", "x", "y"]
    expect(cramersV(a, b)).toBeCloseTo(0.3632415786283895, 12)
    expect(largestGap(Float64Array.from(x), Float64Array.from([3, 5, 9, 9, 10]))).toBeCloseTo(0.6, 12)
  })

  test("from 0 to 1, whatever the order of rows and the names", () => {
    fc.assert(
      fc.property(named, (rows) => {
        const [a, b] = [rows.map(([name]) => name), rows.map(([, name]) => name)]
        const v = cramersV(a, b)
        expect(v).toBeGreaterThanOrEqual(0)
        expect(v).toBeLessThanOrEqual(1)
        expect(cramersV(b, a)).toBeCloseTo(v, 10)
        expect(
          cramersV(
            a.toReversed().map((name) => `${name}!`),
            b.toReversed(),
          ),
        ).toBeCloseTo(v, 10)
        if (new Set(a).size > 1) expect(cramersV(a, a)).toBeCloseTo(1, 10)
      }),
    )
    fc.assert(
      fc.property(measured, (rows) => {
        const [names, values] = [rows.map(([name]) => name), rows.map(([, value]) => value)]
        const eta = correlationRatio(names, values)
        expect(eta).toBeGreaterThanOrEqual(0)
        expect(eta).toBeLessThanOrEqual(1)
        if (new Set(values).size > 1) expect(correlationRatio(values.map(String), values)).toBeCloseTo(1, 10)
        // Of two groups it is the correlation with 0 and 1.
        const two = names.map((name) => (name === "a" ? 1 : 0))
        expect(correlationRatio(two.map(String), values)).toBeCloseTo(Math.abs(correlation(two, values)), 10)
      }),
    )
  })
})

test("the first equal row is the one that a comparison of all pairs finds", () => {
  const cells = fc.array(fc.tuple(fc.constantFrom("", "0", "1"), fc.constantFrom("", "0", "1")), { maxLength: 30 })
  fc.assert(
    fc.property(cells, (rows) => {
      const table = Table.make(["a", "b"], rows)
      const found = firstEqual([table.column(0), table.column(1)], all(rows.length))
      expect([...found]).toEqual(rows.map((row) => rows.findIndex((other) => other.join(";") === row.join(";"))))
    }),
  )
})

test("many rows of small numbers are told apart, as numbers and as texts", () => {
  const side = 300
  const of = (f: (i: number) => number) => {
    const values = Float64Array.from({ length: side * side }, (_, i) => f(i))
    return [TableColumn.ofNumbers(values), TableColumn.ofTexts(Array.from(values, String))]
  }
  const [a = [], b = []] = [of((i) => i % side), of((i) => Math.floor(i / side) - 100)]
  const rows = all(side * side)
  for (const columns of [
    [a[0], b[0]],
    [a[1], b[0]],
  ])
    expect(firstEqual(columns as ReadonlyArray<TableColumn.TableColumn>, rows)).toEqual(Int32Array.from(rows))
  // A column on disk has numbers in one chunk and the same texts in another.
  expect(valuesOf(a[0] as TableColumn.TableColumn, rows).codes?.codes).toEqual(
    valuesOf(a[1] as TableColumn.TableColumn, rows).codes?.codes,
  )
})

test("a column of texts and one of numbers with the same cells have the same profile", () => {
  const cell = fc.constantFrom("", "NA", "1", "-1", "1.50", "1.5", "0", "-0", "x", " 2 ", "1e21", "0.1")
  fc.assert(
    fc.property(fc.array(fc.tuple(cell, fc.constantFrom("a", "b")), { maxLength: 40 }), (cells) => {
      const texts = cells.map(([text]) => text)
      const isPrinted = (text: string) => text !== "" && String(Number(text)) === text
      const stored = TableColumn.ofNumbers(
        texts.map((text) => (isPrinted(text) ? Number(text) : Number.NaN)),
        new Map(texts.entries()),
      )
      const labels = TableColumn.ofTexts(cells.map(([, label]) => label))
      const of = (column: TableColumn.TableColumn) =>
        Profile.profile(
          Table.fromColumns([
            ["x", column],
            ["y", labels],
          ]),
          {
            parts: { train: all(cells.length).filter((i) => i % 3 > 0), val: all(cells.length).filter((i) => i % 3 === 0) },
            target: { column: "y", isQuantity: false },
            inputs: ["x"],
          },
        )
      expect(of(stored)).toEqual(of(TableColumn.ofTexts(texts)))
      const { codes, names } = valuesOf(stored, all(cells.length))
      expect(names).toEqual(texts.map((text) => (["", "NA"].includes(text) ? "" : text.trim())))
      expect(codes?.size).toBe(new Set(names.filter((name) => name !== "")).size)
    }),
  )
})

test("parts of the same rows do not differ, and shifted ones do", () => {
  const numbers = (values: ReadonlyArray<number>) => ({ names: values.map(String), numbers: Float64Array.from(values) })
  fc.assert(
    fc.property(fc.array(fc.integer(), { minLength: 2, maxLength: 50 }), (values) => {
      expect(drift(numbers(values), numbers(values.toReversed()))).toBeUndefined()
      expect(largestGap(Float64Array.from(values), Float64Array.from(values))).toBe(0)
      expect(totalVariation(values.map(String), values.map(String))).toBe(0)
    }),
  )
  expect(drift(numbers(all(100)), numbers(all(100).map((i) => i + 50)))).toBeCloseTo(0.5)
  expect(drift({ names: all(100).map((i) => (i < 90 ? "a" : "b")) }, { names: all(100).map(() => "b") })).toBeCloseTo(0.9)
  // What one test of a sample finds, one of many tests does not.
  const [few, shifted] = [all(25), all(25).map((i) => i + 14)].map((values) => Float64Array.from(values))
  if (few !== undefined && shifted !== undefined)
    expect([numbersDrift(few, shifted), numbersDrift(few, shifted, 10)]).toEqual([0.56, undefined])
  // Two rows that differ say nothing.
  expect(drift(numbers([1, 2]), numbers([3, 4]))).toBeUndefined()
})

describe("a profile", () => {
  const rows = all(60).map((i) => [
    String(100 + i),
    i % 3 === 0 ? "" : String(i % 7),
    i % 2 === 0 ? "yes" : "no",
    i % 2 === 0 ? "alive" : "dead",
    "same",
    `passenger ${i}`,
  ])
  const table = Table.make(["number", "age", "survived", "alive", "ship", "name"], rows)
  const parts = { train: all(40), val: all(20).map((i) => 40 + i) }
  const request = {
    parts,
    target: { column: "survived", isQuantity: false },
    inputs: ["number", "age", "alive", "ship", "name"],
  }
  const { columns, suspicions } = Profile.profile(table, request)
  const of = (name: string) => columns.find((column) => column.name === name)

  test("summarizes the training rows", () => {
    expect(of("age")).toMatchObject({ blanks: 14, distinct: 7, isWhole: true, spread: { least: 0, greatest: 6 } })
    expect(of("ship")).toMatchObject({ blanks: 0, distinct: 1, names: [{ name: "same", rows: 40 }] })
    expect(of("number")?.spread).toMatchObject({ mean: 119.5, median: 119.5, histogram: new Array(8).fill(5) })
    expect(of("survived")?.relation).toBeUndefined()
  })

  test("finds leaks, identifiers, constants and drift", () => {
    expect(suspicions).toEqual(
      expect.arrayContaining([
        { _tag: "Identifier", column: "number" },
        { _tag: "Drift", column: "number", part: "val", difference: 1 },
        { _tag: "Leak", column: "alive", share: 1 },
        { _tag: "Constant", column: "ship" },
        { _tag: "Identifier", column: "name" },
      ]),
    )
    expect(suspicions.filter(({ _tag }) => _tag === "Leak")).toHaveLength(1)
    expect(suspicions.filter((each) => "column" in each && each.column === "age")).toEqual([])
  })

  test("counts repeated rows, and rows that two parts share", () => {
    const doubled = Table.make(
      ["x", "y"],
      [..."aabc", "a", "d"].map((x) => [x, x]),
    )
    const found = Profile.profile(doubled, { parts: { train: [0, 1, 2, 3], test: [4, 5] }, inputs: ["x", "y"] })
    expect(found.suspicions).toContainEqual({ _tag: "Duplicates", rows: 1 })
    expect(found.suspicions).toContainEqual({ _tag: "Shared", part: "test", rows: 1 })
  })

  test("learns nothing from the rows of other parts", () => {
    const changed = Table.make(
      table.columns,
      rows.map((row, i) => (i < 40 ? row : row.map(() => "9"))),
    )
    expect(Profile.profile(changed, request).columns).toEqual(columns)
  })
})

test("names of which every row has its own say nothing about a target", () => {
  const table = Table.make(
    ["name", "kind", "y"],
    all(30).map((i) => [`n${i}`, `k${i % 3}`, i % 2 === 0 ? "a" : "b"]),
  )
  const request = { parts: { train: all(30) }, inputs: ["name", "kind"] }
  const { columns } = Profile.profile(table, { ...request, target: { column: "y", isQuantity: false } })
  expect(columns.find(({ name }) => name === "name")?.relation).toBeUndefined()
  expect(columns.find(({ name }) => name === "kind")?.relation?.strength).toBeCloseTo(0, 10)
})

test("a column after another one has the cells of both, as texts and as numbers", () => {
  fc.assert(
    fc.property(fc.array(fc.double({ noNaN: true })), fc.array(fc.double({ noNaN: true })), fc.boolean(), (a, b, areStored) => {
      const columnOf = (values: ReadonlyArray<number>) =>
        areStored ? TableColumn.ofNumbers(values) : TableColumn.ofTexts(values.map(String))
      const { numbers, size, text } = TableColumn.append(columnOf(a), columnOf(b))
      const all = [...a, ...b]
      expect(Array.from({ length: size }, (_, row) => text(row))).toEqual(all.map(String))
      const backwards = all.map((_, row) => all.length - 1 - row)
      expect(numbers?.(backwards)).toEqual(areStored ? Float64Array.from(all.toReversed()) : undefined)
    }),
  )
})
