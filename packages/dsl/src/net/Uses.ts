/** From the document's spelling of named things to the uses that core's tables make things of. */
import { make, mayLack, type Option, settled, type Table, type Use } from "@adjoint/core/learning/Entry"
import { type Named, useOf } from "../Document.ts"
import type { Catalogue } from "../schema/Catalogue.ts"

const tableOf = (catalogue: Catalogue, option: Option | undefined): Table<unknown> | undefined => {
  switch (option?.kind) {
    case "activation":
    case "initializer":
    case "schedule":
      return catalogue[option.kind]
    default:
      return undefined
  }
}

/** A named thing of a table as a use of it, and the named things among its options too. */
export const use = (catalogue: Catalogue, table: Table<unknown>, named: Named): Use => {
  const { name, options } = useOf(named)
  const known = Object.hasOwn(table, name) ? table[name]?.options : undefined
  return {
    name,
    options: Object.fromEntries(
      Object.entries(options).map(([key, value]) => {
        const inner = tableOf(catalogue, known?.[key])
        return [key, inner === undefined ? value : use(catalogue, inner, value as Named)] as const
      }),
    ),
  }
}

/** The uses of a table's entries that a map says by their names, in the order of the table. */
export const uses = (table: Table<unknown>, said: object): ReadonlyArray<Use> => {
  const all = new Map<string, unknown>(Object.entries(said))
  return Object.entries(table).flatMap(([name, entry]) => {
    const setting = all.get(name)
    return setting === undefined ? [] : [{ name, options: settled(entry, setting) }]
  })
}

/** What an entry makes when all is left to its defaults; nothing for a name that is not there or that wants an option. */
export const withDefaults = <A>(table: Table<A>, name: string): A | undefined => {
  const entry = Object.hasOwn(table, name) ? table[name] : undefined
  const isBare = entry !== undefined && Object.values(entry.options).every(mayLack)
  return isBare ? make(table, { name, options: {} }) : undefined
}
