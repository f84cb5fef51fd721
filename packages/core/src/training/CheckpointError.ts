/** The errors of reading and writing checkpoints. */
import { TaggedError } from "effect/Data"

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
    return `${this.file}: got ${this.got}, wanted ${this.wanted}; try: ${this.hint}`
  }
}
