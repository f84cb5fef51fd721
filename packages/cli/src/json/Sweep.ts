/** The events of `sweep`. */
import * as Schema from "effect/Schema"
import { Score, timed } from "./Values.ts"

const Penalty = Schema.Literals(["l1", "l2"])

/** The score of a λ, which is missing where its run diverged. */
const Point = Schema.Struct({ lambda: Schema.Finite, value: Schema.optionalKey(Score) })

const Monitor = { monitor: Schema.String, mode: Schema.Literals(["min", "max"]) }

export const SweepStarted = timed("sweep_started", "What will be tried; the value below the best comes on top.", {
  penalty: Penalty,
  lambdas: Schema.Array(Schema.Finite),
  ...Monitor,
})

export const LambdaScored = timed("lambda_scored", "A λ was tried.", { penalty: Penalty, ...Point.fields })

export const SweepFinished = timed("sweep_finished", "Every λ was tried. Nothing is best where every run diverged.", {
  penalty: Penalty,
  points: Schema.Array(Point),
  best: Schema.optionalKey(Point),
  /** The value slightly below the best. */
  below: Schema.optionalKey(Point),
})
