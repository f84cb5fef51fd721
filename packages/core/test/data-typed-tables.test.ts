/** Parquet, Arrow and JSON lines: the cells of pyarrow, whatever the compression, and files that are damaged. */
import { readFileSync } from "node:fs"
import { gzipSync } from "node:zlib"
import * as Result from "effect/Result"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import * as Arrow from "../src/data/Arrow.ts"
import type { DataError } from "../src/data/DataError.ts"
import * as JsonLines from "../src/data/JsonLines.ts"
import * as Parquet from "../src/data/Parquet.ts"
import * as Source from "../src/data/Source.ts"
import * as Table from "../src/data/Table.ts"
import { tableOf } from "../src/data/TypedTable.ts"

const recorded = JSON.parse(readFileSync(new URL("recorded/tables-pyarrow.json", import.meta.url), "utf8")) as {
  readonly pyarrow: string
  readonly columns: ReadonlyArray<string>
  readonly rows: ReadonlyArray<ReadonlyArray<string>>
  readonly files: { readonly [name: string]: string }
}

type Read = Result.Result<Table.Table, DataError>

const fileOf = (name: string): Uint8Array => new Uint8Array(Buffer.from(recorded.files[name] ?? "", "base64"))
const decode = async (name: string, bytes: Uint8Array, isUsed?: (column: string) => boolean): Promise<Read> =>
  name.endsWith(".parquet") ? Parquet.decode(bytes, isUsed) : Arrow.decode(bytes, isUsed)
const messageOf = (read: Read): string => (Result.isSuccess(read) ? "" : read.failure.message)
const whole = Object.keys(recorded.files).filter((name) => !/^(record|empty|views)/.test(name))

describe(`the cells of pyarrow ${recorded.pyarrow}`, () => {
  it.each(whole)("%s", async (name) => {
    const table = Result.getOrThrow(await decode(name, fileOf(name)))
    expect(table.columns).toEqual(recorded.columns)
    expect(Table.rows(table)).toEqual(recorded.rows)
    const stored = table.columns.filter((_, i) => table.column(i).numbers !== undefined)
    expect(stored).toEqual(["double", "float", "half", "byte", "long", "money"])
  })
  it("texts of Arrow that are short or elsewhere", async () => {
    const table = Result.getOrThrow(await decode("views.arrow", fileOf("views.arrow")))
    expect(Table.rows(table)).toEqual([["short"], [""], ["a text of more than twelve bytes"]])
  })
  it.each(["record.parquet", "record.feather"])("%s: a record is no cell, unless its column is not used", async (name) => {
    expect(messageOf(await decode(name, fileOf(name)))).toBe(
      "row 1, column `record`: got a record, wanted a number, a text, true, false, null, or a list of numbers or of texts",
    )
    const table = Result.getOrThrow(await decode(name, fileOf(name), (column) => column !== "record"))
    expect(Table.rows(table)).toEqual(recorded.rows.map((row) => [...row, ""]))
  })
  it("no rows", async () => {
    expect(messageOf(await decode("empty.parquet", fileOf("empty.parquet")))).toBe("there are no rows in it; wanted one or more")
  })
})

describe("damaged files", () => {
  it.each(["zstd.parquet", "lz4.feather", "stream.arrows"])("%s cut anywhere is refused", async (name) => {
    const file = fileOf(name)
    for (let end = 0; end < file.length - 8; end += 37) {
      const read = await decode(name, file.subarray(0, end))
      // A stream may end after any of its messages.
      if (Result.isSuccess(read)) expect([name, read.success.size % 5]).toEqual(["stream.arrows", 0])
    }
  })
  it("says where", async () => {
    const file = fileOf("none.parquet").slice()
    // The bytes before the second row group's values of the column.
    const at = Buffer.from(file).indexOf(Buffer.from(Float64Array.of(0.625, 0.75, 0.875, 1).buffer))
    expect(at).toBeGreaterThan(0)
    file.fill(0xff, at - 12, at)
    expect(messageOf(await decode("none.parquet", file))).toMatch(/^the Parquet data is damaged: row group 2, column `double`: /)
    expect(messageOf(await decode("x.parquet", Buffer.from("PK34")))).toBe(
      'the file starts with "PK34" at byte 0; wanted "PAR1", as a Parquet file does',
    )
    expect(messageOf(await decode("x.parquet", fileOf("none.parquet").subarray(0, 500)))).toContain("in the middle of its footer")
    expect(messageOf(await decode("x.arrow", fileOf("stream.arrows").subarray(0, 2400)))).toContain("the Arrow data is damaged: ")
  })
  it("any change of bytes gives a Result, soon", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...Object.keys(recorded.files).filter((name) => !name.startsWith("brotli"))),
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        async (name, changes) => {
          const bytes = fileOf(name)
          for (const [at, byte] of changes) bytes[at % bytes.length] = byte
          const read = await decode(name, bytes)
          expect(Result.isSuccess(read) || read.failure.message !== "").toBe(true)
        },
      ),
      { numRuns: 200 },
    )
  })
})

