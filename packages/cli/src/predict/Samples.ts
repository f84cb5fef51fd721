/** Rows to predict, from the formats they come in: each becomes what preprocessing takes. */
import * as Csv from "@adjoint/core/data/Csv"
import { type DataError, dataError, inFile } from "@adjoint/core/data/DataError"
import type { Fitted } from "@adjoint/core/data/Fitted"
import * as Gzip from "@adjoint/core/data/Gzip"
import * as Idx from "@adjoint/core/data/Idx"
import * as Npy from "@adjoint/core/data/Npy"
import type { Raw } from "@adjoint/core/data/Preprocess"
import * as Quantity from "@adjoint/core/data/Quantity"
import type * as Table from "@adjoint/core/data/Table"
import * as NDArray from "@adjoint/core/words/NDArray"
import * as Shape from "@adjoint/core/words/Shape"
import * as Result from "effect/Result"

type Answer<A> = Result.Result<A, DataError>

/** The shape of one sample, where samples are arrays and no rows of a table. */
const sampleOf = ({ input }: Fitted): Shape.Shape | undefined => (input.type === "array" ? input.shape : undefined)

const badShape = (what: string, got: Shape.Shape, sample: Shape.Shape): Answer<never> =>
  Result.fail(dataError({ _tag: "BadShape", what, got, wanted: `${Shape.print(sample)}, or several of these` }))

/** One array as samples: several along the first axis, or a single one. */
const fromArray = (fitted: Fitted, array: NDArray.NDArray): Answer<Raw> => {
  const sample = sampleOf(fitted)
  if (sample === undefined)
    return Result.fail(
      dataError({ _tag: "BadSpec", at: "the rows", got: "an array", wanted: "a table, as in training", hint: "a csv file" }),
    )
  const width = Shape.size(sample)
  const single = [sample, sample.slice(0, -1), [width]].some((shape) => Shape.equals(shape, array.shape))
  if (single && array.data.length === width)
    return Result.succeed({ inputs: NDArray.make(array.dtype, [1, ...sample], array.data) })
  const [rows = 0, ...rest] = array.shape
  if (rows === 0 || Shape.size(rest) !== width) return badShape("the array", array.shape, sample)
  return Result.succeed({ inputs: array })
}

/** A table of numbers as samples that are arrays: one number a column. */
const toArray = (table: Table.Table, sample: Shape.Shape): Answer<Raw> =>
  Result.gen(function* () {
    const width = Shape.size(sample)
    if (table.columns.length !== width) return yield* badShape("a row", [table.columns.length], sample)
    const data = new Float64Array(table.rows.length * width)
    for (const [i, column] of table.columns.entries()) {
      const cells = table.rows.map((row) => row[i] ?? "")
      const place = (row: number) => ({ line: table.lines[row] ?? row + 1, row: row + 1, column })
      const values = yield* Quantity.readAll(cells, place, "every number of a sample must be there")
      for (const [row, value] of values.entries()) data[row * width + i] = value
    }
    return { inputs: NDArray.make("f32", [table.rows.length, ...sample], data) }
  })

const fromTable = (fitted: Fitted, table: Table.Table): Answer<Raw> => {
  const sample = sampleOf(fitted)
  return sample === undefined ? Result.succeed(table) : toArray(table, sample)
}

/** Delimited text. */
const fromText = (fitted: Fitted, bytes: Uint8Array, options: Csv.Options): Answer<Raw> =>
  Result.flatMap(
    Result.flatMap(Gzip.unpack(bytes), (text) => Csv.parse(text, options)),
    (table) => fromTable(fitted, table),
  )

const isObject = (value: unknown): value is { readonly [key: string]: unknown } =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const cellOf = (value: unknown): string =>
  value === null || value === undefined ? "" : typeof value === "object" ? JSON.stringify(value) : String(value)

