/** A finished trial as it is stored: what the search knows of it, and how long it took where. */
import * as Schema from "effect/Schema"

const Finite = Schema.Finite

export const TrialRecord = Schema.Struct({
  number: Schema.Int,
  /** The values of the dimensions that exist at this point. */
  point: Schema.Record(Schema.String, Finite),
  state: Schema.Literals(["complete", "pruned", "diverged", "failed", "refused"]),
  /** One value for each objective. */
  values: Schema.optionalKey(Schema.Array(Finite)),
  /** Why a failed trial could not be trained. */
  problem: Schema.optionalKey(Schema.String),
  /** What the trial reported while it ran. */
  reports: Schema.Array(Schema.Struct({ step: Schema.Int, value: Finite })),
  cost: Schema.optionalKey(Finite),
  seconds: Finite,
  /** The process that finished it. */
  host: Schema.String,
  pid: Schema.Int,
})
export type TrialRecord = typeof TrialRecord.Type
