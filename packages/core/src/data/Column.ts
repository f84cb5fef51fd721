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
import { ignore } from "./columns/ignore.ts"
import type { AnyKind, Input, Role, Target } from "./columns/Kind.ts"
import { number } from "./columns/number.ts"
import { text } from "./columns/text.ts"
import * as Field from "./Field.ts"
import type { FittedColumn } from "./Fitted.ts"

/** The kinds of column that a fitted record may hold, each with its input. */
type Fits = {
  readonly [T in FittedColumn["type"]]: { readonly input?: Input<never, Extract<FittedColumn, { readonly type: T }>> }
}

/** The kinds of column, by their names in model files. */
export const kinds = { number, category, binary, class: classKind, text, ignore } as const satisfies Fits & {
  readonly [name: string]: AnyKind
}

/** The name of a kind of column. */
export type Type = keyof typeof kinds

/** The options of a kind, as a model file gives them. */
export type Options<T extends Type> = Field.Written<(typeof kinds)[T]["fields"]>

/** How one column is preprocessed: its type with its options. */
export type Column = { readonly [T in Type]: { readonly type: T } & Options<T> }[Type]

/** A column's options, or its type alone. */
export type ColumnOrType = Type | Column

/** Columns by name; `"*"` stands for every column that is not named. */
export type Columns = { readonly [name: string]: ColumnOrType }

/** A column with its options. */
export const whole = (column: ColumnOrType): Column => (typeof column === "string" ? ({ type: column } as Column) : column)

/** The kind of a column. */
export const kindOf = ({ type }: { readonly type: Type }): AnyKind => kinds[type]

/** The options of a column with their defaults. */
export const filled = (column: Column): Field.Filled<Field.Fields> => Field.fill(kindOf(column).fields, column)

/** Whether a column is an input or a target; `undefined` if it is not used. */
export const roleOf = (column: Column): Role | undefined =>
  "role" in column && column.role !== undefined ? column.role : kindOf(column).role

/** Whether a column is predicted. */
export const isTarget = (column: Column): boolean => roleOf(column) === "target"

/** The kind of target that a column is. */
export const targetOf = (column: Column): Target | undefined => (isTarget(column) ? kindOf(column).target : undefined)

/** How a column is read as an input. */
export const inputOf = (type: Type): Input<Field.Fields, FittedColumn> | undefined =>
  kinds[type as Exclude<Type, "class" | "ignore">].input as Input<Field.Fields, FittedColumn> | undefined

/** How many numbers an input column has per row; `undefined` if that depends on the rows. */
export const widthOf = (column: Column): number | undefined => inputOf(column.type)?.width(filled(column))

/** Whether a column is tokens, which make up an input of their own. */
export const hasTokens = (column: Column): boolean => roleOf(column) === "input" && inputOf(column.type)?.tokens !== undefined

/** How many different tokens a column has, the padding included; `undefined` if that depends on the rows, or it has none. */
export const tokensOf = (column: Column): number | undefined => inputOf(column.type)?.tokens?.known(filled(column))

/** Whether rows with a blank in this column are left out. */
export const isDropping = (column: Column): boolean => "missing" in column && column.missing === "drop"
