/** What a message says of a reference to a name that does not exist: what was probably meant, with the edit, or what there is. */
import type { Code } from "./Codes.ts"
import type { Finding, Spot } from "./Diagnostic.ts"
import { scalar } from "./Fix.ts"
import { listed, meaning, nearestNames, type Synonyms } from "./Suggest.ts"

/** A reference, and what it could have referred to. */
export interface Reference {
  readonly code: Code
  readonly name: string
  readonly names: ReadonlyArray<string>
  readonly synonyms?: Synonyms
  readonly at: Spot
  /** The message up to the name. */
  readonly message: string
  /** What to try where there is nothing to refer to. */
  readonly none?: string
  /** What stands before the list of names. */
  readonly there?: string
  /** What stands behind the name in the same text. */
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
