/** Bursts: an engine computes for a few milliseconds at a time, and other work of the process runs between two bursts. */
import * as Effect from "effect/Effect"
import { burstMilliseconds } from "../engines/inProcess.ts"
import { letOthersRun } from "../engines/letOthersRun.ts"

/** How many items make a burst when `count` items took `milliseconds`. `burstSize(10, 4) // => 20` */
export const burstSize = (count: number, milliseconds: number): number =>
  Math.max(1, Math.min(1024, Math.round((count * burstMilliseconds) / Math.max(milliseconds, 0.01))))

/** Runs all items in order, one burst of items after the other. */
export const runInBursts = <A, E, R>(
  items: ReadonlyArray<A>,
  run: (items: ReadonlyArray<A>) => Effect.Effect<void, E, R>,
): Effect.Effect<void, E, R> =>
  Effect.gen(function* () {
    let size = 1
    for (let done = 0; done < items.length; ) {
      const started = performance.now()
      const next = items.slice(done, done + size)
      yield* run(next)
      done += next.length
      size = burstSize(next.length, performance.now() - started)
      yield* letOthersRun
    }
  })
