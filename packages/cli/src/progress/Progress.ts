/** Someone who is told how a run goes. */
import type { TrainEvent } from "@adjoint/core/training/TrainEvent"
import type { Effect } from "effect"
import type { World } from "../terminal/World.ts"

export interface Progress {
  readonly tell: (event: TrainEvent) => Effect.Effect<void, never, World>
  /** Leaves the terminal as it was found; called however the run ends. */
  readonly end: Effect.Effect<void, never, World>
}
