/** The statistics of a layer, as `train` and `diagnose` print them. */
import * as Schema from "effect/Schema"
import { Count, Score } from "./Values.ts"

/** How numbers are spread. */
const Spread = Schema.Struct({
  count: Count,
  nonFinite: Count,
  mean: Score,
  deviation: Score,
  least: Score,
  largest: Score,
  /** The share of numbers that are exactly 0. */
  zero: Score,
  /** The share of numbers near the ends of a bounded activation. */
  saturated: Schema.optionalKey(Score),
  /** How many numbers are in each of 20 equal intervals from `least` to `largest`. */
  histogram: Schema.Array(Count),
}).annotate({ identifier: "Spread" })

/** The statistics of a layer in one step of training. */
export const Layer = Schema.Struct({
  layer: Schema.String,
  output: Spread,
  /** The gradient of the loss by the output. */
  gradient: Spread,
  units: Count,
  /** Units that are 0 for every row of the batch. */
  dead: Count,
  /** Norms; absent for a layer without weights. */
  weights: Schema.optionalKey(Schema.Struct({ weights: Score, gradient: Score, update: Score, ratio: Score })),
}).annotate({ identifier: "Layer" })
