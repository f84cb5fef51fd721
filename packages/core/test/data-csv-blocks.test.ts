/** CSV in pieces: the same rows, lines and errors as the text read at once, wherever it is cut. */
import * as Result from "effect/Result"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import * as Csv from "../src/data/Csv.ts"
import * as CsvBlocks from "../src/data/CsvBlocks.ts"
import type { DataError } from "../src/data/DataError.ts"
import type * as Table from "../src/data/Table.ts"
import { type Cells, cellsOf } from "./table-cells.ts"

/** The cells of a table without those of ignored columns; a column of numbers with its numbers. */
const keptOf = (table: Table.Table): Cells => {
  const kept = table.columns.map((_, index) => {
    const { numbers, text } = table.column(index)
    return (row: number): string => {
      try {
        return numbers === undefined ? text(row) : `${text(row)} ${numbers([row])[0]}`
      } catch {
        return "ignored"
      }
    }
  })
  return {
    columns: table.columns,
    rows: Array.from({ length: table.size }, (_, row) => kept.map((cell) => cell(row))),
    lines: Array.from({ length: table.size }, (_, row) => table.line(row)),
  }
}

/** All tables of a text cut at some places, joined; or the first error. */
const inPieces = (text: string, cuts: ReadonlyArray<number>, options?: CsvBlocks.Options): Result.Result<Cells, DataError> => {
  return bytesInPieces(bytesOf(text), cuts, options)
}

const bytesInPieces = (
  bytes: Uint8Array,
  cuts: ReadonlyArray<number>,
  options?: CsvBlocks.Options,
): Result.Result<Cells, DataError> => {
  const reader = CsvBlocks.reader(options)
  const bounds = [0, ...cuts.map((at) => at % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]
  let columns: ReadonlyArray<string> = []
  const rows: Array<ReadonlyArray<string>> = []
  const lines: Array<number> = []
  const steps = [...bounds.slice(1).map((end, i) => () => reader.push(bytes.subarray(bounds[i], end))), reader.end]
  for (const step of steps) {
    const read = step()
    if (Result.isFailure(read)) return Result.fail(read.failure)
    if (read.success === undefined) continue
    const cells = keptOf(read.success)
    columns = cells.columns
    rows.push(...cells.rows)
    lines.push(...cells.lines)
  }
  return Result.succeed({ columns, rows, lines })
}

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)

