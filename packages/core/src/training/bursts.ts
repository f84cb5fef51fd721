/** Bursts: an engine computes for some milliseconds at a time, and between two of them others have their turn. */
import * as Effect from "effect/Effect"

/** How long a burst is, in milliseconds. */
const wanted = 8

/** How many pieces of work make a burst, when so many took so many milliseconds. `fitting(10, 4) // => 20` */
export const fitting = (pieces: number, milliseconds: number): number =>
  Math.max(1, Math.min(1024, Math.round((pieces * wanted) / Math.max(milliseconds, 0.01))))

/** Does all pieces of work in order, as many at a time as make a burst. */
export const inBursts = <A, E, R>(
  pieces: ReadonlyArray<A>,
  some: (pieces: ReadonlyArray<A>) => Effect.Effect<void, E, R>,
): Effect.Effect<void, E, R> =>
  Effect.gen(function* () {
    let most = 1
    for (let done = 0; done < pieces.length; ) {
      const started = performance.now()
      const next = pieces.slice(done, done + most)
      yield* some(next)
      done += next.length
      most = fitting(next.length, performance.now() - started)
      yield* Effect.yieldNow
    }
  })