describe("lines of JSON", () => {
  const read = (text: string, isUsed?: (column: string) => boolean) => JsonLines.decode(new TextEncoder().encode(text), isUsed)

  it("columns are in the order of their first use; null and what a record lacks are blanks", () => {
    const table = Result.getOrThrow(read('{"a":1,"b":"x"}\n\n{"b":null,"c":true}\r\n{"a":2.5e3,"v":[1,[2,3]]}'))
    expect(table.columns).toEqual(["a", "b", "c", "v"])
    expect(Table.rows(table)).toEqual([
      ["1", "x", "", ""],
      ["", "", "true", ""],
      ["2500", "", "", "[1,[2,3]]"],
    ])
    expect([0, 1, 2].map(table.line)).toEqual([1, 3, 4])
    expect([...(table.column(0).numbers?.([2, 1, 0]) ?? [])]).toEqual([2500, Number.NaN, 1])
  })
  it("what is wrong has its line, its row and its column", () => {
    expect(messageOf(read('{"a":1}\n\n{"a":'))).toMatch(
      /^line 3: row 2: got text that is not JSON: .*; wanted a record of columns/,
    )
    expect(messageOf(read("[1, 2]\n"))).toBe('line 1: row 1: got a list; wanted a record of columns, as in {"age": 30}')
    expect(messageOf(read('{"a":1}\n{"a":{"b":2}}'))).toBe(
      "line 2: row 2, column `a`: got a record, wanted a number, a text, true, false, null, or a list of numbers or of texts",
    )
    expect(messageOf(read('{"a":1}\n{"a":[{}]}'))).toContain("got a list of other values than numbers")
    expect(messageOf(read('{"a":1,"b":{}}', (name) => name === "a"))).toBe("")
    expect(messageOf(read(" \n\n"))).toContain("there is nothing in it")
    expect(messageOf(JsonLines.decode(Uint8Array.of(0x7b, 0xff)))).toContain("this is not UTF-8 text: byte 1 is 0xFF")
  })
  it("a name that every object has is a column", () => {
    const table = Result.getOrThrow(read('{"__proto__":1,"constructor":2}'))
    expect([table.columns, Table.rows(table)]).toEqual([["__proto__", "constructor"], [["1", "2"]]])
  })
  it("has as many cells as JSON.parse has values, gzipped or not", async () => {
    const value = fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.string(), fc.boolean(), fc.constant(null))
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.dictionary(fc.string({ minLength: 1 }), value, { minKeys: 1 }), { minLength: 1 }),
        async (rows) => {
          const text = rows.map((row) => JSON.stringify(row)).join("\n")
          const kind = Source.kindOf("jsonl")
          if (kind === undefined) throw new Error("no kind")
          const raw = await Source.read(kind, { name: "jsonl", options: { path: "x" } }, { path: gzipSync(text) })
          const table = Result.getOrThrow(raw) as Table.Table
          for (const [i, row] of rows.entries())
            for (const [at, name] of table.columns.entries()) {
              const own = (JSON.parse(JSON.stringify(row)) as { [name: string]: unknown })[name]
              const has = Object.hasOwn(row, name) && own !== null
              expect(table.column(at).text(i)).toBe(has ? String(own) : "")
            }
        },
      ),
      { numRuns: 30 },
    )
  })
})

describe("columns of values", () => {
  it("whole numbers that no double holds are kept as texts", () => {
    const values = [2n ** 53n, 2n ** 53n + 1n]
    const column = Result.getOrThrow(tableOf([{ name: "id", values }])).column(0)
    expect([column.text(0), column.text(1), column.numbers]).toEqual(["9007199254740992", "9007199254740993", undefined])
  })
  it("a few texts among numbers are exceptions, and texts of digits are read as numbers", () => {
    const few = Result.getOrThrow(tableOf([{ name: "a", values: [1, "n/a", 2, 3] }])).column(0)
    expect([few.text(1), few.numbers === undefined]).toEqual(["n/a", false])
    const digits = Result.getOrThrow(tableOf([{ name: "a", values: [1, "7", 2, 3] }])).column(0)
    expect([digits.text(1), digits.numbers]).toEqual(["7", undefined])
  })
})
