/** Guesses about columns: the type of each, with the reason. */
import * as Result from "effect/Result"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import * as Csv from "../src/data/Csv.ts"
import * as Infer from "../src/data/Infer.ts"
import * as TableColumn from "../src/data/TableColumn.ts"

const guess = (cells: ReadonlyArray<string>, name?: string): Infer.Guess => Infer.column(TableColumn.ofTexts(cells), name)
const numbered = (count: number, cell: (i: number) => string): ReadonlyArray<string> =>
  Array.from({ length: count }, (_, i) => cell(i))

describe("a column", () => {
  it.each<[string, ReadonlyArray<string>, Partial<Infer.Guess>]>([
    ["of numbers", ["1.5", "NA", "-2e3", ""], { type: "number", reason: "numbers from -2000 to 1.5", blanks: 2, isWhole: false }],
    ["of whole numbers", ["3", "1", "2"], { type: "number", reason: "whole numbers from 1 to 3", isWhole: true }],
    [
      "of numbers with decimal commas",
      ["1,5", "2"],
      { type: "number", format: { decimal: "," }, reason: 'numbers from 1.5 to 2, with decimals after ","' },
    ],
    ["of numbers in groups", ["1,721,000", "12", "1,000.5"], { type: "number", format: { thousands: "," } }],
    [
      "of numbers in groups, with decimal commas",
      ["1.721,5", "12"],
      { type: "number", format: { decimal: ",", thousands: "." } },
    ],
    ["of numbers with a word for blanks", ["1.5", "unknown", "2", "-"], { type: "number", words: ["unknown", "-"], blanks: 2 }],
    [
      "of numbers with a number for blanks",
      ["15", "-999", "0", "7"],
      { type: "number", words: ["-999"], blanks: 1, reason: "whole numbers from 0 to 15" },
    ],
    ["of negative numbers", ["15", "-999", "-3", "7"], { type: "number", words: [], blanks: 0 }],
    ["of two numbers", ["0", "1", "0"], { type: "binary", reason: 'two different numbers, "0", "1"' }],
    ["of two names", ["yes", "no", "", "no"], { type: "binary", blanks: 1 }],
    ["of names", ["a", "b", "c", "a"], { type: "category", reason: '3 different names, such as "a", "b", "c"' }],
    ["of dates", ["2024-01-31", "1999-12-01"], { type: "date" }],
    ["of dates with times", ["2024-01-31 10:05", "2024-01-31T10:05:30Z", "2024-02-01 00:00"], { type: "date" }],
    ["of dates as in Germany", ["31.01.2024", "1.2.1999", "2.2.1999"], { type: "date" }],
    ["of nothing", ["", "NA", "-"], { type: "empty", blanks: 3 }],
    ["of texts", ["the quick brown fox", "jumps over the lazy dog", "and sleeps for a day"], { type: "text" }],
    ["that counts the rows", numbered(20, (i) => String(i + 1)), { type: "identifier" }],
    ["of codes", numbered(20, (i) => `A/5 ${i}`), { type: "identifier", reason: "20 rows with as many different names" }],
    ["of many names", numbered(400, (i) => `n${i % 300}`), { type: "names" }],
    ["of one value", ["Titanic", "Titanic", "Titanic"], { type: "constant", reason: "the same in 3 rows" }],
    [
      "of percentages",
      ["5%", "12.5 %", "0"],
      { type: "number", format: { unit: "%" }, reason: 'numbers from 0 to 12.5, with the unit "%"' },
    ],
    ["of prices in groups alone", ["$1,200", "$3,450"], { type: "number", isWhole: true, format: { thousands: ",", unit: "$" } }],
    ["of three decimals after a comma", ["0,125", "1,250"], { type: "number", format: { decimal: "," } }],
    ["of prices", ["$1,200", "-$5.50", "$7"], { type: "number", format: { thousands: ",", unit: "$" } }],
    ["of European prices", ["1.200,50 €", "7 €"], { type: "number", format: { decimal: ",", thousands: ".", unit: "€" } }],
    ["of durations", ["36 months", "60 months", "12 months"], { type: "number", isWhole: true, format: { unit: "months" } }],
    ["of units that differ", ["5 kg", "300 g", "7 kg"], { type: "category" }],
    ["of names with a digit", ["1B", "2B", "3B", "2B"], { type: "category" }],
    [
      "of numbers with a repeated number far from them",
      ["12", "9999", "15.5", "9999", "-3"],
      { type: "number", words: ["9999"], blanks: 2 },
    ],
    ["of numbers with one far from them", ["12", "9999", "15.5", "-3"], { type: "number", words: [], blanks: 0 }],
    ["of many numbers with a word", [...numbered(9, String), "n.b."], { type: "number", words: ["n.b."], blanks: 1 }],
    ["of dates with a word for blanks", ["2024-01-31", "unknown", "2024-02-01"], { type: "date", words: ["unknown"], blanks: 1 }],
    [
      "of dates as in America",
      ["01/31/2024", "02/01/2024", "02/02/2024"],
      { type: "date", dates: { format: "MM/DD/YYYY", hasDays: true, hasTimes: false, order: "rising" } },
    ],
    [
      "of dates whose order tells the day from the month",
      ["01/02/2024", "02/02/2024", "01/03/2024"],
      { type: "date", dates: { format: "DD/MM/YYYY", hasDays: true, hasTimes: false, order: "rising" } },
    ],
    [
      "of dates in the other order",
      ["01/11/2024", "01/12/2024", "02/01/2024"],
      { type: "date", dates: { format: "MM/DD/YYYY", hasDays: true, hasTimes: false, order: "rising" } },
    ],
    [
      "of dates with the day or the month first",
      ["01/02/2024", "03/01/2024", "02/02/2024"],
      { type: "date", dates: { format: "DD/MM/YYYY", other: "MM/DD/YYYY", hasDays: true, hasTimes: false } },
    ],
    [
      "of dates, the latest first",
      ["3 Mar 2024", "1 Feb 2024", "1 Feb 2024"],
      { type: "date", dates: { format: "D MMM YYYY", hasDays: true, hasTimes: false, order: "falling" } },
    ],
    ["of times of day", ["7:05", "23:59", "12:00"], { type: "date", dates: { format: "HH:mm", hasDays: false, hasTimes: true } }],
    [
      "of dates in two forms",
      ["2024-01-31", "31/01/2024", "2024-02-01"],
      { type: "names", reason: expect.stringMatching(/^dates in several forms/) },
    ],
    [
      "of times at midnight",
      ["2024-01-31 00:00:00", "2024-02-01 00:00:00"],
      { type: "date", dates: { format: "iso", hasDays: true, hasTimes: false, order: "rising" } },
    ],
    ["of years", ["1999", "2024", "2003"], { type: "number" }],
    ["of sets", numbered(40, (i) => ["red|blue", "red", "green|red"][i % 3] ?? ""), { type: "set", separator: "|" }],
  ])("%s", (_, cells, wanted) => expect(guess(cells)).toMatchObject(wanted))
  it("of a file that says its marks has no others", () => {
    const cells = { ...TableColumn.ofTexts(["1,5", "2", "2,5"]), format: { decimal: "," } } as const
    expect(Infer.column(cells)).toEqual({
      type: "number",
      reason: "numbers from 1.5 to 2.5",
      isWhole: false,
      blanks: 0,
      words: [],
    })
    expect(Infer.column({ ...cells, text: (row) => ["1.5", "2", "2.5"][row] ?? "" })).toMatchObject({
      type: "number",
      format: {},
    })
  })
  it("that is called an id, and has another value in every row, is one", () => {
    expect(guess(["7", "3", "12"], "PassengerId").type).toBe("identifier")
    expect(guess(["7", "3", "12"], "paid").type).toBe("number")
    expect(guess(["7", "3", "3", "9"], "id").type).toBe("number")
  })
  it("of numbers is a date where its name and its numbers are those of times", () => {
    const days = ["20240131", "20240201"]
    expect(guess(days, "day")).toMatchObject({ type: "date", dates: { format: "YYYYMMDD", order: "rising" } })
    expect(guess(days, "price")).toMatchObject({ type: "number" })
    expect(guess(["1706659200", "1706745600"], "created_at")).toMatchObject({ type: "date", dates: { format: "unix" } })
    expect(guess(["1706659200000", "1706745600000"], "timestamp")).toMatchObject({ type: "date", dates: { format: "unix_ms" } })
  })
  it("that is called a year, and counts the rows, is a number", () => {
    const years = numbered(30, (i) => String(1990 + i))
    expect([guess(years, "year").type, guess(years, "line").type]).toEqual(["number", "identifier"])
  })
  it("that is called a patient, with several rows for each, groups them", () => {
    const ids = numbered(60, (i) => `p${i % 15}`)
    expect(guess(ids, "patient").type).toBe("group")
    expect(guess(ids, "region").type).toBe("category")
    expect(
      guess(
        numbered(60, (i) => String(i % 15)),
        "customer_id",
      ).type,
    ).toBe("group")
    expect(
      guess(
        numbered(600, (i) => `p${i % 15}`),
        "patient",
      ).type,
    ).toBe("category")
  })
  it("of many rows is looked at from its start to its end", () => {
    expect(guess([...numbered(30_000, (i) => String(i % 7)), ...numbered(30_000, () => "x")]).type).toBe("category")
  })
  it("stored as numbers is guessed as its texts are", () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer({ min: 0, max: 3 })), { minLength: 1 }),
        (values) => {
          const texts = values.map((value) => String(value))
          expect(Infer.column(TableColumn.ofNumbers(Float64Array.from(values)))).toEqual(guess(texts))
        },
      ),
    )
  })
  it("of any texts gets a guess", () => {
    fc.assert(fc.property(fc.array(fc.string()), (cells) => guess(cells).blanks <= cells.length))
  })
})

it("a table is guessed column by column", () => {
  const table = Result.getOrThrow(Csv.parse("id,age,sex\n1,22,m\n2,,f\n3,30,f\n"))
  expect(Infer.table(table).map(({ blanks, name, type }) => [name, type, blanks])).toEqual([
    ["id", "identifier", 0],
    ["age", "number", 1],
    ["sex", "binary", 0],
  ])
})
