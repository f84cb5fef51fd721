/** The inputs of a table: fits columns on the training rows, and turns their cells into numbers. */
import * as Result from "effect/Result"
import * as Tensor from "../tensor/Tensor.ts"
import type * as DType from "../types/DType.ts"
import * as NDArray from "../types/NDArray.ts"
import * as Column from "./Column.ts"
import type { DataResult, Input } from "./columns/Kind.ts"
import { moments } from "./covariance.ts"
import { dataError, type Reason } from "./DataError.ts"
import { type Fields, isOptional } from "./Field.ts"
import type { FittedColumn, FittedColumns } from "./Fitted.ts"
import type { TablePca } from "./Pca.ts"
import * as Components from "./principalComponents.ts"
import type { Rows } from "./Raw.ts"
import type { Table } from "./Table.ts"
import { cellsOf, type Used } from "./UsedColumns.ts"

const refuse = (reason: Reason): DataResult<never> => Result.fail(dataError(reason))

/** Fits columns that are inputs, in this order, and PCA of some of them. Fails with `BadCell` and `BadSpec`. */
export const fitInputs = (inputs: ReadonlyArray<Used>, table: Table, rows: Rows, pca?: TablePca): DataResult<FittedColumns> =>
  Result.gen(function* () {
    const columns: Array<FittedColumn> = []
    for (const column of inputs) columns.push(yield* fitInput(column, table, rows))
    if (columns.length === 0)
      return yield* refuse({
        _tag: "BadSpec",
        at: "columns",
        got: "no inputs",
        wanted: "one or more",
        hint: "give a column a type, as in `Age: number`",
      })
    const own = inputs.find(({ column }) => Column.hasTokens(column))
    if (own !== undefined && inputs.length > 1) return yield* beside(own.name, inputs)
    const plain: FittedColumns = { type: "columns", columns }
    return pca === undefined ? plain : yield* fitPca(pca, plain, table, rows)
  })

/** Rows that are read at once: a table may be stored on disk. */
const rowsAtOnce = 2 ** 14

const sliceOf = (rows: Rows, start: number, end: number): Rows =>
  Array.from({ length: Math.min(end, rows.length) - start }, (_, i) => rows[start + i] ?? 0)

/** The same columns with PCA of the numbers of some. Fails with `BadSpec`, and as `inputs` does. */
const fitPca = (pca: TablePca, plain: FittedColumns, table: Table, rows: Rows): DataResult<FittedColumns> =>
  Result.gen(function* () {
    const names = pca.columns ?? plain.columns.flatMap(({ name, type }) => (type === "number" ? [name] : []))
    const absent = names.find((name) => plain.columns.every((column) => column.name !== name))
    if (absent !== undefined || names.length === 0)
      return yield* refuse({
        _tag: "BadSpec",
        at: "pca",
        got: absent === undefined ? "no column of numbers" : `\`${absent}\``,
        wanted: absent === undefined ? "one or more" : `columns of inputs: ${plain.columns.map(({ name }) => name).join(", ")}`,
        hint: absent === undefined ? "name the columns, as in `pca: { columns: [a, b] }`" : "check its name and its role",
      })
    const columns = plain.columns.filter(({ name }) => names.includes(name))
    const taken: FittedColumns = { type: "columns", columns }
    if (hasTokens(taken))
      return yield* refuse({ _tag: "BadSpec", at: "pca", got: "tokens", wanted: "columns of numbers", hint: "remove `pca`" })
    const width = (yield* columnsOf(taken, table, [])).shape[1] ?? 0
    const read = (start: number) => columnsOf(taken, table, sliceOf(rows, start, start + rowsAtOnce))
    // A wrong cell is found when the columns are fitted, before this.
    let block = { start: -1, data: new Float32Array() as DType.Storage }
    const write = (i: number, into: Float64Array): void => {
      const start = i - (i % rowsAtOnce)
      if (start !== block.start) block = { start, data: Result.getOrThrow(read(start)).data }
      into.set(block.data.subarray((i - start) * width, (i - start + 1) * width))
    }
    const { fitted, means } = yield* Components.fit(pca, {
      count: rows.length,
      width,
      moments: () => moments({ count: rows.length, width, write }),
    })
    return { ...plain, pca: { columns: columns.map(({ name }) => name), means: [...means], by: fitted } }
  })

/** Tokens beside other columns in one input. */
const beside = (name: string, inputs: ReadonlyArray<Used>): DataResult<never> => {
  const other = inputs.find((each) => each.name !== name)?.name ?? ""
  const word = (column: string): string => column.replaceAll(/\W+/gu, "_")
  return refuse({
    _tag: "BadSpec",
    at: `column \`${name}\``,
    got: `tokens in one input with \`${other}\``,
    wanted: "an input of its own for tokens",
    hint: `\`model: { inputs: { ${word(name)}: [${name}], rest: "*" } }\`, and \`from: ${word(name)}\` in the layer that reads it`,
  })
}

