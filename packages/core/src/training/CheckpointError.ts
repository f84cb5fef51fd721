/** Failures of reading and writing checkpoints. */
import { TaggedError } from "effect/Data"

/** A checkpoint could not be written or read: `file` is its place, `got` what was found, `wanted` what should be there, `hint` what to try. */
export class CheckpointError extends TaggedError("CheckpointError")<{
  readonly file: string
  readonly got: string
  readonly wanted: string
  readonly hint: string
  /** It could not be written; else it could not be read. */
  readonly isUnwritten?: true
}> {
  override get message(): string {
    return `${this.file}: got ${this.got}, wanted ${this.wanted}; try: ${this.hint}`
  }
}
