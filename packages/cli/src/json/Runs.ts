/** The events of `runs` and `compare`. */
import * as Schema from "effect/Schema"
import { Deviations } from "./Folds.ts"
import { Summary } from "./Summary.ts"
import { Count, event, Parts, Score, Units } from "./Values.ts"

const Status = Schema.Literals(["finished", "stopped early", "interrupted", "failed", "running", "ended", "damaged"])

const short = {
  /** As in summary.json, or `running`, `ended` for a run without a result that nothing writes, or `damaged`. */
  status: Status,
  seed: Schema.optionalKey(Schema.Int),
  splitSeed: Schema.optionalKey(Schema.Int),
  epochs: Schema.optionalKey(Count),
  parameters: Schema.optionalKey(Count),
  seconds: Schema.optionalKey(Schema.Finite),
}

export const RunListed = event("run_listed", "A run that is there, in short.", {
  folder: Schema.String,
  name: Schema.String,
  number: Count,
  /** When it was started, in ISO 8601. */
  started: Schema.optionalKey(Schema.String),
  /** The model file as it was typed. */
  model: Schema.optionalKey(Schema.String),
  parent: Schema.optionalKey(Schema.String),
  ...short,
  steps: Schema.optionalKey(Count),
  best: Summary.fields.best,
  ...Parts,
  /** Of a cross-validation, whose scores are means: their deviations over the folds. */
  deviation: Schema.optionalKey(Deviations),
  units: Schema.optionalKey(Units),
  /** Why it is damaged. */
  problem: Schema.optionalKey(Schema.String),
})

export const RunsCompared = event("compared", "Runs side by side; each list of values is in the order of the runs.", {
  runs: Schema.Array(Schema.Struct({ folder: Schema.String, ...short })),
  scores: Schema.Array(
    Schema.Struct({
      /** With the part of the data in front: `test.accuracy`. */
      name: Schema.String,
      values: Schema.Array(Schema.NullOr(Score)),
      /** Where some of the runs are cross-validations, whose values are means: the deviation of each over its folds. */
      deviations: Schema.optionalKey(Schema.Array(Schema.NullOr(Score))),
      /** Of runs that differ by their seeds alone: the mean, and the standard deviation of a sample. */
      mean: Schema.optionalKey(Score),
      deviation: Schema.optionalKey(Score),
    }),
  ),
  /** Keys of the model files, and the engine, the numerics and the hashes of the data, where not all runs have the same; null where a run has none. */
  differs: Schema.Array(Schema.Struct({ path: Schema.String, values: Schema.Array(Schema.Unknown) })),
  /** Whether they differ by their seeds alone. */
  isOneModel: Schema.Boolean,
})
