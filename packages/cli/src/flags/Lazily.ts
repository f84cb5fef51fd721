/** Verbs are loaded when they run, so that `--help` waits for none of them. */
import * as Effect from "effect/Effect"

/** Runs a verb whose module is loaded now. */
export const lazily =
  <O, A, E, R>(load: () => Promise<{ readonly run: (options: O) => Effect.Effect<A, E, R> }>) =>
  (options: O): Effect.Effect<A, E, R> =>
    Effect.flatMap(Effect.promise(load), ({ run }) => run(options))
