/**
 * The progress of reading and preparing data, as events for a command to show. They go to the `Listener` that is
 * provided; without one nothing is reported.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"

/** One event. */
export type Event =
  /** A file is read next, then unpacked and decoded. */
  | { readonly _tag: "Reading"; readonly file: string; readonly bytes: number }
  /** So many bytes of a file that is streamed were read. */
  | { readonly _tag: "Streaming"; readonly file: string; readonly done: number; readonly bytes: number }
  /** All rows were read; they are divided and prepared next. */
  | { readonly _tag: "Preparing"; readonly rows: number }
  /** The rows of a part were prepared. */
  | { readonly _tag: "Prepared"; readonly part: string; readonly rows: number }

/** A receiver of events. */
export type Listen = (event: Event) => Effect.Effect<void>

/** The receiver of events: none, unless one is provided. */
export const Listener = Context.Reference<Listen>("@adjoint/dsl/prepare/Progress/Listener", {
  defaultValue: () => () => Effect.void,
})

/** Emits an event, and lets other fibers run, so that a display is drawn before the next long computation. */
export const report = (event: Event): Effect.Effect<void> =>
  Effect.gen(function* () {
    const listen = yield* Listener
    yield* listen(event)
    yield* Effect.yieldNow
  })

/** The same effect with its events given to `listen`. */
export const listening =
  (listen: Listen) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.provideService(effect, Listener, listen)
