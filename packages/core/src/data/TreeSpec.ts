/** The specification of preprocessing into trees: which columns or arrays make up each named input, and which each head predicts. */
import * as Result from "effect/Result"
import { type DataError, dataError } from "./DataError.ts"
import type { Series } from "./Series.ts"
import type { ArrayKind, Spec } from "./Spec.ts"

type DataResult<A> = Result.Result<A, DataError>

/** Columns by the names of inputs or heads. */
export type Groups = { readonly [name: string]: ReadonlyArray<string> }

/** The name that stands for all columns of inputs that no other input has. */
export const rest = "*"

/** A spec whose inputs and targets may have names. */
export interface TreeSpec extends Spec {
  /** The kinds of arrays with names; each input and each head is one of them. */
  readonly arrays?: { readonly [name: string]: ArrayKind }
  /** The columns of each input. */
  readonly inputs?: Groups
  /** The columns that each head predicts. */
  readonly heads?: Groups
  /** How the rows of a table are windows of series. */
  readonly series?: Series
}

/** The columns of each input, with those that `rest` stands for. */
export const completed = (groups: Groups, columns: ReadonlyArray<string>): Groups => {
  const taken = new Set(Object.values(groups).flat())
  const others = columns.filter((name) => !taken.has(name))
  return Object.fromEntries(
    Object.entries(groups).map(([name, own]) => [name, own.flatMap((column) => (column === rest ? others : [column]))]),
  )
}

/** The results of `f` for the values of a record, by name; fails as `f` does. */
export const each = <A, B>(groups: { readonly [name: string]: A }, f: (item: A, name: string) => DataResult<B>) =>
  Result.gen(function* () {
    const made: Array<readonly [string, B]> = []
    for (const [name, item] of Object.entries(groups)) made.push([name, yield* f(item, name)])
    return Object.fromEntries(made)
  })

/** A refusal of what a specification or rows are. */
export const refuse = (at: string, got: string, wanted: string, hint: string): DataResult<never> =>
  Result.fail(dataError({ _tag: "BadSpec", at, got, wanted, hint }))