/** The whole text read at once. */
const whole = (text: string, options?: Csv.Options): Result.Result<Cells, DataError> =>
  Result.map(Csv.parse(text, options), keptOf)

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

  it("with any options, columns of numbers and ignored ones among them", () => {
    const number = fc.oneof(
      fc.double().map(String),
      fc.integer().map(String),
      fc.constantFrom("NA", "", " 7 ", "1.5e3", "x", "-999", '"3"'),
    )
    const uses = fc.constantFrom<Csv.Use>("number", "text", "ignore")
    const options = fc.record({
      skip: fc.integer({ min: 0, max: 2 }),
      header: fc.boolean(),
      comment: fc.constantFrom("#", "§"),
      delimiter: fc.constantFrom(",", ";", "\t", "§", "|"),
      blanks: fc.constantFrom([], ["-999", "x"]),
    })
    const row = fc.tuple(cell, number, number)
    fc.assert(
      fc.property(
        fc.array(row, { minLength: 1, maxLength: 8 }),
        options,
        fc.tuple(uses, uses, uses),
        fc.constantFrom("\n", "\r\n"),
        pieces,
        (rows, some, use, end, cuts) => {
          fc.pre(some.comment !== some.delimiter)
          const body = Csv.print({ columns: ["a", "b b", "c"], rows }, some.delimiter).replaceAll(/(?<!\r)\n/g, end)
          const text = `\uFEFF${'skipped "\n'.repeat(some.skip)}${some.comment} "comment${end}${body}`
          const names = ["a", "b b", "c"]
          const all = {
            ...some,
            use: (name: string) => use[some.header ? names.indexOf(name) : Number(name.slice(1)) - 1] ?? "text",
          }
          const known = (read: Result.Result<Cells, DataError>) => Result.mapError(read, ({ message }) => message)
          expect(known(inPieces(text, cuts, all))).toEqual(known(whole(text, all)))
        },
      ),
    )
  })

  it("in another encoding, cut inside of characters", () => {
    const text = '\uFEFFname;"§"\n\u{1F600}é;1\n"ü\n";2\n'
    const little = Uint8Array.from(
      [...text].flatMap((character) =>
        character.split("").flatMap((unit) => [unit.charCodeAt(0) & 255, unit.charCodeAt(0) >> 8]),
      ),
    )
    fc.assert(
      fc.property(pieces, (cuts) => {
        expect(bytesInPieces(little, cuts)).toEqual(whole(text))
      }),
    )
  })

  it("refuses bytes that are no text where they are, after the mistakes before them", () => {
    const bad = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0))
    const texts: ReadonlyArray<readonly [Uint8Array, string]> = [
      [bad("a,b\n1,2\n3,\xff\n"), "line 3: this is not UTF-8 text: byte 10 is 0xFF"],
      [bad("a,b\n1\n3,\xff\n"), "line 2: row 1 has 1 cell"],
      [bad('a,b\n"1\n\xc3\xa9\n",2\n3,\0\n'), "line 5: this is not UTF-8 text: byte 16 is 0x00"],
      [bad("a,b\n1,\xc3"), "line 2: this is not UTF-8 text: byte 6 is 0xC3"],
      [bad("\xef\xbb\xbfa,b\n1,\xe9\n"), "line 2: this is not UTF-8 text: byte 9 is 0xE9"],
    ]
    for (const [bytes, message] of texts)
      fc.assert(
        fc.property(pieces, (cuts) => {
          const read = Result.mapError(bytesInPieces(bytes, cuts), (error) => error.message)
          expect(Result.isFailure(read) && read.failure.startsWith(message)).toBe(true)
        }),
      )
  })

  it("refuses what is malformed in another encoding at its line, after the mistakes before it", () => {
    const units = (...codes: ReadonlyArray<number | string>) =>
      Uint8Array.from(
        codes
          .flatMap((each) => (typeof each === "number" ? [each] : [...each].map((one) => one.charCodeAt(0))))
          .flatMap((code) => [code & 255, code >> 8]),
      )
    const texts: ReadonlyArray<readonly [Uint8Array, string]> = [
      [units(0xfeff, "a,b\n1,2\n3,", 0xd83d, "\n5,6\n"), "line 3: this is not utf-16le text"],
      [units(0xfeff, "a,b\n1,2\n3,", 0xde00, "\n"), "line 3: this is not utf-16le text"],
      [units(0xfeff, "a,b\n1\n3,", 0xd83d, "\n"), "line 2: row 1 has 1 cell"],
      [units(0xfeff, "a,b\n1,", 0xfffd, 0xd83d, 0xde00, "\n2,x").subarray(0, -1), "line 3: this is not utf-16le text"],
      [units(0xfeff, "a,b\n1,2\n3,", 0xd83d), "line 3: this is not utf-16le text"],
    ]
    for (const [bytes, message] of texts)
      fc.assert(
        fc.property(pieces, (cuts) => {
          const read = Result.mapError(bytesInPieces(bytes, cuts), (error) => error.message)
          expect(Result.isFailure(read) && read.failure).toMatch(new RegExp(`^${message}`))
        }),
        { numRuns: 30 },
      )
    const whole = bytesInPieces(units(0xfeff, "a,b\n1,", 0xfffd, 0xd83d, 0xde00, "\n"), [])
    expect(Result.isSuccess(whole)).toBe(true)
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
    const named = inPieces("1,2\n3,4\n", [5], { names: (cells) => Array.from({ length: cells }, (_, i) => `x${i}`) })
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
    expect(Result.map(reader.push(bytesOf('a,b\n1,2\n3,"')), (table) => table && cellsOf(table).rows)).toMatchObject({
      success: [["1", "2"]],
    })
    const piece = bytesOf("x\n".repeat(2 ** 22))
    reader.push(piece)
    expect(reader.push(piece)).toMatchObject({ failure: { reason: { _tag: "BadQuote", line: 3 } } })
  })
})
