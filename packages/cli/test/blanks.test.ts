/** Blanks mean the same in every reader and every verb: a missing value, a usual word, a word of all columns, a number of one. */
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { gzipSync } from "node:zlib"
import * as StoredArray from "@adjoint/core/data/StoredArray"
import type { NDArray } from "@adjoint/core/types/NDArray"
import type { Data } from "@adjoint/dsl/Document"
import { prepare } from "@adjoint/dsl/prepare/Prepare"
import { prepareStreamed } from "@adjoint/dsl/prepare/Streamed"
import { read } from "@adjoint/dsl/Read"
import { fromText } from "@adjoint/dsl/source/Source"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as Effect from "effect/Effect"
import { beforeAll, describe, expect, test } from "vitest"
import { folder, run } from "./world.ts"

const tables = JSON.parse(readFileSync(join(import.meta.dirname, "../../core/test/recorded/tables-pyarrow.json"), "utf8")) as {
  readonly columns: ReadonlyArray<string>
  readonly rows: ReadonlyArray<ReadonlyArray<string>>
  readonly files: { readonly [name: string]: string }
}
const fileOf = (name: string) => Buffer.from(tables.files[name] ?? "", "base64")

const names = ["double", "byte", "text", "name"]
type Row = ReadonlyArray<string>
const rows: ReadonlyArray<Row> = tables.rows.map((row) => names.map((name) => row[tables.columns.indexOf(name)] ?? ""))

const delimited = (some: ReadonlyArray<Row>, mark: string): string =>
  [names, ...some].map((cells) => `${cells.join(mark)}\n`).join("")
const lines = (some: ReadonlyArray<Row>): string =>
  some
    .map(([double = "", byte, text, name]) =>
      JSON.stringify({ double: double === "" ? null : Number(double), byte: Number(byte), text, name }),
    )
    .join("\n")

/** The same rows with other texts for blanks. */
const withCells = (f: (cell: string, column: string) => string): ReadonlyArray<Row> =>
  rows.map((row) => row.map((cell, i) => f(cell, names[i] ?? "")))

/** The cells that the words of the model make blank, as missing values: what all files below have to mean. */
const cleared = withCells((cell) => (["-83", "näme 1"].includes(cell) ? "" : cell))
const worded = withCells((cell) => (cell === "" ? "NA" : cell === "-83" ? " -83.0 " : cell))

/** A file of each reader. */
const files: ReadonlyArray<readonly [file: string, bytes: string | Uint8Array]> = [
  ["rows.csv", delimited(rows, ",")],
  ["words.csv", delimited(worded, ",")],
  ["rows.csv.gz", gzipSync(delimited(rows, ","))],
  ["rows.tsv", delimited(worded, "\t")],
  ["rows.jsonl", lines(rows)],
  ["rows.parquet", fileOf("zstd.parquet")],
  ["rows.feather", fileOf("lz4.feather")],
  ["rows.arrows", fileOf("stream.arrows")],
]

const model = (source: string, blanks = 'blanks: { byte: [-83], "*": [näme 1] }'): string => `schema: 1
name: ${source.replaceAll(".", "-")}
data:
  source: { ${/parquet$/.test(source) ? "parquet" : /feather|arrows/.test(source) ? "arrow" : /jsonl/.test(source) ? "jsonl" : /tsv/.test(source) ? "tsv" : "csv"}: { path: ${source}, ${blanks} } }
  columns:
    double: { type: number, missing: mean, scale: standard }
    byte: { type: number, missing: indicator, scale: standard }
    text: { type: category, missing: category, unknown: zeros }
    name: class
    "*": ignore
  split: { train: 100%, val: 0%, test: 0%, seed: 1 }
model: { layers: [{ head: name }] }
train: { seed: 1, epochs: 1, batch: 4 }
`

const directory = folder({})
const at = (name: string): string => join(directory, name)

const dataOf = (text: string): Data => {
  const data = read(fromText("m.yaml", text)).decoded?.data
  if (data === undefined) throw new Error("there is no section of data")
  return data
}

/** The numbers of all rows of a model file, and what was fitted. */
const preparedOf = (text: string, isStreamed: boolean) =>
  Effect.runPromise(
    Effect.gen(function* () {
      const document = { data: dataOf(text) }
      const { fitted, train } = yield* isStreamed ? prepareStreamed(document, directory) : prepare(document, directory)
      const { source: _, ...others } = fitted
      const held = yield* Effect.promise(() => StoredArray.read(train.inputs as unknown, { start: 0, end: rows.length }))
      return { others, inputs: [...(held as NDArray).data], targets: train.targets }
    }).pipe(Effect.scoped, Effect.provide(NodeFileSystem.layer)),
  )

/** What predict and evaluate say of a file. */
const answersTo = async (file: string) => {
  const predicted = await run(["predict", "rows-csv/1", at(file), "--runs", directory])
  const { code, stdout } = await run(["evaluate", "rows-csv/1", at(file), "--runs", directory, "--json"])
  expect(code).toBe(0)
  return { predicted, scores: JSON.parse(stdout).scores }
}

/** What the same rows with missing values give. */
let wanted: Awaited<ReturnType<typeof preparedOf>>
let answers: Awaited<ReturnType<typeof answersTo>>

beforeAll(async () => {
  for (const [name, bytes] of files) writeFileSync(at(name), bytes)
  writeFileSync(at("cleared.csv"), delimited(cleared, ","))
  writeFileSync(at("rows.yaml"), model("rows.csv"))
  expect(await run(["train", at("rows.yaml"), "--runs", directory])).toMatchObject({ code: 0 })
  wanted = await preparedOf(model("cleared.csv", "delimiter: auto"), false)
  answers = await answersTo("cleared.csv")
  expect(answers.predicted).toMatchObject({ code: 0, stderr: "" })
})

describe("blanks", () => {
  const all = files.map(([name]) => name)
  test.each(all)("train: %s, in memory and streamed", async (name) => {
    expect(await preparedOf(model(name), false)).toEqual(wanted)
    expect(await preparedOf(model(name), true)).toEqual(wanted)
  })
  test.each(all)("predict and evaluate, with the words of the run: %s", async (name) => {
    expect(await answersTo(name)).toEqual(answers)
  })
})
