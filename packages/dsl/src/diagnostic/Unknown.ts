/** The finding for an unknown name: a suggestion with its edit, or the names that exist. */
import type { Code } from "./Codes.ts"
import type { Finding, Location } from "./Diagnostic.ts"
import { scalar } from "./Fix.ts"
import { listed, meaning, nearestNames, type Synonyms } from "./Suggest.ts"

/** A reference to an unknown name, with the names that exist. */
export interface Reference {
  readonly code: Code
  readonly name: string
  readonly names: ReadonlyArray<string>
  readonly synonyms?: Synonyms
  readonly at: Location
  /** The message up to the name. */
  readonly message: string
  /** The help if there are no names. */
  readonly none?: string
  /** The text before the list of names. */
  readonly there?: string
  /** The text after the name. */
  readonly rest?: string
}

/** The finding for a reference to a name that does not exist. */
export const unknown = (reference: Reference): Finding => {
  const { at, code, message, name, names, none, rest = "", synonyms, there = "there are" } = reference
  const meant = meaning(name, [...new Set(names)], synonyms)
  const help =
    names.length === 0 && none !== undefined ? none : `${there} ${listed(nearestNames(name, [...new Set(names)], 8), "and")}`
  const [only] = meant?.names.length === 1 ? meant.names : []
  return {
    code,
    message: `${message} \`${name}\``,
    at,
    help: meant?.help ?? help,
    ...(only === undefined ? {} : { fix: { title: `write \`${only}\``, at, text: scalar(`${only}${rest}`) } }),
  }
}
