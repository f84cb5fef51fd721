/** Effects that run one at a time, in the order in which they start. */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"

export interface Queue {
  /** Whether an effect runs, or waits. */
  readonly isBusy: () => boolean
  /** Runs an effect when those before it have ended. */
  readonly enter: <A, E>(effect: Effect.Effect<A, E>) => Effect.Effect<A, E>
}

/** An empty queue. A page would load more for a `Semaphore`. */
export const makeQueue = (): Queue => {
  let last: Deferred.Deferred<void> | undefined
  return {
    isBusy: () => last !== undefined,
    enter: (effect) =>
      Effect.uninterruptibleMask((restore) => {
        const before = last
        const own = Deferred.makeUnsafe<void>()
        last = own
        const turn = before === undefined ? effect : Effect.andThen(Deferred.await(before), effect)
        return Effect.ensuring(
          restore(turn),
          Effect.sync(() => {
            if (last === own) last = undefined
            // One that is interrupted while it waits passes its turn on only when that comes.
            Deferred.doneUnsafe(own, before === undefined ? Effect.void : Deferred.await(before))
          }),
        )
      }),
  }
}
