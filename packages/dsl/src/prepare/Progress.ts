/**
 * What preparing data is at, for a command to show while it lasts. Whoever wants to know provides a `Listener`; without
 * one nothing is reported.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"

/** One thing that was done, or is about to be. */
export type Event =
  /** A file was read; its bytes are unpacked and decoded next. */
  | { readonly _tag: "Read"; readonly file: string; readonly bytes: number }
  /** The rows of all sources are there; they are divided and prepared next. */
  | { readonly _tag: "Decoded"; readonly rows: number }
  /** The rows of a part were prepared. */
  | { readonly _tag: "Prepared"; readonly part: string; readonly rows: number }

/** What is done with each event. */
export type Listen = (event: Event) => Effect.Effect<void>

/** Where events go: nowhere, unless a service is provided. */
export const Listener = Context.Reference<Listen>("@adjoint/dsl/prepare/Progress/Listener", {
  defaultValue: () => () => Effect.void,
})

/** Tells the listener, and lets other fibers run, so that what it shows appears before the next long computation. */
export const report = (event: Event): Effect.Effect<void> =>
  Effect.gen(function* () {
    const listen = yield* Listener
    yield* listen(event)
    yield* Effect.yieldNow
  })

/** The same effect, with its events heard. */
export const listening =
  (listen: Listen) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.provideService(effect, Listener, listen)