/** Whether columns are one column of tokens. */
export const hasTokens = ({ columns: [only] }: FittedColumns): boolean =>
  only !== undefined && inputOf(only.type).tokens !== undefined

/** Fits one column. Fails with `BadCell` and `BadSpec`. */
export const fitInput = ({ column, name }: Used, table: Table, rows: Rows): DataResult<FittedColumn> =>
  Result.gen(function* () {
    const { rule } = Column.kindOf(column)
    const options = Column.filled(column)
    const missing = Object.entries(Column.kindOf(column).fields).find(
      ([option, field]) => !isOptional(field) && options[option] === undefined,
    )
    if (missing !== undefined)
      return yield* refuse({
        _tag: "BadSpec",
        at: `column \`${name}\``,
        got: `no \`${missing[0]}\``,
        wanted: `a column of type ${column.type} with it`,
        hint: missing[1].doc,
      })
    const holds = rule?.holds as ((options: object) => boolean) | undefined
    if (holds?.(options) === false)
      return yield* refuse({ _tag: "BadSpec", at: `column \`${name}\``, got: "options", wanted: rule?.wanted ?? "", hint: "" })
    return yield* inputOf(column.type).fit(options, yield* cellsOf(name, table, rows))
  })

/** How columns of a type are read. The type always has an input here. */
const inputOf = (type: Column.Type): Input<Fields, FittedColumn> => {
  const input = Column.inputOf(type)
  if (input === undefined) throw new TypeError(`a column of type ${type} is no input`)
  return input
}

/** The columns of a record whose numbers PCA takes, or those that it does not. */
const part = ({ columns, pca }: FittedColumns, isTaken: boolean): FittedColumns => ({
  type: "columns",
  columns: columns.filter(({ name }) => pca?.columns.includes(name) === isTaken),
})

/**
 * The inputs of the given rows, as `f32` [rows, width], or `i32` for tokens. With PCA, its result comes after the other columns.
 * Fails with `NoColumn`, `BadCell` and `TooLarge`.
 */
export const inputs = (fitted: FittedColumns, table: Table, rows: Rows): DataResult<NDArray.NDArray> => {
  const { pca } = fitted
  if (pca === undefined) return columnsOf(fitted, table, rows)
  return Result.gen(function* () {
    const others = yield* columnsOf(part(fitted, false), table, rows)
    const { data } = yield* columnsOf(part(fitted, true), table, rows)
    const means = Float32Array.from(pca.means)
    const centred = Float32Array.from(data, (x, i) => x - (means[i % means.length] ?? 0))
    const made = NDArray.make("f32", [rows.length, Components.widthOf(pca.by)], Components.apply(pca.by, centred))
    return Tensor.read(Tensor.concat([others, made], 1))
  })
}

/** The most numbers of one array. */
const most = 2 ** 31 - 1

/** The numbers of the columns alone. */
const columnsOf = (fitted: FittedColumns, table: Table, rows: Rows): DataResult<NDArray.NDArray> =>
  Result.gen(function* () {
    const width = fitted.columns.reduce((sum, column) => sum + columnNames(column).length, 0)
    if (rows.length * width > most)
      return yield* refuse({
        _tag: "TooLarge",
        what: "the inputs",
        got: BigInt(rows.length * width),
        limit: most,
        unit: "numbers",
      })
    const isTokens = hasTokens(fitted)
    const data = isTokens ? new Int32Array(rows.length * width) : new Float32Array(rows.length * width)
    let at = 0
    for (const column of fitted.columns) {
      yield* inputOf(column.type).write(column, yield* cellsOf(column.name, table, rows), { data, width, at })
      at += columnNames(column).length
    }
    return NDArray.make(isTokens ? "i32" : "f32", [rows.length, width], data)
  })

/** The names of the numbers of a row. */
export const names = (fitted: FittedColumns): ReadonlyArray<string> => {
  const { pca } = fitted
  const namesOf = ({ columns }: FittedColumns): ReadonlyArray<string> => columns.flatMap(columnNames)
  if (pca === undefined) return namesOf(fitted)
  return [...namesOf(part(fitted, false)), ...Components.namesOf(pca.by, namesOf(part(fitted, true)))]
}

/** The names of a fitted column's numbers. */
export const columnNames = (column: FittedColumn): ReadonlyArray<string> => inputOf(column.type).names(column)
