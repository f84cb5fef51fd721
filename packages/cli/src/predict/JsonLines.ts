/** Lines of JSON as rows to predict: records by column, or lists of numbers. A line that cannot be used is a row that fails. */
import * as BlankWords from "@adjoint/core/data/BlankWords"
import { type DataError, dataError } from "@adjoint/core/data/DataError"
import type { FittedArray, FittedColumn, FittedTree } from "@adjoint/core/data/Fitted"
import * as JsonLines from "@adjoint/core/data/JsonLines"
import { isRecord, type Wrong } from "@adjoint/core/data/JsonLines"
import { inputArrays, inputColumns, inputsOf, lengthArrays } from "@adjoint/core/data/PreprocessTree"
import * as Quantity from "@adjoint/core/data/Quantity"
import * as Table from "@adjoint/core/data/Table"
import { textOf } from "@adjoint/core/data/TypedTable"
import * as NDArray from "@adjoint/core/types/NDArray"
import * as Shape from "@adjoint/core/types/Shape"
import * as Result from "effect/Result"
import { fromArray } from "./fromArray.ts"
import { fromArrays } from "./fromArrays.ts"
import { fromTable } from "./fromTable.ts"
import { type Id, idOf } from "./Id.ts"
import { columnsOf } from "./lastWindows.ts"
import type { Reader, Rows } from "./Rows.ts"

/** The most characters of one number of a sample. */
const charactersOfNumber = 32

const wrong = (got: string, wanted: string, column?: string): Result.Result<never, Wrong> =>
  Result.fail({ got, wanted, ...(column === undefined ? {} : { column }) })

/** The name of a category that a value of JSON means: the same text, or the same truth value or number. */
const nameOf = (value: boolean | number, names: ReadonlyArray<string>): string => {
  const text = String(value)
  if (names.includes(text)) return text
  const isSame = (name: string) =>
    typeof value === "boolean" ? name.toLowerCase() === text : name.trim() !== "" && Number(name) === value
  return names.find(isSame) ?? text
}

/** The names that a column knows. */
const namesIn = (column: FittedColumn | undefined): ReadonlyArray<string> => {
  if (column?.type === "category" || column?.type === "binary") return column.categories
  return column?.type === "ordinal" ? column.order : []
}

/** Whether the cells of a column may be lists. */
const takesLists = (column: FittedColumn | undefined): boolean => column?.type === "set" || column?.type === "vector"

/** A truth value, or a number in the format of its column. */
const printed = (value: boolean | number, column: FittedColumn | undefined): string =>
  typeof value === "number" && column?.type === "number" ? Quantity.print(value, column) : nameOf(value, namesIn(column))

/** A value of a record as the cell of a column. */
const cellOf = (name: string, value: unknown, column: FittedColumn | undefined): Result.Result<string, Wrong> => {
  if (value === null || value === undefined) return Result.succeed("")
  if (typeof value === "string") return Result.succeed(value)
  if (typeof value === "boolean" || typeof value === "number") return Result.succeed(printed(value, column))
  if (!Array.isArray(value)) return wrong("a record", "a number, a text, true, false or null", name)
  if (!takesLists(column)) return wrong("a list", "a number, a text, true, false or null", name)
  const text = textOf(value)
  return text === undefined ? wrong("a list of other values", "a list of numbers or of texts", name) : Result.succeed(text)
}

/** A column that a record may have: one that was fitted, or one that predictions repeat. */
interface Wanted {
  readonly name: string
  readonly fitted?: FittedColumn
}

/** A record as the cells of columns; a name that it lacks is a blank. */
const cellsOf = (columns: ReadonlyArray<Wanted>, value: unknown): Result.Result<ReadonlyArray<string>, Wrong> =>
  Result.gen(function* () {
    if (!isRecord(value)) return yield* wrong(Array.isArray(value) ? "a list" : "a single value", "a record of columns")
    const cells: Array<string> = []
    for (const { fitted, name } of columns)
      cells.push(yield* cellOf(name, Object.hasOwn(value, name) ? value[name] : undefined, fitted))
    return cells
  })

/** The numbers of nested lists, in order. A loop, since lists may be nested deeply. */
const flat = (value: unknown): ReadonlyArray<number> | undefined => {
  const numbers: Array<number> = []
  const stack: Array<unknown> = [value]
  while (stack.length > 0) {
    const top = stack.pop()
    if (Array.isArray(top)) for (let i = top.length - 1; i >= 0; i--) stack.push(top[i])
    else if (typeof top === "number" && Number.isFinite(top)) numbers.push(top)
    else return undefined
  }
  return numbers
}

