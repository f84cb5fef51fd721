/** The progress that a run of the loop begins with. */
import * as Effect from "effect/Effect"
import { CheckpointError } from "./CheckpointError.ts"
import { emptySums } from "./Evaluate.ts"
import type { Progress } from "./Progress.ts"

/** The progress of a run that has taken no step. */
export const initialProgress = ({
  fingerprint = "",
  seed,
}: {
  readonly fingerprint?: string
  readonly seed: number
}): Progress => ({
  version: 1,
  seed,
  fingerprint,
  epoch: 0,
  batch: 0,
  step: 0,
  sums: emptySums,
  history: [],
})

/** The progress of a checkpoint. Fails with `CheckpointError` unless it is of the same seed and fingerprint. */
export const checkSameRun = (progress: Progress, wanted: Progress): Effect.Effect<Progress, CheckpointError> =>
  progress.seed === wanted.seed && progress.fingerprint === wanted.fingerprint
    ? Effect.succeed(progress)
    : Effect.fail(
        new CheckpointError({
          file: "the checkpoint",
          got: `a run of seed ${progress.seed} and fingerprint ${progress.fingerprint || "none"}`,
          wanted: `seed ${wanted.seed} and fingerprint ${wanted.fingerprint || "none"}`,
          hint: "resume with the model file and the data of the first run",
        }),
      )
