/** Long work of the calling thread: other work has its turn every few milliseconds. */
import * as Effect from "effect/Effect"
import type { Pieces } from "../types/Pieces.ts"
import { ShapeError } from "../types/ShapeError.ts"
import { letOthersRun } from "./letOthersRun.ts"

/** Milliseconds after which others have a turn. */
const turnMilliseconds = 3

/** When others last had a turn. */
export interface Turns {
  since: number
}

export const makeTurns = (): Turns => ({ since: performance.now() })

const isDue = ({ since }: Turns): boolean => performance.now() - since >= turnMilliseconds

/** Lets others run now. */
const turn = (turns: Turns): Effect.Effect<void> =>
  Effect.map(letOthersRun, () => {
    turns.since = performance.now()
  })

/** Lets others run if they have not for some milliseconds. */
export const takeTurn = (turns: Turns): Effect.Effect<void> => Effect.suspend(() => (isDue(turns) ? turn(turns) : Effect.void))

/**
 * Does work piece by piece. `failure` is the failure of what a piece throws, or throws it again: then it is a defect. If it is
 * interrupted between two pieces, the work ends there.
 */
export const doing = <A, E>(
  pieces: Pieces<A>,
  failure: (error: unknown) => E,
  turns: Turns = makeTurns(),
): Effect.Effect<A, E> => {
  const next = (): Effect.Effect<A, E> =>
    Effect.suspend((): Effect.Effect<A, E> => {
      try {
        for (;;) {
          const { done, value } = pieces.next()
          if (done === true) return Effect.succeed(value)
          if (isDue(turns)) return Effect.flatMap(turn(turns), next)
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
export const inTurns = <A>(pieces: Pieces<A>, turns?: Turns): Effect.Effect<A, ShapeError> => doing(pieces, shapeError, turns)
