/** Reports the progress of a run. */
import type * as Effect from "effect/Effect"
import type { RunEvent } from "../run/Events.ts"
import type { World } from "../terminal/World.ts"

export interface Progress {
  readonly tell: (event: RunEvent) => Effect.Effect<void, never, World>
  /** Leaves the terminal as it was found; called however the run ends. */
  readonly end: Effect.Effect<void, never, World>
}
