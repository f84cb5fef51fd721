/** Preprocessing of tables: finds the type of each column, fits the columns on the training rows, and turns cells into numbers. */
import * as Result from "effect/Result"
import * as Tensor from "../tensor/Tensor.ts"
import type * as DType from "../types/DType.ts"
import * as NDArray from "../types/NDArray.ts"
import { isBlank } from "./Blank.ts"
import * as Category from "./Category.ts"
import * as Column from "./Column.ts"
import { type Cells, type DataResult, type Input, type Role, refuseCell } from "./columns/Kind.ts"
import { moments } from "./covariance.ts"
import { type Cell, dataError, type Reason } from "./DataError.ts"
import { type Fields, isOptional } from "./Field.ts"
import type {
  Fitted,
  FittedBinary,
  FittedColumn,
  FittedColumns,
  FittedHead,
  FittedLabels,
  FittedNumber,
  FittedSet,
  FittedTarget,
  FittedWeight,
} from "./Fitted.ts"
import { nearest } from "./Nearest.ts"
import type { TablePca } from "./Pca.ts"
import * as Components from "./principalComponents.ts"
import { all, type Rows } from "./Raw.ts"
import type { Table } from "./Table.ts"
import * as Weight from "./Weight.ts"

const refuse = (reason: Reason): DataResult<never> => Result.fail(dataError(reason))

/** The name and the specification of a column that is used. */
export interface Used {
  readonly name: string
  readonly column: Column.Column
}

/**
 * The specification of each used column of a table, in the table's order.
 *
 * Fails with `NoColumn` for a name that the table does not have, `UnlistedColumns` for columns that are not listed.
 */
export const resolve = (columns: Column.Columns, table: Table): DataResult<ReadonlyArray<Used>> => {
  const named = Object.keys(columns).filter((name) => name !== "*")
  const absent = named.find((name) => !table.columns.includes(name))
  if (absent !== undefined) return noColumn(absent, table)
  const unlisted = table.columns.filter((name) => !Object.hasOwn(columns, name))
  if (!Object.hasOwn(columns, "*") && unlisted.length > 0) return refuse({ _tag: "UnlistedColumns", columns: unlisted })
  return Result.succeed(
    table.columns.flatMap((name) => {
      const column = Column.whole(Column.declared(columns, name) ?? "ignore")
      return Column.roleOf(column) === undefined ? [] : [{ name, column }]
    }),
  )
}

const noColumn = (column: string, table: Table) =>
  refuse({ _tag: "NoColumn", column, nearest: nearest(column, table.columns), columns: table.columns })

/** The rows that are kept, and how many rows each column with `missing: drop` drops. */
export interface Kept {
  readonly rows: Rows
  readonly dropped: ReadonlyArray<{ readonly column: string; readonly rows: number }>
}

/** The rows without a blank in any column with `missing: drop`. Fails as `resolve` does. */
export const keep = (columns: Column.Columns, table: Table): DataResult<Kept> =>
  Result.map(resolve(columns, table), (used) => {
    const rows = all(table)
    const isDropped = new Uint8Array(table.size)
    const dropped = used.flatMap(({ column, name }) => {
      if (!Column.isDropping(column)) return []
      const { numbers, text } = table.column(table.columns.indexOf(name))
      const stored = numbers?.(rows)
      let blanks = 0
      for (let row = 0; row < table.size; row++)
        if ((stored === undefined || Number.isNaN(stored[row])) && isBlank(text(row))) {
          isDropped[row] = 1
          blanks += 1
        }
      return blanks === 0 ? [] : [{ column: name, rows: blanks }]
    })
    return { rows: dropped.length === 0 ? rows : rows.filter((row) => isDropped[row] === 0), dropped }
  })

/** Fits every column on the given rows. Fails as `resolve` does, with `BadCell` for a wrong cell, `BadSpec` for a column that cannot be learned. */
export const fit = (
  columns: Column.Columns,
  table: Table,
  rows: Rows,
  pca?: TablePca,
): DataResult<{ readonly input: FittedColumns; readonly target: FittedTarget } & Beside> =>
  Result.gen(function* () {
    const used = yield* resolve(columns, table)
    const input = yield* fitInputs(used.filter(isInput), table, rows, pca)
    const target = yield* fitTarget(used.filter(isTarget), table, rows)
    return { input, target, ...(yield* fitBeside(used, table, rows)) }
  })

/** What a record has of columns that are neither inputs nor targets. */
export type Beside = Pick<Fitted, "ids" | "weight">

/** Fits columns that are neither inputs nor targets. Fails with `BadSpec` for two weights, and as `weights` does. */
export const fitBeside = (used: ReadonlyArray<Used>, table: Table, rows: Rows): DataResult<Beside> =>
  Result.gen(function* () {
    const having = (role: Role) => used.filter(({ column }) => Column.roleOf(column) === role)
    const ids = having("id").map(({ name }) => name)
    const [own, second] = having("weight")
    if (own !== undefined && second !== undefined)
      return yield* refuse({
        _tag: "BadSpec",
        at: `column \`${second.name}\``,
        got: `a second weight beside \`${own.name}\``,
        wanted: "one weight for each row",
        hint: "ignore one of them",
      })
    const weight = own === undefined ? {} : { weight: yield* Weight.fit(own.column, yield* cellsOf(own.name, table, rows)) }
    return { ...(ids.length === 0 ? {} : { ids }), ...weight }
  })