/** Records as the table that was fitted; a name that a record lacks is a blank cell. */
const fromRecords = (fitted: Fitted, records: ReadonlyArray<{ readonly [key: string]: unknown }>, line: number): Raw => {
  const columns =
    fitted.input.type === "columns"
      ? fitted.input.columns.map(({ name }) => name)
      : [...new Set(records.flatMap((record) => Object.keys(record)))]
  const rows = records.map((record) => columns.map((name) => (Object.hasOwn(record, name) ? cellOf(record[name]) : "")))
  return { columns, rows, lines: records.map((_, i) => line + i) }
}

const isNumber = (value: unknown): value is number => typeof value === "number" && Number.isFinite(value)

/** The numbers of nested lists, in order; nothing where anything else is among them. */
const flat = (value: unknown): ReadonlyArray<number> | undefined => {
  const numbers = Array.isArray(value) ? value.flat(8) : [value]
  return numbers.every(isNumber) ? numbers : undefined
}

const fromLists = (lists: ReadonlyArray<unknown>, sample: Shape.Shape, line: number): Answer<Raw> => {
  const width = Shape.size(sample)
  const data = new Float64Array(lists.length * width)
  for (const [row, list] of lists.entries()) {
    const numbers = flat(list)
    if (numbers === undefined)
      return Result.fail(dataError({ _tag: "NotReadable", cause: `line ${line + row} is not a list of numbers` }))
    if (numbers.length !== width) return badShape(`line ${line + row}`, [numbers.length], sample)
    data.set(numbers, row * width)
  }
  return Result.succeed({ inputs: NDArray.make("f32", [lists.length, ...sample], data) })
}

const parseLine = (text: string, line: number): Answer<unknown> => {
  try {
    return Result.succeed(JSON.parse(text))
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    return Result.fail(dataError({ _tag: "NotReadable", cause: `line ${line} is not JSON: ${why}` }))
  }
}

/** Lines of JSON, counted from `line`: records by column, or lists of numbers. Blank lines are skipped. */
export const fromJsonLines = (fitted: Fitted, text: string, line = 1): Answer<Raw | undefined> =>
  Result.gen(function* () {
    const values: Array<unknown> = []
    for (const [i, row] of text.split("\n").entries()) if (row.trim() !== "") values.push(yield* parseLine(row, line + i))
    if (values.length === 0) return undefined
    const sample = sampleOf(fitted)
    if (values.every(isObject)) {
      const table = fromRecords(fitted, values, line)
      return "rows" in table ? yield* fromTable(fitted, table) : table
    }
    if (sample === undefined)
      return yield* Result.fail(dataError({ _tag: "NotReadable", cause: `line ${line} is not a record of columns` }))
    return yield* fromLists(values, sample, line)
  })

/** How each kind of file is read, by the end of its name. */
const readers: ReadonlyArray<readonly [ending: RegExp, read: (fitted: Fitted, bytes: Uint8Array) => Answer<Raw | undefined>]> = [
  [/\.csv(\.gz)?$/i, (fitted, bytes) => fromText(fitted, bytes, {})],
  [/\.tsv(\.gz)?$/i, (fitted, bytes) => fromText(fitted, bytes, { delimiter: "\t" })],
  [/\.(jsonl|ndjson|json)$/i, (fitted, bytes) => fromJsonLines(fitted, new TextDecoder().decode(bytes))],
  [/\.npy$/i, (fitted, bytes) => Result.flatMap(Npy.decode(bytes), (array) => fromArray(fitted, array))],
  [/idx.*$/i, (fitted, bytes) => Result.flatMap(Idx.decode(bytes), (array) => fromArray(fitted, array))],
]

/** The kinds of file that `fromFile` takes. */
export const kinds = "csv, tsv, jsonl, npy or idx"

/** The rows of a file, by what its name ends in; `undefined` for a name that says nothing. */
export const fromFile = (fitted: Fitted, name: string, bytes: Uint8Array): Answer<Raw | undefined> | undefined => {
  const reader = readers.find(([ending]) => ending.test(name))
  return reader === undefined ? undefined : Result.mapError(reader[1](fitted, bytes), (error) => inFile(error, name))
}

/** Rows from a pipe that are not JSON: delimited text. */
export const fromPipe = (fitted: Fitted, bytes: Uint8Array): Answer<Raw> => fromText(fitted, bytes, {})
