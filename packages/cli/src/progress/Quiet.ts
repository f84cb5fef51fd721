/** Progress of one of many runs: nothing but the moving line, where there is a terminal. */
import * as Effect from "effect/Effect"
import { live } from "./Live.ts"
import type { Progress } from "./Progress.ts"

/** Draws the line of a run on a terminal, without rows for its epochs. */
export const quiet = (isLive: boolean): Progress => {
  if (!isLive) return { tell: () => Effect.void, end: Effect.void }
  const { end, tell } = live()
  return { end, tell: (event) => (event._tag === "EpochScored" || event._tag === "StageScored" ? Effect.void : tell(event)) }
}
