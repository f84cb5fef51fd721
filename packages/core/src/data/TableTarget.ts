/** The targets of a table: fits the columns that are predicted, and turns their cells into numbers. */
import * as Result from "effect/Result"
import * as NDArray from "../types/NDArray.ts"
import * as Category from "./Category.ts"
import * as Column from "./Column.ts"
import type { DataResult } from "./columns/Kind.ts"
import { dataError, type Reason } from "./DataError.ts"
import type { FittedBinary, FittedHead, FittedLabels, FittedNumber, FittedSet, FittedTarget } from "./Fitted.ts"
import type { Rows } from "./Raw.ts"
import type { Table } from "./Table.ts"
import { fitInput, inputs } from "./TableInput.ts"
import { cellsOf, type Used } from "./UsedColumns.ts"

const refuse = (reason: Reason): DataResult<never> => Result.fail(dataError(reason))

/** A set as answers of yes and no, one for each of its names. */
const labelsOf = (set: FittedSet): FittedLabels => ({
  type: "labels",
  columns: set.names.map((name) => ({ type: "binary", name, categories: ["no", "yes"] })),
  set,
})

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
