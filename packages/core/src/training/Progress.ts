/** The progress of a run, without its tensors: plain data that JSON keeps exactly. */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Transformation from "effect/SchemaTransformation"

const Count = Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))

const nonFinite = ["NaN", "Infinity", "-Infinity"] as const

/** A number that may be non-finite: in JSON a number, or one of the texts "NaN", "Infinity" and "-Infinity". */
export const Score = Schema.Union([Schema.Finite, Schema.Literals(nonFinite)]).pipe(
  Schema.decodeTo(
    Schema.Number,
    Transformation.transform<number, number | (typeof nonFinite)[number]>({
      decode: Number,
      encode: (value) => (Number.isFinite(value) ? value : (String(value) as (typeof nonFinite)[number])),
    }),
  ),
)

/** Scores by name: `loss` and the metrics of the run. A score that is undefined for the rows is NaN. */
export const Scores = Schema.Record(Schema.String, Score)
export type Scores = typeof Scores.Type

/** The result of an epoch. */
export const EpochRecord = Schema.Struct({
  /** Counted from 1. */
  epoch: Count,
  /** Steps done since the run began. */
  step: Count,
  /** The learning rate of the epoch's last step. */
  learningRate: Score,
  train: Scores,
  validation: Schema.optionalKey(Scores),
})
export type EpochRecord = typeof EpochRecord.Type

/** The progress of a run. */
export const Progress = Schema.Struct({
  version: Schema.Literal(1),
  seed: Count,
  /** The data and the settings of the run, as one hash. Only the same run resumes from a checkpoint. */
  fingerprint: Schema.String,
  /** Epochs done. */
  epoch: Count,
  /** Batches done in the current epoch. */
  batch: Count,
  step: Count,
  /** Sums over the rows of the current epoch. */
  sums: Schema.Struct({ rows: Count, of: Schema.Record(Schema.String, Schema.Array(Score)) }),
  history: Schema.Array(EpochRecord),
  best: Schema.optionalKey(Schema.Struct({ epoch: Count, value: Schema.Finite })),
  /** How often the run went back after a non-finite value; absent if never. */
  rewinds: Schema.optionalKey(Count),
})
export type Progress = typeof Progress.Type

/** The hashes of the files of arrays that belong to a progress. */
const Hashes = Schema.Struct({ weights: Schema.String, optimizer: Schema.String })
export type Hashes = typeof Hashes.Type

/** Progress as it is saved: with the hashes of the other files of its checkpoint. */
const Saved = Schema.Struct({ files: Hashes, ...Progress.fields })

/** Progress as JSON text, with the hashes of its checkpoint's other files; numbers keep every bit. */
export const print = (progress: Progress, files: Hashes): string => `${JSON.stringify(encode({ files, ...progress }), null, 2)}\n`

/** Reads what `print` wrote. Fails for any other text. */
export const parse = (
  text: string,
): Result.Result<{ readonly hashes: Hashes; readonly progress: Progress }, Schema.SchemaError> =>
  Result.map(decode(text), ({ files: hashes, ...progress }) => ({ hashes, progress }))

const encode = Schema.encodeSync(Saved)

const decode = Schema.decodeUnknownResult(Schema.fromJsonString(Saved), { onExcessProperty: "error" })
