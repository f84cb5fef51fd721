/** Preprocessing beside NumPy 1.24, scikit-learn 1.2 and pandas 1.5, and how cells and names are read. */
import { Result } from "effect"
import { describe, expect, test } from "vitest"
import { DataError } from "../src/data/DataError.ts"
import * as Infer from "../src/data/Infer.ts"
import { looksSame, nearest } from "../src/data/Nearest.ts"
import { read } from "../src/data/NumberFormat.ts"
import * as Preprocess from "../src/data/Preprocess.ts"
import * as PreprocessTree from "../src/data/PreprocessTree.ts"
import * as Series from "../src/data/Series.ts"
import * as Table from "../src/data/Table.ts"
import * as TableColumn from "../src/data/TableColumn.ts"
import * as Score from "../src/learning/Score.ts"
import * as NDArray from "../src/types/NDArray.ts"

const ok = Result.getOrThrow

/** x[i][j] = ((7 i + 13 j) mod 11) + ((i² + 3 j) mod 5) / 2, 12 rows of 3. */
const x = (i: number, j: number): number => ((7 * i + 13 * j) % 11) + ((i * i + 3 * j) % 5) / 2

describe("preprocessing has the values of other libraries", () => {
  test("ZCA whitening of standardized numbers: S V Λ^-½ Vᵀ by numpy.linalg.eigh", () => {
    const inputs = NDArray.make(
      "f32",
      [12, 3],
      Float32Array.from({ length: 36 }, (_, at) => x(Math.floor(at / 3), at % 3)),
    )
    const fitted = ok(Preprocess.fit({ scale: "standard", pca: { whiten: "zca", epsilon: 0 } }, { inputs }))
    const wanted = [-1.579933, -0.690393, -0.517585, 0.216316, 1.540358, -1.630351, -0.041659, -0.123362, 0.540189]
    const { data } = ok(Preprocess.inputs(fitted, { inputs }))
    for (const [i, value] of wanted.entries()) expect(data[i]).toBeCloseTo(value, 5)
  })

  test("bins of equal counts: KBinsDiscretizer(4, strategy='quantile')", () => {
    const table = Table.make(
      ["x"],
      Array.from({ length: 12 }, (_, i) => [String(x(i, 0))]),
    )
    const columns = { x: { type: "number", bins: { quantiles: 4 }, encode: "ordinal" } } as const
    const fitted = ok(Preprocess.fit({ columns }, table))
    expect(fitted).toMatchObject({ input: { columns: [{ bins: { edges: [2.75, 5.75, 7.75] } }] } })
    expect([...ok(Preprocess.inputs(fitted, table)).data]).toEqual([0, 2, 1, 3, 2, 0, 3, 2, 1, 3, 1, 0])
  })

  test("windows of several series: pandas' groupby and shift", () => {
    // Rows of the shops a and b take turns, as in a table that is sorted by time.
    const table = Table.make(
      ["hour", "shop", "load"],
      Array.from({ length: 12 }, (_, i) => [String(Math.floor(i / 2)), i % 2 === 0 ? "a" : "b", String(x(i, 1))]),
    )
    const series = { window: 2, horizon: [1, 2], gaps: "error", time: "hour", group: "shop" } as const
    const columns = { hour: "ignore", shop: "group", load: { type: "number", role: "target" } } as const
    const order = ok(Series.order(table, series))
    const ends = Series.windows(order, series)
    const fitted = ok(PreprocessTree.fit({ columns, series }, table, PreprocessTree.all(table)))
    const { inputs, targets } = ok(PreprocessTree.dataset(fitted, table, ends))

    const of = (i: number) => x(i, 1)
    const rows = [2, 4, 6, 3, 5, 7]
    expect([...ends]).toEqual(rows)
    expect([...PreprocessTree.arrayOf(inputs, "").data]).toEqual(rows.flatMap((end) => [of(end - 2), of(end)]))
    expect([...PreprocessTree.arrayOf(targets, "").data]).toEqual(rows.flatMap((end) => [of(end + 2), of(end + 4)]))
  })
})

describe("numbers in parentheses", () => {
  test("are negative, with units and marks", () => {
    expect(["(1.50)", "1.5", "( 2 )", "(0)", "(-1)", "()", "(a)", "(1", "((1))"].map((cell) => read(cell))).toEqual([
      -1.5,
      1.5,
      -2,
      0,
      undefined,
      undefined,
      undefined,
      undefined,
      undefined,
    ])
    expect(["($1,200.50)", "$(3)", "(4) $"].map((cell) => read(cell, { thousands: ",", unit: "$" }))).toEqual([-1200.5, -3, -4])
    expect(read("(1.234,5)", { decimal: ",", thousands: "." })).toBe(-1234.5)
  })

  test("are recognized in a column, and learned from", () => {
    const cells = ["$10.00", "($2.50)", "$7.25", "($1,000.00)"]
    expect(Infer.column(TableColumn.ofTexts(cells), "profit")).toMatchObject({
      type: "number",
      format: { thousands: ",", unit: "$" },
    })
    const table = Table.make(
      ["x"],
      ["(1.50)", "2.5"].map((cell) => [cell]),
    )
    const fitted = ok(Preprocess.fit({ columns: { x: "number" } }, table))
    expect([...ok(Preprocess.inputs(fitted, table)).data]).toEqual([-1.5, 2.5])
  })
})

test("a name with an accent in another Unicode form is told apart from a misspelt one", () => {
  const [composed, decomposed] = ["caf\u00e9", "cafe\u0301"]
  expect([looksSame(composed, decomposed), looksSame(composed, composed), looksSame(composed, "cafe")]).toEqual([
    true,
    false,
    false,
  ])
  expect(nearest(composed, ["cases", decomposed])[0]).toBe(decomposed)
  const table = Table.make([decomposed], [["1"]])
  const found = Preprocess.fit({ columns: { [composed]: "number" } }, table)
  expect(Result.isFailure(found) && found.failure instanceof DataError && found.failure.message).toContain("in this Unicode form")
})

test("the curve of many scores has as many points as a picture needs, and the area of all of them", () => {
  const count = 20_000
  const scores = NDArray.make(
    "f32",
    [count],
    Float32Array.from({ length: count }, (_, i) => i / count),
  )
  const truth = NDArray.make(
    "i32",
    [count],
    Int32Array.from({ length: count }, (_, i) => (i % 3 === 0 || i > 15_000 ? 1 : 0)),
  )
  const [curve] = Score.of(Score.curves, scores, truth)
  expect(curve?.points).toHaveLength(2 ** 14)
  expect(curve?.points.at(-1)).toMatchObject({ recall: 1, falseAlarms: 1 })
  expect(curve?.auroc).toBe(Score.of(Score.auroc, scores, truth))
})
