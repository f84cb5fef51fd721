/** Long work of the calling thread: other work has its turn every few milliseconds. */
import * as Effect from "effect/Effect"
import type { Pieces } from "../types/Pieces.ts"
import { ShapeError } from "../types/ShapeError.ts"
import { isDue, letOthersRun } from "./letOthersRun.ts"

/**
 * Does work piece by piece. `failure` is the failure of what a piece throws, or throws it again: then it is a defect. If it is
 * interrupted between two pieces, the work ends there.
 */
export const doing = <A, E>(pieces: Pieces<A>, failure: (error: unknown) => E): Effect.Effect<A, E> => {
  const next = (): Effect.Effect<A, E> =>
    Effect.suspend((): Effect.Effect<A, E> => {
      try {
        for (;;) {
          if (isDue()) return Effect.flatMap(letOthersRun, next)
          const { done, value } = pieces.next()
          if (done === true) return Effect.succeed(value)
        }
      } catch (error) {
        return Effect.fail(failure(error))
      }
    })
  return Effect.onInterrupt(next(), () => Effect.sync(() => void pieces.return(undefined as A)))
}

const shapeError = (error: unknown): ShapeError => {
  if (error instanceof ShapeError) return error
  throw error
}

/** Does work piece by piece. A `ShapeError` that a piece throws is a typed failure. */
export const inTurns = <A>(pieces: Pieces<A>): Effect.Effect<A, ShapeError> => doing(pieces, shapeError)
