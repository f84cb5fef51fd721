/** CSV in pieces: the same rows, lines and errors as the text read at once, wherever it is cut. */
import * as Result from "effect/Result"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import * as Csv from "../src/data/Csv.ts"
import * as CsvBlocks from "../src/data/CsvBlocks.ts"
import type { DataError } from "../src/data/DataError.ts"
import type * as Table from "../src/data/Table.ts"
import { type Cells, cellsOf } from "./table-cells.ts"

/** All tables of a text cut at some places, joined; or the first error. */
const inPieces = (text: string, cuts: ReadonlyArray<number>, options?: CsvBlocks.Options): Result.Result<Cells, DataError> => {
  const reader = CsvBlocks.reader(options)
  const bounds = [0, ...cuts.map((at) => at % (text.length + 1)).sort((a, b) => a - b), text.length]
  let columns: ReadonlyArray<string> = []
  const rows: Array<ReadonlyArray<string>> = []
  const lines: Array<number> = []
  const steps = [...bounds.slice(1).map((end, i) => () => reader.push(text.slice(bounds[i], end))), reader.end]
  for (const step of steps) {
    const read = step()
    if (Result.isFailure(read)) return Result.fail(read.failure)
    if (read.success === undefined) continue
    const cells = cellsOf(read.success)
    columns = cells.columns
    rows.push(...cells.rows)
    lines.push(...cells.lines)
  }
  return Result.succeed({ columns, rows, lines })
}

/** The whole text read at once. */
const whole = (text: string, options?: Csv.Options): Result.Result<Cells, DataError> =>
  Result.map(Csv.parse(text, options), cellsOf)

const cell = fc.oneof(
  fc.string({ maxLength: 4 }),
  fc.constantFrom("", "a", '"', "\n", "x\ny", "1;2", "1,2", "\r\n", " ", "é", "\u{1F600}"),
)
const pieces = fc.array(fc.nat(), { maxLength: 12 })

describe("a text in pieces", () => {
  it("gives the rows and lines of the text read at once", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(cell, cell, cell), { minLength: 1, maxLength: 12 }), pieces, (rows, cuts) => {
        const text = Csv.print({ columns: ["a", "b b", 'c"'], rows })
        expect(inPieces(text, cuts)).toEqual(whole(text))
      }),
    )
  })

  it("also where the first line says the delimiter, cells are between blanks, or lines end in a delimiter", () => {
    const texts: ReadonlyArray<readonly [text: string, options: CsvBlocks.Options]> = [
      ["sep=;\na;b\n1,5;2\n3;4\n", {}],
      ["a;b\nsep=,;2\n3;4\n", {}],
      [" a  b \n1\t2\n  3   4\n", { delimiter: " " }],
      ["a|b|\n1|2|\n3|4|\n", {}],
      ["1 2\n3 4\n", { delimiter: " ", header: false }],
    ]
    for (const [text, options] of texts)
      fc.assert(
        fc.property(pieces, (cuts) => {
          expect(inPieces(text, cuts, options)).toEqual(whole(text, options as Csv.Options))
        }),
      )
  })

  it("names the place of what is wrong, in the text as a whole", () => {
    const texts = [
      "a,b\n1,2\n3,4\n5\n6,7\n",
      'a,b\n1,2\n3,"4\n5,6\n',
      'a,b\n\n"1\n2",3\n4,5" x\n',
      "a,b\n",
      "",
      "\n\n",
      "a,a\n1,2\n",
    ]
    for (const text of texts)
      fc.assert(
        fc.property(pieces, (cuts) => {
          const message = (read: Result.Result<Cells | Table.Table, DataError>) =>
            Result.match(read, { onFailure: (error) => error.message, onSuccess: () => "read" })
          expect(message(inPieces(text, cuts))).toBe(message(Csv.parse(text)))
        }),
      )
  })

  it("may have no header, and names that depend on how many cells there are", () => {
    expect(Result.getOrThrow(inPieces("1,2\n3,4\n", [3], { header: false })).columns).toEqual(["c1", "c2"])
    const named = inPieces("1,2\n3,4\n", [5], { header: (cells) => Array.from({ length: cells }, (_, i) => `x${i}`) })
    expect(Result.getOrThrow(named)).toEqual({
      columns: ["x0", "x1"],
      rows: [
        ["1", "2"],
        ["3", "4"],
      ],
      lines: [1, 2],
    })
  })

  it("keeps the delimiter of the first piece", () => {
    expect(Result.getOrThrow(inPieces("a;b\n1,5;2\n3,4;5,6\n", [9])).rows).toEqual([
      ["1,5", "2"],
      ["3,4", "5,6"],
    ])
  })

  it("ends where a record has no end", () => {
    const reader = CsvBlocks.reader()
    expect(Result.map(reader.push('a,b\n1,2\n3,"'), (table) => table && cellsOf(table).rows)).toMatchObject({
      success: [["1", "2"]],
    })
    const piece = "x\n".repeat(2 ** 22)
    reader.push(piece)
    expect(reader.push(piece)).toMatchObject({ failure: { reason: { _tag: "BadQuote", line: 3 } } })
  })
})
