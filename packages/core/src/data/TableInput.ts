/** Tables of text cells: which column is what, what each learns from the training rows, and cells made numbers by it. */
import * as Result from "effect/Result"
import * as NDArray from "../words/NDArray.ts"
import * as Category from "./Category.ts"
import { type Cell, type DataError, dataError, quote, type Reason } from "./DataError.ts"
import type {
  FittedBinary,
  FittedCategory,
  FittedClasses,
  FittedColumn,
  FittedColumns,
  FittedNumber,
  FittedNumbers,
  FittedTarget,
} from "./Fitted.ts"
import { nearest } from "./Nearest.ts"
import type { CategoryColumn, Column, ColumnOrType, Columns, NumberColumn } from "./PrepareSpec.ts"
import * as Quantity from "./Quantity.ts"
import type { Table } from "./Table.ts"

type Answer<A> = Result.Result<A, DataError>
type Rows = ArrayLike<number>

const refuse = (reason: Reason): Answer<never> => Result.fail(dataError(reason))

type Named<C> = C extends Column ? { readonly name: string; readonly column: C } : never

/** A column that is used. */
type Used = Named<Exclude<Column, { readonly type: "ignore" }>>

/**
 * What is said of each column of a table, in the table's order, those ignored left out.
 *
 * Fails with `NoColumn` for a name the table does not have, `UnlistedColumns` for columns nothing is said about.
 */
export const resolve = (columns: Columns, table: Table): Answer<ReadonlyArray<Used>> => {
  const named = Object.keys(columns).filter((name) => name !== "*")
  const absent = named.find((name) => !table.columns.includes(name))
  if (absent !== undefined) return noColumn(absent, table)
  const unlisted = table.columns.filter((name) => !Object.hasOwn(columns, name))
  const rest = Object.hasOwn(columns, "*") ? columns["*"] : undefined
  if (rest === undefined && unlisted.length > 0) return refuse({ _tag: "UnlistedColumns", columns: unlisted })
  return Result.succeed(
    table.columns.flatMap((name) => {
      const column = whole((Object.hasOwn(columns, name) ? columns[name] : rest) ?? "ignore")
      return column.type === "ignore" ? [] : [{ name, column } as Used]
    }),
  )
}

const whole = (column: ColumnOrType): Column => (typeof column === "string" ? { type: column } : column)

const noColumn = (column: string, table: Table) =>
  refuse({ _tag: "NoColumn", column, nearest: nearest(column, table.columns), columns: table.columns })

const isTarget = ({ column }: Used): boolean => column.type === "class" || ("role" in column && column.role === "target")

/** Learns every column from the given rows. Fails as `resolve` does, with `BadCell` for a wrong cell, `BadSpec` for a column that cannot be learned. */
export const fit = (
  columns: Columns,
  table: Table,
  rows: Rows,
): Answer<{ readonly input: FittedColumns; readonly target: FittedTarget }> =>
  Result.gen(function* () {
    const used = yield* resolve(columns, table)
    const inputs: Array<FittedColumn> = []
    for (const column of used) if (!isTarget(column)) inputs.push(yield* fitInput(column, table, rows))
    if (inputs.length === 0)
      return yield* refuse({
        _tag: "BadSpec",
        at: "columns",
        got: "no inputs",
        wanted: "one or more",
        hint: "say what a column is, as in `Age: number`",
      })
    const target = yield* fitTarget(used.filter(isTarget), table, rows)
    return { input: { type: "columns", columns: inputs } as const, target }
  })

const fitInput = ({ name, column }: Used, table: Table, rows: Rows): Answer<FittedColumn> =>
  column.type === "number"
    ? fitNumber(name, column, table, rows)
    : column.type === "category"
      ? fitCategory(name, column, table, rows)
      : Result.map(fitClasses(name, "binary", table, rows), ({ classes }) => ({ type: "binary", name, categories: classes }))