/** The weights of the given rows, as `f32` [rows]. Fails with `NoColumn` and `BadCell`. */
export const weights = (fitted: FittedWeight, table: Table, rows: Rows): DataResult<NDArray.NDArray> =>
  Result.gen(function* () {
    const data = yield* Weight.read(fitted, yield* cellsOf(fitted.name, table, rows))
    return NDArray.make(
      "f32",
      [rows.length],
      Float32Array.from(data, (value) => value / fitted.divide),
    )
  })

/** Whether a used column is predicted. */
export const isTarget = ({ column }: Used): boolean => Column.isTarget(column)

/** Whether a used column is an input. */
export const isInput = ({ column }: Used): boolean => Column.roleOf(column) === "input"

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

const fitInput = ({ column, name }: Used, table: Table, rows: Rows): DataResult<FittedColumn> =>
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

/**
 * Fits the columns that one output predicts: columns of numbers, several binary columns, or one column of classes. `null`
 * without columns. Fails with `BadCell` and `BadSpec`.
 */
export const fitTarget = (targets: ReadonlyArray<Used>, table: Table, rows: Rows): DataResult<FittedTarget> =>
  Result.gen(function* () {
    const [first] = targets
    if (first === undefined) return null
    for (const { column, name } of targets) {
      const invented = Column.inventedOf(column)
      if (invented !== undefined)
        return yield* refuse({
          _tag: "BadSpec",
          at: `column \`${name}\``,
          got: `a target with \`missing: ${invented}\``,
          wanted: "measured targets, not filled-in ones",
          hint: "`missing: drop`, which drops rows without a target",
        })
    }
    if (targets.every(({ column }) => Column.targetOf(column) === "numbers")) {
      const columns: Array<FittedNumber> = []
      for (const column of targets) {
        const fitted = yield* fitInput(column, table, rows)
        if (fitted.type === "number") columns.push(fitted)
      }
      return { type: "numbers", columns }
    }
    if (targets.length > 1 && targets.every(({ column }) => Column.targetOf(column) === "binary")) {
      const columns: Array<FittedBinary> = []
      for (const column of targets) {
        const fitted = yield* fitInput(column, table, rows)
        if (fitted.type === "binary") columns.push(fitted)
      }
      return { type: "labels", columns }
    }
    if (targets.length > 1)
      return yield* refuse({
        _tag: "BadSpec",
        at: "columns",
        got: `the targets ${targets.map(({ name }) => `\`${name}\``).join(" and ")}`,
        wanted: "one class, one set, binary targets only, or numbers only",
        hint: "keep one of them",
      })
    if (Column.targetOf(first.column) === "labels") {
      const fitted = yield* fitInput(first, table, rows)
      if (fitted.type === "set") return labelsOf(fitted)
    }
    const type = Column.targetOf(first.column) === "binary" ? "binary" : "class"
    const cells = yield* cellsOf(first.name, table, rows)
    const given = Column.classesOf(first.column)
    const hints = { blank: Category.noBlank.hints.blank, unknown: "add it to the names of the column" }
    const classes =
      given === undefined
        ? yield* Category.fitNames(type, cells)
        : yield* Result.map(Category.encode(cells, given, { ...Category.noBlank, hints }), () => given)
    return { type, name: first.name, classes }
  })

/** The groups of the given rows. Fails with `NoColumn`, and with `BadCell` for a blank. */
export const groups = (name: string, table: Table, rows: Rows): DataResult<ReadonlyArray<string>> =>
  Result.flatMap(cellsOf(name, table, rows), (cells) => {
    const names: Array<string> = []
    for (let i = 0; i < cells.size; i++) {
      const text = cells.text(i).trim()
      if (isBlank(text)) {
        const hint = `drop its row with \`${name}: { type: group, missing: drop }\``
        return refuseCell(cells, i, { got: Category.blankGot(text), wanted: "the group of the row", hint })
      }
      names.push(text)
    }
    return Result.succeed(names)
  })

/** A set as answers of yes and no, one for each of its names. */
const labelsOf = (set: FittedSet): FittedLabels => ({
  type: "labels",
  columns: set.names.map((name) => ({ type: "binary", name, categories: ["no", "yes"] })),
  set,
})

/** The cells of a column in some rows. Fails with `NoColumn`. */
export const cellsOf = (name: string, table: Table, rows: Rows): DataResult<Cells> => {
  const at = table.columns.indexOf(name)
  if (at < 0) return noColumn(name, table)
  const { format, numbers, pixels, text } = table.column(at)
  const place = (index: number): Cell => {
    const row = rows[index] ?? 0
    return { line: table.line(row), row: row + 1, column: name }
  }
  return Result.succeed({
    name,
    size: rows.length,
    text: (index) => text(rows[index] ?? -1),
    ...(numbers === undefined ? {} : { numbers: () => numbers(rows) }),
    ...(format === undefined ? {} : { format }),
    ...(pixels === undefined ? {} : { pixels: (index) => pixels(rows[index] ?? -1) }),
    place,
  })
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

/**
 * The targets of the given rows: class numbers as `i32` [rows], or quantities or answers of yes and no as `f32` [rows, columns].
 * Fails with `NoColumn` and `BadCell`.
 */
export const targets = (fitted: FittedHead, table: Table, rows: Rows): DataResult<NDArray.NDArray> =>
  fitted.type === "numbers" || fitted.type === "labels"
    ? inputs(
        { type: "columns", columns: fitted.type === "labels" && fitted.set !== undefined ? [fitted.set] : fitted.columns },
        table,
        rows,
      )
    : Result.gen(function* () {
        const cells = yield* cellsOf(fitted.name, table, rows)
        const data = yield* Category.encode(cells, fitted.classes, Category.noBlank)
        return NDArray.make("i32", [rows.length], data)
      })
