/** JSON lines, Arrow and Parquet block by block: the rows, the places and the errors of the whole file, wherever pieces are cut. */
import { readFileSync } from "node:fs"
import * as Result from "effect/Result"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import * as Arrow from "../src/data/Arrow.ts"
import * as BlankWords from "../src/data/BlankWords.ts"
import { DataError } from "../src/data/DataError.ts"
import { duplicateKey, mayHaveDuplicates } from "../src/data/duplicateKey.ts"
import * as JsonLines from "../src/data/JsonLines.ts"
import * as Parquet from "../src/data/Parquet.ts"
import * as Source from "../src/data/Source.ts"
import type { BlockReader } from "../src/data/sources/Kind.ts"
import * as Table from "../src/data/Table.ts"

const recorded = JSON.parse(readFileSync(new URL("recorded/tables-pyarrow.json", import.meta.url), "utf8")) as {
  readonly files: { readonly [name: string]: string }
}
const fileOf = (name: string): Uint8Array => new Uint8Array(Buffer.from(recorded.files[name] ?? "", "base64"))
const named = (pattern: RegExp): ReadonlyArray<string> => Object.keys(recorded.files).filter((name) => pattern.test(name))

interface All {
  readonly columns: ReadonlyArray<string>
  readonly rows: ReadonlyArray<ReadonlyArray<string>>
  readonly lines: ReadonlyArray<number>
}

const allOf = (tables: ReadonlyArray<Table.Table>): All => {
  const { columns = [] } = tables.at(-1) ?? {}
  return {
    columns,
    rows: tables.flatMap((table) => Table.rows(table).map((row) => columns.map((_, i) => row[i] ?? ""))),
    lines: tables.flatMap((table) => Array.from({ length: table.size }, (_, row) => table.line(row))),
  }
}

/** The tables of a reader that gets pieces that end at these places. */
const read = (reader: BlockReader, bytes: Uint8Array, ends: ReadonlyArray<number>): Result.Result<All, DataError> =>
  Result.gen(function* () {
    const tables: Array<Table.Table | undefined> = []
    const places = [...new Set([...ends.map((end) => end % (bytes.length + 1)), bytes.length])].sort((a, b) => a - b)
    for (const [i, end] of places.entries()) tables.push(yield* reader.push(bytes.subarray(places[i - 1] ?? 0, end)))
    tables.push(yield* reader.end())
    return allOf(tables.filter((table) => table !== undefined))
  })

const whole = (table: Result.Result<Table.Table, DataError>): Result.Result<All, DataError> =>
  Result.map(table, (one) => allOf([one]))

const groupsOf = async (bytes: Uint8Array): Promise<Result.Result<All, DataError>> => {
  const tables: Array<Table.Table> = []
  const file = { size: bytes.length, read: async ([at = 0]: Float64Array, length: number) => bytes.slice(at, at + length) }
  for await (const table of Parquet.groups(file)) {
    if (Result.isFailure(table)) return Result.fail(table.failure)
    tables.push(table.success)
  }
  return Result.succeed(allOf(tables))
}

const ends = fc.array(fc.nat(), { maxLength: 6 })
const changes = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 3 })
const changed = (name: string, some: ReadonlyArray<readonly [number, number]>): Uint8Array => {
  const bytes = fileOf(name)
  for (const [at, byte] of some) bytes[at % bytes.length] = byte
  return bytes
}

