/** How a run takes its steps: each on its whole batch, or in shards. */
import type * as Effect from "effect/Effect"
import type * as Batches from "../data/Batches.ts"
import type { Tensor } from "../language/Expr.ts"
import type { BatchLoader } from "./BatchLoader.ts"
import type { BatchSums } from "./Evaluate.ts"
import type { StepPiece } from "./findNonFinite.ts"
import type { Run } from "./LoopRun.ts"
import type { ReadError } from "./Samples.ts"

/** The output of a step of a run: its loss, and the sums of its batch, or of its shards in order. */
export interface RunOutput {
  readonly cost: Tensor
  readonly sums: ReadonlyArray<BatchSums>
}

/** The steps of a run, and what is computed together in one. */
export interface Stepping<S, X, T> extends Pick<Run<S, unknown, RunOutput, unknown, unknown, unknown>, "inputs" | "step"> {
  readonly loader: BatchLoader<X, T>
  /** The rows of a batch that are computed together, with the key of step number i32[]. */
  readonly pieces: (batch: Batches.Batch, step: Tensor) => Effect.Effect<ReadonlyArray<StepPiece<X, T>>, ReadError>
}
