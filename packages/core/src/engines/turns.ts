/** Long work of the calling thread that is no run of a program, such as tracing one: other work has its turn every few milliseconds. */
import * as Effect from "effect/Effect"
import type { Pieces } from "../types/Pieces.ts"
import type { ShapeError } from "../types/ShapeError.ts"
import { checkShapes } from "./checkShapes.ts"
import { letOthersRun } from "./letOthersRun.ts"

/** Milliseconds after which others have a turn. */
const turnMilliseconds = 3

/** An effect to be run between two pieces of work: it lets others run if they have not for some milliseconds. */
export const makeTurns = (): Effect.Effect<void> => {
  let since = performance.now()
  return Effect.suspend(() =>
    performance.now() - since < turnMilliseconds
      ? Effect.void
      : Effect.map(letOthersRun, () => {
          since = performance.now()
        }),
  )
}

/** Does work piece by piece. A `ShapeError` that a piece throws is a typed failure. */
export const inTurns = <A>(pieces: Pieces<A>, turn: Effect.Effect<void> = makeTurns()): Effect.Effect<A, ShapeError> =>
  Effect.flatMap(
    checkShapes(() => pieces.next()),
    (next) => (next.done === true ? Effect.succeed(next.value) : Effect.andThen(turn, inTurns(pieces, turn))),
  )