describe("blocks are the whole table", () => {
  it("record batches of Arrow, damaged or not", () => {
    fc.assert(
      fc.property(fc.constantFrom(...named(/arrow|feather/)), changes, ends, (name, some, cuts) => {
        const bytes = changed(name, some)
        const [all, blocks] = [whole(Arrow.decode(bytes)), read(Arrow.blocks(), bytes, cuts)]
        if (Result.isSuccess(all)) expect({ ...Result.getOrThrow(blocks), lines: [] }).toEqual({ ...all.success, lines: [] })
        else if (Result.isFailure(blocks)) expect(blocks.failure).toBeInstanceOf(DataError)
        // A damaged file may be refused before its damage is met: its footer is read last then.
        else expect.fail(`${name} is read by blocks but not as a whole: ${all.failure.message}`)
      }),
      { numRuns: 150 },
    )
  })
  it("row groups of Parquet, damaged or not", async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...named(/^(?!brotli).*parquet/)), changes, async (name, some) => {
        const bytes = changed(name, some)
        const [all, groups] = [whole(await Parquet.decode(bytes)), await groupsOf(bytes)]
        if (Result.isSuccess(all)) expect({ ...Result.getOrThrow(groups), lines: [] }).toEqual({ ...all.success, lines: [] })
        // Limits hold for each row group.
        else if (all.failure.reason._tag !== "TooLarge")
          expect(Result.isFailure(groups) && groups.failure.reason._tag).toBe(all.failure.reason._tag)
      }),
      // The type of a number in the footer is another one.
      { numRuns: 40, examples: [["zstd.parquet", [[767709693, 128]]]] },
    )
  })
  it("a row group is a table, and a column that is not used is not read", async () => {
    const bytes = fileOf("none.parquet")
    const sizes: Array<number> = []
    const offsets = new Set<number>()
    const file = {
      size: bytes.length,
      read: async ([at = 0]: Float64Array, length: number) => {
        offsets.add(at)
        return bytes.slice(at, at + length)
      },
    }
    for await (const table of Parquet.groups(file, { isRead: (name) => name === "byte" }))
      sizes.push(Result.getOrThrow(table).size)
    expect(sizes).toEqual([5, 5, 2])
    // The magic, the trailer, the footer, and one column of three row groups.
    expect(offsets.size).toBe(6)
  })
  it("lines of JSON", () => {
    const cell = fc.oneof(fc.integer(), fc.double(), fc.string(), fc.boolean(), fc.constant(null), fc.array(fc.integer()))
    const lines = fc.array(fc.dictionary(fc.constantFrom("a", "b", "c", "ü", "__proto__"), cell), { minLength: 1, maxLength: 8 })
    fc.assert(
      fc.property(lines, fc.constantFrom("\n", "\r\n", "\n\n"), ends, (records, end, cuts) => {
        const bytes = new TextEncoder().encode(records.map((record) => JSON.stringify(record)).join(end))
        expect(read(JsonLines.blocks(), bytes, cuts)).toEqual(whole(JsonLines.decode(bytes)))
      }),
      { numRuns: 100 },
    )
  })
  it("an error has its row of the whole file", () => {
    const text = '{"a":1}\n{"a":2}\n{"a":{}}\n'
    const found = read(JsonLines.blocks(), new TextEncoder().encode(text), [9, 17])
    expect(Result.isFailure(found) && found.failure.message).toMatch(/^line 3: row 3, column `a`: got a record/)
  })
  it("bytes that are no text are refused where they are, after the mistakes before them", () => {
    const bad = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0))
    const texts: ReadonlyArray<readonly [Uint8Array, string]> = [
      [bad('{"a":1}\n{"a":"\xff"}\n'), "line 2: this is not UTF-8 text: byte 14 is 0xFF; try: save the file as UTF-8"],
      [bad('{"a":1}\n{"a":1,}\n{"a":"\xc3\xa9\xc3'), "line 2: row 2: got text that is not JSON"],
      [bad('{"a":1}\n{"a":"\xc3\xa9'), "line 2: row 2: got text that is not JSON"],
      [bad('{"a":1}\n{"a":"\xc3'), "line 2: this is not UTF-8 text: byte 14 is 0xC3"],
      [bad('{"a":1}\n{"a":\0}\n{"\xff":1}'), "line 2: this is not UTF-8 text: byte 13 is 0x00"],
      [bad("\xff\xfe{\0}\0"), "line 1: this is not UTF-8 text: byte 0 is 0xFF; try: save the file as UTF-8; this is UTF-16"],
    ]
    for (const [bytes, message] of texts)
      fc.assert(
        fc.property(ends, (cuts) => {
          const found = read(JsonLines.blocks(), bytes, cuts)
          expect(Result.isFailure(found) && found.failure.message.startsWith(message)).toBe(true)
        }),
        { numRuns: 20 },
      )
  })
  it("records that each have another name do not fill the disk", () => {
    const reader = JsonLines.blocks()
    const lines = Array.from({ length: 20_000 }, (_, i) => `{"${i.toString(36)}":1}`).join("\n")
    const found = Result.flatMap(reader.push(new TextEncoder().encode(lines)), reader.end)
    expect(Result.isFailure(found) && found.failure.message).toMatch(
      /^the table is at least 50,0\d\d,\d{3} cells; the limit is 50,000,000 cells$/,
    )
  })
})

