/**
 * The kinds of column: one entry for each, with its options, their defaults, its documentation, and how its cells become
 * numbers.
 *
 * A new kind is one file with one entry, and a row of `kinds`. If it learns a new kind of record, the type checker asks for
 * its schema in `Fitted`.
 */
import { binary } from "./columns/binary.ts"
import { category } from "./columns/category.ts"
import { classKind } from "./columns/class.ts"
import { date } from "./columns/date.ts"
import { group } from "./columns/group.ts"
import { id } from "./columns/id.ts"
import { ignore } from "./columns/ignore.ts"
import { image } from "./columns/image.ts"
import type { AnyKind, Input, Role, Target } from "./columns/Kind.ts"
import { number } from "./columns/number.ts"
import { ordinal } from "./columns/ordinal.ts"
import { set } from "./columns/set.ts"
import { text } from "./columns/text.ts"
import { vector } from "./columns/vector.ts"
import { weight } from "./columns/weight.ts"
import * as DateFormat from "./DateFormat.ts"
import * as Field from "./Field.ts"
import type { FittedColumn } from "./Fitted.ts"

/** The kinds of column that a fitted record may hold, each with its input. */
type Fits = {
  readonly [T in FittedColumn["type"]]: { readonly input?: Input<never, Extract<FittedColumn, { readonly type: T }>> }
}

/** The kinds of column, by their names in model files. */
export const kinds = {
  number,
  category,
  binary,
  class: classKind,
  ordinal,
  date,
  set,
  vector,
  id,
  weight,
  group,
  text,
  image,
  ignore,
} as const satisfies Fits & {
  readonly [name: string]: AnyKind
}

export type { Role } from "./columns/Kind.ts"

/** The name of a kind of column. */
export type Type = keyof typeof kinds

/** The options of a kind, as a model file gives them. */
export type Options<T extends Type> = Field.Written<(typeof kinds)[T]["fields"]>

/** How one column is preprocessed: its type with its options. */
export type Column = { readonly [T in Type]: { readonly type: T } & Options<T> }[Type]

/** The types that need no option. */
type Bare = { readonly [T in Type]: Record<never, never> extends Options<T> ? T : never }[Type]

/** A column's options, or its type alone. */
export type ColumnOrType = Bare | Column

/** Columns by name; `"*"` stands for every column that is not named. */
export type Columns = { readonly [name: string]: ColumnOrType }

/** The column of a name: its own, or that of `"*"`, which stands for all names that are not listed. */
export const declared = <C>(columns: { readonly [name: string]: C }, name: string): C | undefined =>
  Object.hasOwn(columns, name) ? columns[name] : Object.hasOwn(columns, "*") ? columns["*"] : undefined

/** A column with its options. */
export const whole = (column: ColumnOrType): Column => (typeof column === "string" ? ({ type: column } as Column) : column)

/** The kind of a column. */
export const kindOf = ({ type }: { readonly type: Type }): AnyKind => kinds[type]

/** The options of a column with their defaults. */
export const filled = (column: Column): Field.Filled<Field.Fields> => Field.fill(kindOf(column).fields, column)

/** The role of a column; `undefined` if it is not used. */
export const roleOf = (column: Column): Role | undefined =>
  "role" in column && column.role !== undefined ? column.role : kindOf(column).role

/** Whether a column is predicted. */
export const isTarget = (column: Column): boolean => roleOf(column) === "target"

/** The kind of target that a column is. */
export const targetOf = (column: Column): Target | undefined => (isTarget(column) ? kindOf(column).target : undefined)

/** How a column is read as an input. */
export const inputOf = (type: Type): Input<Field.Fields, FittedColumn> | undefined =>
  (kinds[type] as AnyKind).input as unknown as Input<Field.Fields, FittedColumn> | undefined

/** How many numbers an input column has per row; `undefined` if that depends on the rows. */
export const widthOf = (column: Column): number | undefined => inputOf(column.type)?.width(filled(column))

/** The classes of a target in their order, where the options have them. */
export const classesOf = (column: Column): ReadonlyArray<string> | undefined => {
  const { classes } = kindOf(column)
  const given = classes === undefined ? undefined : filled(column)[classes]
  return Array.isArray(given) ? given.map((name) => String(name).trim()) : undefined
}

/** The value that would replace blanks of a target, in words; `undefined` where none does, as it must be. A blank set is empty. */
export const inventedOf = (column: Column): string | undefined => {
  if (!isTarget(column) || !("missing" in column) || column.missing === undefined) return undefined
  const { missing } = column
  if (missing === "error" || missing === "drop" || missing === "empty") return undefined
  return typeof missing === "object" ? `{ constant: ${missing.constant} }` : String(missing)
}
/** Whether a column is tokens, which make up an input of their own. */
export const hasTokens = (column: Column): boolean => roleOf(column) === "input" && inputOf(column.type)?.tokens !== undefined

/** How many different tokens a column has, the padding included; `undefined` if that depends on the rows, or it has none. */
export const tokensOf = (column: Column): number | undefined => inputOf(column.type)?.tokens?.known(filled(column))

/** How the dates of a column are read; `undefined` for one of another kind. */
export const dateReaderOf = (column: Column): DateFormat.Reader | undefined => {
  const { format } = filled(column)
  return column.type === "date" && typeof format === "string" ? DateFormat.readerOf(format) : undefined
}

/** Whether rows with a blank in this column are left out. */
export const isDropping = (column: Column): boolean => "missing" in column && column.missing === "drop"
