/** Things kept by name while they are likely to come again: those that were asked for longest ago go first. */

/** How much is kept. */
export interface Most {
  readonly count: number
  readonly bytes: number
}

/** Things by name, no more than so many and so large together. */
export interface LruCache<A> {
  /** What is kept under a name, which is then the one asked for last. */
  readonly get: (name: string) => A | undefined
  /** Keeps a thing of so many bytes; one that is too large by itself is not kept, and nothing goes for it. */
  readonly put: (name: string, thing: A, bytes: number) => void
}

/** Nothing yet, and room for so much. */
export const makeLruCache = <A>(most: Most): LruCache<A> => {
  const kept = new Map<string, { readonly thing: A; readonly bytes: number }>()
  let held = 0
  return {
    get: (name) => {
      const found = kept.get(name)
      if (found === undefined) return undefined
      // Taken out and put back, it is the last.
      kept.delete(name)
      kept.set(name, found)
      return found.thing
    },
    put: (name, thing, bytes) => {
      if (bytes > most.bytes) return
      held += bytes - (kept.get(name)?.bytes ?? 0)
      kept.delete(name)
      kept.set(name, { thing, bytes })
      for (const [oldest, old] of kept) {
        if (kept.size <= most.count && held <= most.bytes) break
        kept.delete(oldest)
        held -= old.bytes
      }
    },
  }
}