describe("two values for a column", () => {
  const messageOf = (text: string): string => {
    const found = JsonLines.decode(new TextEncoder().encode(text))
    return Result.isFailure(found) ? found.failure.message : ""
  }
  it("are refused with line, row and column", () => {
    expect(messageOf('{"a":1,"b":2}\n{"a":1,"b":2,"a":3}')).toBe(
      "line 2: row 2, column `a`: got two values; wanted one value for each column",
    )
    expect(messageOf('{"\\u0061" : 1, "a"\t:2}')).toContain("row 1, column `a`: got two values")
    expect(messageOf('{"time":"10:30","url":"a\\":b","rest":"x\\" : y"}')).toBe("")
    expect(messageOf('{"a":[{"b":1},{"b":2}]}')).not.toContain("two values")
  })
  it("no duplicate is missed", () => {
    const text = fc.array(fc.tuple(fc.constantFrom("a", "b", ":", '"', "x:"), fc.constantFrom('"10:30"', "1", '"\\":"', "null")))
    fc.assert(
      fc.property(text, fc.constantFrom(":", " : "), (pairs, colon) => {
        const json = `{${pairs.map(([key, value]) => JSON.stringify(key) + colon + value).join(",")}}`
        const keys = Object.keys(JSON.parse(json)).length
        const duplicate = duplicateKey(json)
        expect(duplicate === undefined).toBe(keys === pairs.length)
        if (duplicate !== undefined) expect(mayHaveDuplicates(json, keys)).toBe(true)
      }),
      { numRuns: 200 },
    )
  })
})

describe("words for blanks", () => {
  it("are those of some columns, of the rest, or of all; numbers count by their values", () => {
    const table = Table.make(["a", "b", "c"], [["-1", "-1", " ? "], ["2", "x", "-1.0"]]) // biome-ignore format: rows
    expect(Table.rows(BlankWords.without(table, { a: ["2"], "*": ["-1"] }))).toEqual([
      ["-1", "", " ? "],
      ["", "x", "-1.0"],
    ])
    const lines = new TextEncoder().encode('{"a":-1,"b":"-1","c":1}\n{"a":2,"b":"k.A.","c":-1.0}\n')
    const raw = Source.read(Source.kinds.jsonl, { name: "jsonl", options: { blanks: ["-1.00", "k.A."] } }, { path: lines })
    const read = Result.getOrThrow(raw as Source.Read<Table.Table>)
    expect(Table.rows(read)).toEqual([
      ["", "-1", "1"],
      ["2", "", ""],
    ])
    expect(read.column(0).numbers?.([0, 1])).toEqual(Float64Array.of(Number.NaN, 2))
  })
  it("of a run mean the same in a file of another kind", () => {
    const own = { name: "csv", options: { path: "x.csv", delimiter: ";", decimal: ",", header: false, blanks: ["-9,5", "k.A."] } }
    expect(Source.optionsFor(own, "jsonl")).toEqual({ blanks: ["-9,5", -9.5, "k.A."] })
    expect(Source.optionsFor(own, "tsv")).toEqual({ decimal: ",", header: false, blanks: ["-9,5", "k.A."] })
    expect(Source.optionsFor(own, "csv")).toEqual({
      delimiter: ";",
      decimal: ",",
      header: false,
      blanks: ["-9,5", "k.A."],
    })
    expect(Source.optionsFor({ name: "jsonl", options: { blanks: { a: [-1] } } }, "csv")).toEqual({ blanks: { a: [-1] } })
    expect(Source.optionsFor({ name: "npz", options: { inputs: "x", targets: "y" } }, "safetensors")).toEqual({
      inputs: "x",
      targets: "y",
    })
    expect(Source.optionsFor(undefined, "csv")).toEqual({})
  })
})
