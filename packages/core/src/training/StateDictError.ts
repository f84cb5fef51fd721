/** The error of weights that do not fit a net. */
import { TaggedError } from "effect/Data"
import { shown } from "../types/escaped.ts"

/** One array that cannot be used, or one name that means nothing: what was found, what is wanted, and what to try. */
export interface Problem {
  readonly _tag: "Missing" | "Unexpected" | "WrongShape" | "WrongType" | "UnknownLayer" | "UnclearOrder" | "NotConvertible"
  /** The name of an array in the file, or of a layer of the net. */
  readonly name: string
  readonly got: string
  readonly wanted: string
  readonly hint: string
}

/** The most problems that a message lists. */
const maxListed = 20

/** Weights that do not fit a net, with all problems: `file` names where they come from. */
export class StateDictError extends TaggedError("StateDictError")<{
  readonly file: string
  readonly problems: ReadonlyArray<Problem>
}> {
  override get message(): string {
    const listed = this.problems
      .slice(0, maxListed)
      .map(({ got, hint, name, wanted }) => `${shown(JSON.stringify(name))}: got ${shown(got)}, wanted ${shown(wanted)}; try: ${shown(hint)}`)
    const rest = this.problems.length - listed.length
    return [`${shown(this.file)} does not fit the net`, ...listed, ...(rest > 0 ? [`and ${rest} more`] : [])].join("\n  ")
  }
}
