/** Types for columns that a document does not declare, guessed from their cells, as a model file writes them. */
import type * as Column from "@adjoint/core/data/Column"
import * as Infer from "@adjoint/core/data/Infer"
import type { Table } from "@adjoint/core/data/Table"
import { scalar } from "../diagnostic/Fix.ts"

/** The kind of column that holds what was guessed, and what replaces its blanks; texts, constants and empty columns are no usual inputs. */
const kinds: { readonly [T in Infer.Type]: { readonly type: Column.Type; readonly missing?: string } } = {
  number: { type: "number", missing: "median" },
  binary: { type: "binary", missing: "drop" },
  category: { type: "category", missing: "most_common" },
  set: { type: "set", missing: "empty" },
  date: { type: "date", missing: "drop" },
  identifier: { type: "id" },
  group: { type: "group", missing: "drop" },
  text: { type: "ignore" },
  names: { type: "ignore" },
  constant: { type: "ignore" },
  empty: { type: "ignore" },
}

/** The options of a column in the order of writing. */
const optionsOf = ({ blanks, dates, format = {}, separator, type }: Infer.Guess): ReadonlyArray<string> => {
  const { missing } = kinds[type]
  return [
    ...(dates === undefined || dates.format === "iso" ? [] : [`format: ${scalar(dates.format)}`]),
    ...(separator === undefined ? [] : [`separator: ${JSON.stringify(separator)}`]),
    ...Object.entries(type === "number" ? format : {}).map(([mark, value]) => `${mark}: ${JSON.stringify(value)}`),
    ...(blanks > 0 && missing !== undefined ? [`missing: ${missing}`] : []),
  ]
}

/** The type of a column, with the options that its cells ask for. Of a number with blanks it is `{ type: number, missing: median }`. */
export const typeOf = (guess: Infer.Guess): string => {
  const { type } = kinds[guess.type]
  const options = optionsOf(guess)
  return options.length === 0 ? type : `{ type: ${type}, ${options.join(", ")} }`
}

/** A help text shows at most this many columns. */
const shown = 8

/** Columns of a table with their guessed types. */
export const inWords = (table: Table, names: ReadonlyArray<string>): string => {
  const guesses = names.slice(0, shown).map((name) => {
    const guess = Infer.column(table.column(table.columns.indexOf(name)), name)
    return `${scalar(name)}: ${typeOf(guess)}`
  })
  const more = names.length > shown ? `, and ${names.length - shown} more` : ""
  return `\`${guesses.join(", ")}\`${more}`
}
