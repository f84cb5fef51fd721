/** How a reader of delimited text stores the columns of a table that is to be preprocessed: numbers as numbers, ignored ones not at all. */
import * as Column from "./Column.ts"
import { formatOf } from "./columns/number.ts"
import type { Use } from "./csv/Start.ts"
import type { FittedColumn } from "./Fitted.ts"
import type { Format } from "./NumberFormat.ts"

/** The format of the numbers of a column with these options. */
const formatted = (marks: object, ofFile: Format): Format => {
  const { decimal, thousands, unit } = marks as Format
  return formatOf({ decimal, thousands, unit }, ofFile)
}

/**
 * The use of each column, by its name. `kept` are columns that something else than preprocessing reads, such as a split; they
 * are texts. `ofFile` is how the file writes numbers.
 */
export const ofColumns =
  (columns: Column.Columns, ofFile: Format, kept: ReadonlySet<string> = new Set()) =>
  (name: string): Use => {
    if (kept.has(name)) return "text"
    const given = Column.declared(columns, name)
    if (given === undefined) return "text"
    const column = Column.whole(given)
    if (column.type === "ignore") return "ignore"
    return Column.kindOf(column).stores === "number" ? formatted(column, ofFile) : "text"
  }

/** The use of each column that was fitted; others are texts. */
export const ofFitted = (columns: ReadonlyArray<FittedColumn>) => {
  const byName = new Map(columns.map((column) => [column.name, column]))
  return (name: string): Use => {
    const column = byName.get(name)
    return column !== undefined && Column.kindOf(column).stores === "number" ? formatted(column, {}) : "text"
  }
}
