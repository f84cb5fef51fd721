/** Reading ahead: the next items are read while the caller works with the last ones, so at most two bursts of them are in memory. */
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"

/** Items from a position on; `next` is the position after them. */
export interface Burst<A> {
  readonly next: number
  readonly items: A
}

/** What is read: `end` items in all, at most `limit` at once. Without a limit they are in memory, and nothing is read ahead. */
export interface Reading<A, E, R> {
  readonly end: number
  readonly limit: number | undefined
  readonly read: (from: number, to: number) => Effect.Effect<A, E, R>
}

/**
 * A function that returns about `wanted` items from a position on, one or more, and begins to read those after them. The reading
 * ends with the fiber that calls it.
 */
export const readAhead = <A, E, R>({
  end,
  limit,
  read,
}: Reading<A, E, R>): ((from: number, wanted: number) => Effect.Effect<Burst<A>, E, R>) => {
  const burst = (from: number, wanted: number): Effect.Effect<Burst<A>, E, R> => {
    const next = Math.min(end, from + Math.min(wanted, limit ?? wanted))
    return Effect.map(read(from, next), (items) => ({ next, items }))
  }
  if (limit === undefined) return burst
  let ahead: { readonly from: number; readonly fiber: Fiber.Fiber<Burst<A>, E> } | undefined
  return Effect.fnUntraced(function* (from, wanted) {
    const known = ahead
    ahead = undefined
    const now = yield* known?.from === from ? Fiber.join(known.fiber) : burst(from, wanted)
    if (now.next < end)
      ahead = { from: now.next, fiber: yield* Effect.forkChild(burst(now.next, wanted), { startImmediately: true }) }
    return now
  })
}