/** A list, or a record's values in order, as the numbers of one sample. */
const sampleOf = (sample: Shape.Shape, value: unknown): Result.Result<ReadonlyArray<number>, Wrong> =>
  Result.gen(function* () {
    const width = Shape.size(sample)
    const cells: Array<unknown> = []
    if (isRecord(value)) {
      for (const [name, each] of Object.entries(value))
        cells.push(typeof each === "number" ? each : Quantity.read(yield* cellOf(name, each, undefined)))
    }
    const numbers = flat(isRecord(value) ? cells : value)
    if (numbers === undefined) return yield* wrong("a value that is not a finite number", `${width} finite numbers`)
    if (numbers.length !== width)
      return yield* wrong(
        `${numbers.length} ${numbers.length === 1 ? "number" : "numbers"}`,
        `${width} numbers for a sample of the shape ${Shape.print(sample)}`,
      )
    return numbers
  })

/** Lines of which each gave a row, or is wrong. */
interface Read<A> {
  readonly lines: ReadonlyArray<number>
  readonly rows: ReadonlyArray<Result.Result<A, Wrong>>
}

/** The rows at these places; fails with the first that is wrong. */
const chosen = <A>({ lines, rows }: Read<A>, places: ReadonlyArray<number>): Result.Result<ReadonlyArray<A>, DataError> =>
  Result.all(
    places.map((place) =>
      Result.mapError(rows[place] ?? wrong("no row", "a row"), (what) =>
        dataError({ _tag: "BadRecord", line: lines[place] ?? 0, row: place + 1, ...what }),
      ),
    ),
  )

/** How the values of lines become rows. */
type RowsOf = (values: ReadonlyArray<Result.Result<unknown, Wrong>>, lines: ReadonlyArray<number>) => Rows

const noTable = Result.fail(
  dataError({ _tag: "BadSpec", at: "the rows", got: "lists of numbers", wanted: "records of columns", hint: "" }),
)

/** Reads the value of each line at once, and collects those of the rows that are asked for. */
const reading =
  <A>(
    read: (value: unknown) => Result.Result<A, Wrong>,
    collect: (rows: ReadonlyArray<A>, lines: ReadonlyArray<number>) => Result.Result<Rows, DataError>,
    id?: (row: A) => Id | undefined,
  ): RowsOf =>
  (values, lines) => {
    const all = { lines, rows: values.map((value) => Result.flatMap(value, read)) }
    const collected = (places: ReadonlyArray<number>): Result.Result<Rows, DataError> =>
      Result.flatMap(chosen(all, places), (rows) =>
        collect(
          rows,
          places.map((place) => lines[place] ?? 0),
        ),
      )
    return {
      count: lines.length,
      line: (place) => lines[place] ?? place + 1,
      ...(id === undefined
        ? {}
        : {
            id: (place) => {
              const row = all.rows[place]
              return row === undefined || Result.isFailure(row) ? undefined : id(row.success)
            },
          }),
      table: (places) => Result.flatMap(collected(places), (own) => own.table?.(places.map((_, i) => i)) ?? noTable),
      inputs: (places) => Result.flatMap(collected(places), (own) => own.inputs(places.map((_, i) => i))),
    }
  }

/** A sample of sequences of at most so many time steps, with 0 as padding, and its number of time steps. */
const sequenceOf = (
  { sequence, shape }: FittedArray,
  value: unknown,
  count: unknown,
): Result.Result<{ readonly numbers: ReadonlyArray<number>; readonly length: number }, Wrong> =>
  Result.gen(function* () {
    const [time = 0, ...step] = shape
    const list = Array.isArray(value) ? value : []
    const given = count ?? (list.length > time ? undefined : list.length)
    if (!Array.isArray(value) || list.length > time)
      return yield* wrong(Array.isArray(value) ? `${list.length} time steps` : "no list", `a list of at most ${time} time steps`)
    if (!Number.isInteger(given) || Number(given) < 0 || Number(given) > list.length)
      return yield* Result.fail({
        got: typeof given === "number" ? String(given) : "no number",
        wanted: `a whole number from 0 to ${list.length}, the time steps of the row`,
        ...(sequence?.lengths === undefined ? {} : { column: sequence.lengths }),
      })
    const numbers = yield* sampleOf([list.length, ...step], list)
    return { numbers: [...numbers, ...Array<number>((time - list.length) * Shape.size(step)).fill(0)], length: Number(given) }
  })

