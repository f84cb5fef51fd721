/** The parts of data that inputs and heads are made of: the columns of a table, or named arrays. */
import * as Column from "@adjoint/core/data/Column"
import type { Role, Target } from "@adjoint/core/data/columns/Kind"
import { rest } from "@adjoint/core/data/PreprocessTree"
import { type ArrayKind, arrayRole } from "@adjoint/core/data/Spec"
import type { Data } from "../Document.ts"
import type { Location } from "../diagnostic/Diagnostic.ts"

/** A column of a table or a named array, as the document has it. */
export interface Part {
  readonly role: Role | undefined
  readonly target: Target | undefined
}

/** The columns of a table, or named arrays. `isWhole`: there are no others, so a name that is not here is wrong. */
export interface Parts {
  readonly all: ReadonlyMap<string, Part>
  readonly isWhole: boolean
  readonly what: "column" | "array"
}

const ofArray = (kind: ArrayKind): Part => {
  const role = arrayRole(kind)
  return { role, target: role === "input" ? undefined : kind.type === "class" ? "class" : "numbers" }
}

/** The columns of the document, and those of the table, if they are known; or its named arrays. */
export const partsOf = ({ arrays, columns = {} }: Data, table: ReadonlyArray<string> | undefined): Parts => {
  if (arrays !== undefined)
    return { all: new Map(Object.entries(arrays).map(([name, kind]) => [name, ofArray(kind)])), isWhole: true, what: "array" }
  const others = Object.hasOwn(columns, rest) ? columns[rest] : undefined
  const named = Object.entries(columns).filter(([name]) => name !== rest)
  const more = (table ?? []).flatMap((name) =>
    Object.hasOwn(columns, name) || others === undefined ? [] : [[name, others] as const],
  )
  const all = [...named, ...more].map(
    ([name, column]) => [name, { role: Column.roleOf(column), target: Column.targetOf(column) }] as const,
  )
  return { all: new Map(all), isWhole: table !== undefined || others === undefined, what: "column" }
}

/** The place in the document that declares a column or an array. */
export const declared = ({ arrays, columns = {} }: Data, name: string): Location =>
  arrays !== undefined
    ? { path: ["data", "arrays", name], on: "key" }
    : { path: ["data", "columns", Object.hasOwn(columns, name) ? name : rest], on: "key" }

/** Whether the data has parts with names. */
export const hasParts = ({ arrays, columns }: Data): boolean => arrays !== undefined || columns !== undefined

/** The names of the parts with a role. */
export const having = ({ all }: Parts, wanted: Role): ReadonlyArray<string> =>
  [...all].flatMap(([name, { role }]) => (role === wanted ? [name] : []))
