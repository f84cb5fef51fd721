/** Progress for programs: one event a line on stdout. */
import * as Effect from "effect/Effect"
import { emitNow } from "../json/Emit.ts"
import { written } from "../run/Events.ts"
import type { Progress } from "./Progress.ts"

/** The least time between two events of steps, in milliseconds. */
const interval = 200

/** Prints each event as JSON; of the steps only some. */
export const json = (): Progress => {
  let last = 0
  return {
    tell: (event) =>
      Effect.suspend(() => {
        const now = Date.now()
        if (event._tag === "Stepped" || event._tag === "StageStepped") {
          if (now - last < interval) return Effect.void
          last = now
        }
        return emitNow(written(event))
      }),
    end: Effect.void,
  }
}
