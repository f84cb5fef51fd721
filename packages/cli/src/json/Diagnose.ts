/** The event of `diagnose`: one for each diagnosis. */
import * as Schema from "effect/Schema"
import { Layer } from "./Layer.ts"
import { Count, Diagnostic, event, Score, Scores } from "./Values.ts"

const Name = Schema.Literals([
  "initial_loss",
  "overfit",
  "learning_rate",
  "layers",
  "gradients",
  "updates",
  "dead_units",
  "gap",
  "baselines",
])

const some = <S extends Schema.Top>(schema: S) => Schema.optionalKey(schema)

export const Diagnosed = event("diagnosed", "One diagnosis of a model file or a run. Its numbers are under its name.", {
  /** The model file, or the folder of the run. */
  subject: Schema.String,
  diagnosis: Name,
  /** Whether nothing is wrong. */
  healthy: Schema.Boolean,
  diagnostics: Schema.Array(Diagnostic),
  /** The picture that was written, where `--plot` asks for one. */
  file: some(Schema.String),
  initial_loss: some(
    Schema.Struct({
      loss: Score,
      expected: Score,
      classes: some(Count),
      penalties: Schema.Array(Schema.Struct({ lambda: Schema.Finite, cost: Score })),
      rows: Count,
    }),
  ),
  overfit: some(
    Schema.Struct({ rows: Count, steps: Count, isLearned: Schema.Boolean, share: Score, losses: Schema.Array(Score) }),
  ),
  learning_rate: some(
    Schema.Struct({
      rate: Schema.Finite,
      points: Schema.Array(Schema.Struct({ rate: Schema.Finite, loss: Score })),
      /** The rates between which the loss falls. */
      band: some(Schema.Array(Schema.Finite)),
      steepest: some(Schema.Finite),
    }),
  ),
  layers: some(Schema.Array(Layer)),
  gradients: some(Schema.Array(Schema.Struct({ layer: Schema.String, norm: Score }))),
  updates: some(Schema.Array(Schema.Struct({ layer: Schema.String, ratio: Score }))),
  dead_units: some(Schema.Array(Schema.Struct({ layer: Schema.String, units: Count, dead: Count }))),
  gap: some(Schema.Struct({ rows: Count, parameters: Count, train: Scores, validation: Scores })),
  baselines: some(Schema.Struct({ own: Scores, constant: Scores, linear: some(Scores) })),
})