/** Rows of named arrays: each line is a record with a list of numbers for each array. */
const rowsOfArrays = (fitted: FittedTree, arrays: ReadonlyArray<readonly [name: string, input: FittedArray]>): RowsOf =>
  reading(
    (given) =>
      Result.gen(function* () {
        const [only, second] = arrays
        // The one array of a net needs no name.
        const value = Array.isArray(given) && only !== undefined && second === undefined ? { [only[0]]: given } : given
        if (!isRecord(value)) return yield* wrong(Array.isArray(value) ? "a list" : "a single value", "a record of arrays")
        const samples: Array<ReadonlyArray<number>> = []
        const lengths = new Map<string, number>()
        for (const [name, input] of arrays) {
          const { sequence, shape } = input
          const own = Object.hasOwn(value, name) ? value[name] : undefined
          if (own === undefined) return yield* wrong("nothing", "a list of numbers for each array", name)
          if (sequence !== undefined) {
            const count = sequence.lengths === undefined ? undefined : value[sequence.lengths]
            const row = yield* Result.mapError(sequenceOf(input, own, count), (why) => ({ column: name, ...why }))
            samples.push(row.numbers)
            if (sequence.lengths === undefined) continue
            const before = lengths.get(sequence.lengths) ?? row.length
            if (before !== row.length)
              return yield* wrong(`${row.length} time steps`, `${before}, as in the other arrays of these lengths`, name)
            lengths.set(sequence.lengths, row.length)
            continue
          }
          const sample = sampleOf(shape, typeof own === "number" ? [own] : own)
          samples.push(yield* Result.mapError(sample, (why) => ({ ...why, column: name })))
        }
        return { samples, lengths }
      }),
    (rows) =>
      fromArrays(fitted, {
        ...Object.fromEntries(
          arrays.map(([name, { shape }], i) => {
            const data = Float64Array.from(rows.flatMap(({ samples }) => samples[i] ?? []))
            return [name, NDArray.make("f32", [rows.length, ...shape], data)] as const
          }),
        ),
        ...Object.fromEntries(
          lengthArrays(fitted).map((name) => {
            const data = Int32Array.from(rows, ({ lengths }) => lengths.get(name) ?? 0)
            return [name, NDArray.make("i32", [rows.length], data)] as const
          }),
        ),
      }),
  )

/** How lines become rows, by what was fitted. */
const rowsOf = (fitted: FittedTree, blanks: BlankWords.BlankWords | undefined): RowsOf => {
  const { input } = fitted
  const isSequence = input.type === "array" && input.sequence !== undefined
  const arrays = input.type === "inputs" || isSequence ? inputArrays(fitted) : undefined
  if (arrays !== undefined) return rowsOfArrays(fitted, arrays)
  if (input.type !== "array") {
    const inputs = (inputColumns(fitted) ?? []).map((column) => ({ name: column.name, fitted: column }))
    const ids = fitted.ids ?? []
    const known = new Set([...inputs.map(({ name }) => name), ...ids])
    const beside = fitted.series === undefined ? [] : columnsOf(fitted).filter((name) => !known.has(name))
    const used: ReadonlyArray<Wanted> = [...inputs, ...[...ids, ...beside].map((name) => ({ name }))]
    const columns = used.map(({ name }) => name)
    return reading(
      (value) => cellsOf(used, value),
      (rows, lines) =>
        Result.succeed(
          fromTable(
            fitted,
            BlankWords.without(
              Table.make(columns, rows, (row) => lines[row] ?? row + 1),
              blanks,
            ),
          ),
        ),
      ids.length === 0 ? undefined : (cells) => idOf(ids.map((name, i) => [name, cells[inputs.length + i] ?? ""])),
    )
  }
  const width = Shape.size(input.shape)
  return reading(
    (value) => sampleOf(input.shape, value),
    (rows) => {
      const data = new Float64Array(rows.length * width)
      for (const [i, numbers] of rows.entries()) data.set(numbers, i * width)
      return fromArray(fitted, NDArray.make("f32", [rows.length, ...input.shape], data))
    },
  )
}

/**
 * Reads lines of JSON; blank ones are skipped. `blanks` are words that count as blanks besides the usual ones. Fails as
 * `JsonLines.reader` does, and with `Empty` where there is no line.
 */
export const jsonLines = (fitted: FittedTree, blanks?: BlankWords.BlankWords): Reader => {
  const make = rowsOf(fitted, blanks)
  const width = inputsOf(fitted).reduce((sum, [, input]) => sum + (input.type === "array" ? Shape.size(input.shape) : 0), 0)
  const lines = JsonLines.reader(Math.max(JsonLines.longestLine, charactersOfNumber * width))
  let isEmpty = true

  const take = (some: ReadonlyArray<JsonLines.Line>): ReadonlyArray<Rows> => {
    if (some.length === 0) return []
    isEmpty = false
    return [
      make(
        some.map(({ value }) => value),
        some.map(({ line }) => line),
      ),
    ]
  }

  return {
    push: (bytes) => Result.map(lines.push(bytes), take),
    end: async () =>
      Result.flatMap(lines.end(), (some) => {
        const rows = take(some)
        return isEmpty
          ? Result.fail(dataError({ _tag: "Empty", got: "there is nothing in it", wanted: "a line of JSON for each row" }))
          : Result.succeed(rows)
      }),
  }
}
