/** Mathematics throws `ShapeError`; in an effect it is a typed failure. */
import * as Effect from "effect/Effect"
import { ShapeError } from "../types/ShapeError.ts"

/** The effect that a function returns, whose `ShapeError` becomes a typed failure; anything else that it throws stays a defect. */
export const refusing = <A, E>(f: () => Effect.Effect<A, E>): Effect.Effect<A, E | ShapeError> =>
  Effect.suspend((): Effect.Effect<A, E | ShapeError> => {
    try {
      return f()
    } catch (error) {
      return error instanceof ShapeError ? Effect.fail(error) : Effect.die(error)
    }
  })

/** Runs a function whose `ShapeError` becomes a typed failure; anything else that it throws stays a defect. */
export const checkShapes = <A>(f: () => A): Effect.Effect<A, ShapeError> => refusing(() => Effect.succeed(f()))
