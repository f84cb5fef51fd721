/** The events of `search`. */
import * as Schema from "effect/Schema"
import { Count, event, Score, timed } from "./Values.ts"

/** The values of a point by the names of their dimensions: numbers, and the words of choices. */
const Point = Schema.Record(Schema.String, Schema.Union([Schema.Finite, Schema.String]))

const Objective = Schema.Struct({ name: Schema.String, mode: Schema.Literals(["min", "max"]) })

const Trial = {
  number: Count,
  point: Point,
  state: Schema.Literals(["complete", "pruned", "diverged", "failed", "refused"]),
  /** One for each objective, of a complete trial. */
  values: Schema.optionalKey(Schema.Array(Score)),
  /** Why a failed trial could not be trained. */
  problem: Schema.optionalKey(Schema.String),
  /** The last epoch, or the last of its folds or seeds, that it reported. */
  cost: Schema.optionalKey(Schema.Finite),
  seconds: Schema.optionalKey(Schema.Finite),
}

export const SearchStarted = timed("search_started", "A search takes part in a study.", {
  study: Schema.String,
  store: Schema.String,
  objectives: Schema.Array(Objective),
  sampler: Schema.String,
  trials: Count,
  pending: Count,
  parallel: Count,
  /** The names of the dimensions. */
  dimensions: Schema.Array(Schema.String),
  /** The number of points; missing where a dimension is continuous. */
  points: Schema.optionalKey(Count),
})

export const TrialStarted = timed("trial_started", "This process runs a trial.", { number: Count, point: Point })

export const TrialReported = timed("trial_reported", "A trial of this process has a score in between.", {
  number: Count,
  step: Count,
  value: Score,
})

export const TrialFinished = timed("trial", "A trial has ended, in whatever process.", {
  ...Trial,
  /** Whether it had ended before this process began. */
  isKnown: Schema.Boolean,
})

export const SearchFinished = timed("search_finished", "All trials have ended.", {
  study: Schema.String,
  trials: Count,
  /** Absent if no trial was completed. */
  best: Schema.optionalKey(Schema.Struct(Trial)),
  /** The numbers of the trials that no other is better than in all objectives, where there are several. */
  front: Schema.optionalKey(Schema.Array(Count)),
  /** The share of the differences of the first objective that each dimension explains. */
  importance: Schema.Record(Schema.String, Schema.Finite),
  /** The model file of the best trial. */
  file: Schema.optionalKey(Schema.String),
})

export const StudyListed = event("study", "A study of a database.", {
  study: Schema.String,
  model: Schema.String,
  started: Schema.String,
  trials: Count,
  finished: Count,
  best: Schema.optionalKey(Schema.Struct(Trial)),
})

export const TrialExported = event("exported_trial", "A trial of a study.", Trial)

export const DataServed = timed("data_served", "The files of the data are served over HTTP until the search ends.", {
  address: Schema.String,
})

export const WorkerFinished = timed("worker_finished", "A study has ended, and this worker with it.", {
  study: Schema.String,
  /** The trials of the study. */
  trials: Count,
  /** Those of them that this worker ran. */
  ran: Count,
})
