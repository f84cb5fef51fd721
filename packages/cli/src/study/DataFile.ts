/** A file that the data of a study were read from. */
import * as Schema from "effect/Schema"

export const DataFile = Schema.Struct({
  /** Its absolute path where the study began: a name, which is never opened elsewhere. */
  path: Schema.String,
  bytes: Schema.Int.check(Schema.isGreaterThanOrEqualTo(0)),
  /** The hash of its bytes. */
  sha256: Schema.String.check(Schema.isPattern(/^[\da-f]{64}$/u)),
})
export type DataFile = typeof DataFile.Type
