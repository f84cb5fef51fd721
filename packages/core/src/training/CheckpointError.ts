/** The errors of reading and writing checkpoints. */
import { TaggedError } from "effect/Data"
import { shown } from "../types/escaped.ts"

/** A checkpoint could not be written or read: `file` is its path, `got` what was found, `wanted` what was expected, `hint` what to try. */
export class CheckpointError extends TaggedError("CheckpointError")<{
  readonly file: string
  readonly got: string
  readonly wanted: string
  readonly hint: string
  /** Present when it could not be written; absent when it could not be read. */
  readonly isUnwritten?: true
}> {
  override get message(): string {
    return `${shown(this.file)}: got ${shown(this.got)}, wanted ${shown(this.wanted)}; try: ${shown(this.hint)}`
  }
}