const fitTarget = (targets: ReadonlyArray<Used>, table: Table, rows: Rows): Answer<FittedTarget> => {
  const [first] = targets
  if (first === undefined) return Result.succeed(null)
  const numbers = targets.flatMap((target) =>
    target.column.type === "number" ? [{ name: target.name, column: target.column }] : [],
  )
  if (numbers.length === targets.length)
    return Result.map(
      Result.all(numbers.map(({ name, column }) => fitNumber(name, column, table, rows))),
      (columns): FittedNumbers => ({ type: "numbers", columns }),
    )
  if (targets.length > 1)
    return refuse({
      _tag: "BadSpec",
      at: "columns",
      got: `the targets ${targets.map(({ name }) => `\`${name}\``).join(" and ")}`,
      wanted: "one class or binary target, or numbers only",
      hint: "keep one of them",
    })
  return fitClasses(first.name, first.column.type === "binary" ? "binary" : "class", table, rows)
}

const cellsOf = (name: string, table: Table, rows: Rows): Answer<ReadonlyArray<string>> => {
  const at = table.columns.indexOf(name)
  if (at < 0) return noColumn(name, table)
  return Result.succeed(Array.from({ length: rows.length }, (_, i) => table.rows[rows[i] ?? -1]?.[at] ?? ""))
}

const placeIn =
  (name: string, table: Table, rows: Rows) =>
  (index: number): Cell => {
    const row = rows[index] ?? 0
    return { line: table.lines[row] ?? row + 1, row: row + 1, column: name }
  }

const blankNumber = (name: string): string => `say what stands for a blank, as in \`${name}: { type: number, missing: median }\``

const fitNumber = (name: string, spec: NumberColumn, table: Table, rows: Rows): Answer<FittedNumber> =>
  Result.gen(function* () {
    const cells = yield* cellsOf(name, table, rows)
    const blank = spec.missing === undefined ? blankNumber(name) : undefined
    return yield* Quantity.fit(name, spec, yield* Quantity.readAll(cells, placeIn(name, table, rows), blank))
  })

const trimmed = (name: string, table: Table, rows: Rows): Answer<ReadonlyArray<string>> =>
  Result.map(cellsOf(name, table, rows), (cells) => cells.map((cell) => cell.trim()))

const fitCategory = (name: string, spec: CategoryColumn, table: Table, rows: Rows): Answer<FittedCategory> =>
  Result.gen(function* () {
    const cells = yield* trimmed(name, table, rows)
    const known = cells.filter((cell) => cell !== "")
    if (known.length === 0)
      return yield* refuse({
        _tag: "BadSpec",
        at: `column \`${name}\``,
        got: "no name in any training row",
        wanted: "one or more",
        hint: "ignore the column",
      })
    const fill = spec.missing === undefined ? null : spec.missing === "most_common" ? Category.mostCommon(known) : ""
    const categories = Category.sorted(fill === "" && known.length < cells.length ? cells : known)
    if (categories.length > Category.most)
      return yield* refuse({
        _tag: "TooLarge",
        what: `the category column \`${name}\``,
        got: BigInt(categories.length),
        limit: Category.most,
        unit: "names",
      })
    const fitted: FittedCategory = { type: "category", name, categories, fill, unknown: spec.unknown ?? "error" }
    yield* category(fitted, table, rows)
    return fitted
  })

const fitClasses = (name: string, type: "class" | "binary", table: Table, rows: Rows): Answer<FittedClasses> =>
  Result.gen(function* () {
    const cells = yield* trimmed(name, table, rows)
    const classes = Category.sorted(cells.filter((cell) => cell !== ""))
    const wanted = type === "binary" ? "two names" : "two names or more"
    if (classes.length < 2 || (type === "binary" && classes.length > 2))
      return yield* refuse({
        _tag: "BadSpec",
        at: `column \`${name}\``,
        got: `${classes.length} in the training rows: ${classes.slice(0, 5).map(quote).join(", ")}${classes.length > 5 ? ", …" : ""}`,
        wanted,
        hint: type === "binary" && classes.length > 2 ? "`class`, or `number` where the cells are quantities" : "",
      })
    const fitted: FittedClasses = { type, name, classes }
    yield* classNumbers(fitted, table, rows)
    return fitted
  })

/** The inputs of the given rows, as `f32` [rows, width]. Fails with `NoColumn` and `BadCell`. */
export const inputs = (fitted: FittedColumns, table: Table, rows: Rows): Answer<NDArray.NDArray> =>
  Result.gen(function* () {
    const width = fitted.columns.reduce((sum, column) => sum + columnWidth(column), 0)
    const data = new Float32Array(rows.length * width)
    let at = 0
    for (const column of fitted.columns) {
      yield* write(column, table, rows, { data, width, at })
      at += columnWidth(column)
    }
    return NDArray.make("f32", [rows.length, width], data)
  })

/** Where a column's numbers go: from `at` in each row of `width` numbers. */
interface Block {
  readonly data: Float32Array
  readonly width: number
  readonly at: number
}

const columnWidth = (column: FittedColumn): number => columnNames(column).length

/** What a fitted column's numbers are called. */
export const columnNames = (column: FittedColumn): ReadonlyArray<string> =>
  column.type === "number"
    ? [column.name, ...(column.indicator ? [`${column.name} is blank`] : [])]
    : column.type === "category"
      ? column.categories.map((category) => `${column.name}=${category}`)
      : [`${column.name}=${column.categories.at(-1)}`]

const write = (column: FittedColumn, table: Table, rows: Rows, { data, width, at }: Block): Answer<void> => {
  if (column.type === "number") return writeNumbers(column, table, rows, { data, width, at })
  if (column.type === "category")
    return Result.map(category(column, table, rows), (numbers) => {
      for (let i = 0; i < numbers.length; i++) {
        const number = numbers[i] ?? -1
        if (number >= 0) data[i * width + at + number] = 1
      }
    })
  return Result.map(binary(column, table, rows), (numbers) => {
    for (let i = 0; i < numbers.length; i++) data[i * width + at] = numbers[i] ?? 0
  })
}

const writeNumbers = (column: FittedNumber, table: Table, rows: Rows, { data, width, at }: Block): Answer<void> =>
  Result.gen(function* () {
    const cells = yield* cellsOf(column.name, table, rows)
    const place = placeIn(column.name, table, rows)
    const values = yield* Quantity.readAll(cells, place, column.fill === null ? blankNumber(column.name) : undefined)
    for (let i = 0; i < values.length; i++) {
      const value = values[i] ?? 0
      const prepared = Math.fround(Quantity.apply(column, value))
      if (!Number.isFinite(prepared))
        return yield* refuse({
          _tag: "BadCell",
          ...place(i),
          got: quote(cells[i] ?? ""),
          wanted:
            column.transform === "log1p" && value <= -1 ? "a value above -1 for `log1p`" : "a value that is finite in 32 bits",
          hint: "clip the column",
        })
      data[i * width + at] = prepared
      if (column.indicator) data[i * width + at + 1] = Number.isNaN(value) ? 1 : 0
    }
  })

const category = (column: FittedCategory, table: Table, rows: Rows): Answer<Int32Array> =>
  Result.flatMap(cellsOf(column.name, table, rows), (cells) =>
    Category.encode(cells, column.categories, placeIn(column.name, table, rows), {
      blank: column.fill,
      unknown: column.unknown,
      hints: {
        blank: `say what stands for a blank, as in \`${column.name}: { type: category, missing: most_common }\``,
        unknown: "`unknown: zeros`",
      },
    }),
  )

const noBlank = { blank: null, unknown: "error", hints: { blank: "leave the row out", unknown: "" } } as const

const binary = (column: FittedBinary, table: Table, rows: Rows): Answer<Int32Array> =>
  Result.flatMap(cellsOf(column.name, table, rows), (cells) =>
    Category.encode(cells, column.categories, placeIn(column.name, table, rows), noBlank),
  )

const classNumbers = (fitted: FittedClasses, table: Table, rows: Rows): Answer<Int32Array> =>
  Result.flatMap(cellsOf(fitted.name, table, rows), (cells) =>
    Category.encode(cells, fitted.classes, placeIn(fitted.name, table, rows), noBlank),
  )

/** The targets of the given rows: class numbers as `i32` [rows], or quantities as `f32` [rows, columns]. Fails with `NoColumn` and `BadCell`. */
export const targets = (fitted: FittedClasses | FittedNumbers, table: Table, rows: Rows): Answer<NDArray.NDArray> =>
  fitted.type === "numbers"
    ? inputs({ type: "columns", columns: fitted.columns }, table, rows)
    : Result.map(classNumbers(fitted, table, rows), (data) => NDArray.make("i32", [rows.length], data))
