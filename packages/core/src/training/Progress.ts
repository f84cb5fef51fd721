/** Where a run stands, besides its tensors: plain data that goes to JSON and back without losing a bit. */
import type * as Result from "effect/Result"
import * as Schema from "effect/Schema"

const Count = Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))

/** Scores by name: `loss` and whatever metrics were asked for. */
export const Scores = Schema.Record(Schema.String, Schema.Finite)
export type Scores = typeof Scores.Type

/** What an epoch came to. */
export const EpochRecord = Schema.Struct({
  /** Counted from 1. */
  epoch: Count,
  /** Steps done since the run began. */
  step: Count,
  learningRate: Schema.Finite,
  train: Scores,
  validation: Schema.optionalKey(Scores),
})
export type EpochRecord = typeof EpochRecord.Type

/** Where a run stands. */
export const Progress = Schema.Struct({
  version: Schema.Literal(1),
  seed: Count,
  /** What the run is of: its data and its settings, as one hash. A checkpoint is taken up by the same run only. */
  fingerprint: Schema.String,
  /** Epochs done. */
  epoch: Count,
  /** Batches done in the epoch under way. */
  batch: Count,
  step: Count,
  /** Sums over the rows of the epoch under way. */
  sums: Schema.Struct({ rows: Count, of: Schema.Record(Schema.String, Schema.Array(Schema.Finite)) }),
  history: Schema.Array(EpochRecord),
  best: Schema.optionalKey(Schema.Struct({ epoch: Count, value: Schema.Finite })),
})
export type Progress = typeof Progress.Type

/** Progress as JSON text; numbers keep every bit. */
export const print = (progress: Progress): string => `${JSON.stringify(encode(progress), null, 2)}\n`

/** Reads what `print` wrote. Fails for anything that is not exactly such a text. */
export const parse = (text: string): Result.Result<Progress, Schema.SchemaError> => decode(text)

const encode = Schema.encodeSync(Progress)

const decode = Schema.decodeUnknownResult(Schema.fromJsonString(Progress), { onExcessProperty: "error" })
