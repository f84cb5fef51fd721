/** The names that people type for the entries of core's tables and for their options, from the entries. */
import type { AnyEntry, Table } from "@adjoint/core/learning/Entry"
import type { Synonyms } from "../diagnostic/Suggest.ts"
import type { Catalogue } from "./Catalogue.ts"

/** Something that may have other names. */
interface Named {
  readonly doc: string
  readonly synonyms?: ReadonlyArray<string>
}

/** Those of kinds or of fields, by name. */
export const of = (all: { readonly [name: string]: Named }): Synonyms =>
  Object.fromEntries(Object.entries(all).flatMap(([name, { synonyms }]) => (synonyms === undefined ? [] : [[name, synonyms]])))

/** Those of an entry's options. */
export const ofOptions = ({ options }: Pick<AnyEntry<unknown>, "options">): Synonyms => of(options)

/** Those of an entry itself. An alias is another name of an entry, which has the synonyms. */
export const ofEntry = ({ alias, synonyms = [] }: Pick<AnyEntry<unknown>, "alias" | "synonyms">): ReadonlyArray<string> =>
  alias === undefined ? synonyms : []

/** Those of a table's entries. */
export const ofTable = (table: Table<unknown>): Synonyms =>
  Object.fromEntries(Object.entries(table).map(([name, entry]) => [name, ofEntry(entry)]))

/** The synonyms of several lists together. */
export const together = (lists: Iterable<Synonyms>): Synonyms => {
  const all: { [name: string]: ReadonlyArray<string> } = {}
  for (const list of lists)
    for (const [name, synonyms] of Object.entries(list)) all[name] = [...new Set([...(all[name] ?? []), ...synonyms])]
  return all
}

const tablesOf = (catalogue: Catalogue): ReadonlyArray<Table<unknown>> => Object.values<Table<unknown>>({ ...catalogue })

/** Those of the options of all entries, for options whose entry is not known. */
export const ofAllOptions = (catalogue: Catalogue): Synonyms =>
  together(tablesOf(catalogue).flatMap((table) => Object.values(table).map(ofOptions)))
