/** Bursts: an engine computes for a few milliseconds at a time, and other work of the process runs between two bursts. */
import * as Effect from "effect/Effect"
import { burstMilliseconds } from "../engines/inProcess.ts"
import { letOthersRun } from "../engines/letOthersRun.ts"
import { readAhead } from "./readAhead.ts"

/** How many items make a burst when `count` items took `milliseconds`. `burstSize(10, 4) // => 13` */
export const burstSize = (count: number, milliseconds: number): number =>
  Math.max(1, Math.min(1024, Math.round((count * burstMilliseconds) / Math.max(milliseconds, 0.01))))

/** Items that are used in bursts, and how they are read. */
export interface Items<A, E, R> {
  readonly count: number
  /** At most so many are read at once, ahead of their use; without it they are in memory. */
  readonly limit?: number | undefined
  readonly read: (from: number, to: number) => Effect.Effect<A, E, R>
}

/** Reads and runs all items in order, one burst of items after the other. */
export const runInBursts = <A, E, R>(
  { count, limit, read }: Items<A, E, R>,
  run: (items: A, from: number, to: number) => Effect.Effect<void, E, R>,
): Effect.Effect<void, E, R> =>
  Effect.gen(function* () {
    const next = readAhead({ end: count, limit, read })
    let size = 1
    for (let done = 0; done < count; ) {
      const burst = yield* next(done, size)
      const started = performance.now()
      yield* run(burst.items, done, burst.next)
      size = burstSize(burst.next - done, performance.now() - started)
      done = burst.next
      yield* letOthersRun
    }
  })
