/** What is said of a reference to a name that is not there: what was probably meant, with the edit, or what there is. */
import type { Code } from "./Codes.ts"
import type { Finding, Spot } from "./Diagnostic.ts"
import { scalar } from "./Fix.ts"
import { listed, nearestNames, suggest } from "./Suggest.ts"

/** A reference, and what it could have referred to. */
export interface Reference {
  readonly code: Code
  readonly name: string
  readonly names: ReadonlyArray<string>
  readonly at: Spot
  /** What is said, up to the name. */
  readonly message: string
  /** What to try where there is nothing to refer to. */
  readonly none?: string
  /** What is said before the names there are. */
  readonly there?: string
  /** What stands behind the name in the same text. */
  readonly rest?: string
}

/** The finding for a reference to a name that is not there. */
export const unknown = ({ at, code, message, name, names, none, rest = "", there = "there are" }: Reference): Finding => {
  const meant = suggest(name, names)
  const help =
    names.length === 0 && none !== undefined ? none : `${there} ${listed(nearestNames(name, [...new Set(names)], 8), "and")}`
  return {
    code,
    message: `${message} \`${name}\``,
    at,
    help: meant === undefined ? help : `did you mean \`${meant}\`?`,
    ...(meant === undefined ? {} : { fix: { title: `write \`${meant}\``, at, text: scalar(`${meant}${rest}`) } }),
  }
}
