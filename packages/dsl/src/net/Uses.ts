/** Converts entries as the document spells them to the uses that core's tables build. */
import { isOptional, make, type Option, settled, type Table, type Use } from "@adjoint/core/learning/Entry"
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

/** The entries that a map names, with their options, in the order of the table. */
export const uses = (table: Table<unknown>, said: object): ReadonlyArray<Use> => {
  const all = new Map<string, unknown>(Object.entries(said))
  return Object.entries(table).flatMap(([name, entry]) => {
    const setting = all.get(name)
    return setting === undefined ? [] : [{ name, options: settled(entry, setting) }]
  })
}

/** The value of an entry with default options; `undefined` for an unknown name or an entry with a required option. */
export const withDefaults = <A>(table: Table<A>, name: string): A | undefined => {
  const entry = Object.hasOwn(table, name) ? table[name] : undefined
  const isBare = entry !== undefined && Object.values(entry.options).every(isOptional)
  return isBare ? make(table, { name, options: {} }) : undefined
}
