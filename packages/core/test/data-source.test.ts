/** Kinds of file: each reads the files of its kind, and a fitted record keeps how rows were read. */
import { gzipSync } from "node:zlib"
import * as Result from "effect/Result"
import { describe, expect, it } from "vitest"
import { dataError } from "../src/data/DataError.ts"
import type * as Field from "../src/data/Field.ts"
import * as Fitted from "../src/data/Fitted.ts"
import * as Idx from "../src/data/Idx.ts"
import * as Npz from "../src/data/Npz.ts"
import * as Preprocess from "../src/data/Preprocess.ts"
import * as Source from "../src/data/Source.ts"
import * as Table from "../src/data/Table.ts"
import * as NDArray from "../src/types/NDArray.ts"
import { cellsOf } from "./table-cells.ts"

const ok = Result.getOrThrow
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const kind = (name: string) => {
  const found = Source.kindOf(name)
  if (found === undefined) throw new Error(name)
  return found
}
const read = async (use: Source.Use, files: Source.Files) => ok(await Source.read(kind(use.name), use, files))

describe("every kind", () => {
  it.each(Object.entries(Source.kinds))("%s says what it is, and documents its options", (_, { advice, doc, fields }) => {
    expect([doc, advice].every((text) => /^[A-Z].*\.$/u.test(text))).toBe(true)
    for (const field of Object.values<Field.Field>(fields)) expect(field.doc).toMatch(/^[A-Z`].*\.?$/u)
  })
  it("a name that every object has is no kind", () => {
    expect(["constructor", "__proto__", "moons"].map(Source.kindOf)).toEqual([undefined, undefined, undefined])
  })
})

/** The cells of a table, in a file of this content. */
const cells = async (use: Source.Use, content: string | Uint8Array) =>
  cellsOf((await read(use, { path: typeof content === "string" ? bytes(content) : content })) as Table.Table)

describe("reading by the name of a kind, with any file name", () => {
  it("csv, with its defaults where options are left out", async () => {
    expect(await cells({ name: "csv", options: { path: "x.data" } }, "a;b\n1;2\n")).toEqual({
      columns: ["a", "b"],
      rows: [["1", "2"]],
      lines: [2],
    })
  })
  it("csv without a header, of blanks, gzipped", async () => {
    const options = { path: "x.data", header: false, delimiter: " " }
    const { columns, rows } = await cells({ name: "csv", options }, gzipSync(bytes(" 1.5   2  \n 3 4\n")))
    expect([columns, rows]).toEqual([
      ["c1", "c2"],
      [
        ["1.5", "2"],
        ["3", "4"],
      ],
    ])
  })
  it("tsv", async () => {
    expect(await cells({ name: "tsv", options: { path: "x" } }, "a\tb\n1,5\t2\n")).toMatchObject({
      rows: [["1,5", "2"]],
    })
  })
  it("idx", async () => {
    const images = NDArray.make("u8", [2, 1, 2], Uint8Array.of(1, 2, 3, 4))
    const labels = NDArray.make("u8", [2], Uint8Array.of(0, 1))
    const raw = await read({ name: "idx", options: {} }, { images: Idx.encode(images), labels: Idx.encode(labels) })
    expect(raw).toEqual({ inputs: images, targets: labels })
  })
  it("npz, of which only the arrays that are named are read", async () => {
    const x = NDArray.make("f32", [2, 1], Float32Array.of(1, 2))
    const y = NDArray.make("i32", [2], Int32Array.of(0, 1))
    const file = Npz.encode([
      ["x", x],
      ["y", y],
    ])
    expect(await read({ name: "npz", options: { inputs: "x", targets: "y" } }, { path: file })).toEqual({ inputs: x, targets: y })
    const single = {
      path: Npz.encode([
        ["x", x],
        ["y", NDArray.make("i32", [], Int32Array.of(1))],
      ]),
    }
    const scalar = Result.getOrThrow(
      Result.flip(await Source.read(kind("npz"), { name: "npz", options: { inputs: "x", targets: "y" } }, single)),
    )
    expect([scalar.option, scalar.error.message]).toEqual([
      "targets",
      "the array `y`: got a single number, which has no axes, wanted rows along the first axis; try: name another array of the file, or save it with np.atleast_1d",
    ])
    const refused = await Source.read(kind("npz"), { name: "npz", options: { targets: "y" } }, { path: file })
    expect(Result.isFailure(refused) ? [refused.failure.option, refused.failure.error.message] : []).toEqual([
      "inputs",
      "there is no array `inputs`; the arrays are `x`, `y`",
    ])
  })
})

describe("how rows were read", () => {
  const table = Table.make(
    ["c1", "c2"],
    [
      ["1", "a"],
      ["2", "b"],
    ],
  )
  const fitted = ok(Preprocess.fit({ columns: { c1: "number", c2: "class" } }, table))
  const use = { name: "csv", options: { path: "secret/rows.data", header: false, delimiter: "|" } }

  it("is kept without the names of files, through JSON", () => {
    const kept = { ...fitted, source: Source.recorded(use) }
    const again = ok(Fitted.parse(Fitted.print(kept)))
    expect(Source.of(again)).toEqual({ name: "csv", options: { delimiter: "|", header: false } })
    expect(Source.tableOptions(again)).toEqual({ delimiter: "|", header: false })
  })
  it("has the defaults of what was not said", () => {
    expect(Source.recorded({ name: "npz", options: { path: "a.npz" } })).toEqual({
      name: "npz",
      options: { inputs: "inputs", targets: "targets" },
    })
    expect(Source.tableOptions({ ...fitted, source: Source.recorded({ name: "tsv", options: { path: "a" } }) })).toEqual({
      delimiter: "\t",
    })
  })
  it("a record that does not say it reads as before", () => {
    expect([Source.of(fitted), Source.tableOptions(fitted)]).toEqual([undefined, {}])
    expect(ok(Fitted.parse(Fitted.print(fitted)))).toEqual(fitted)
  })
})

it("a name of a file is one short line of a message", () => {
  const name = `a\nb${"c".repeat(100)}`
  const message = dataError({ _tag: "NoArray", name: "x", nearest: [], names: [name] }).message
  expect(message).toBe(`there is no array \`x\`; the arrays are \`a\\nb${"c".repeat(76)}…\``)
  expect(dataError({ _tag: "BadCell", row: 1, column: "a\nb", got: "1", wanted: "2", hint: "" }).message).toBe(
    "row 1, column `a\\nb`: got 1, wanted 2",
  )
})
