/** A cache of values by key, bounded in number and in bytes: the least recently used entries are evicted. */

/** The bounds of a cache. */
export interface CacheLimits {
  readonly count: number
  readonly bytes: number
}

/** A cache of values by key. */
export interface LruCache<A> {
  /** The value of a key, which is then the most recently used. */
  readonly get: (key: string) => A | undefined
  /** Adds a value of `bytes` bytes. One that is larger than the cache is not added, and nothing is evicted for it. */
  readonly put: (key: string, value: A, bytes: number) => void
}

/** An empty cache. */
export const makeLruCache = <A>(limits: CacheLimits): LruCache<A> => {
  const kept = new Map<string, { readonly value: A; readonly bytes: number }>()
  let held = 0
  return {
    get: (key) => {
      const found = kept.get(key)
      if (found === undefined) return undefined
      // A map lists its entries by when they were added.
      kept.delete(key)
      kept.set(key, found)
      return found.value
    },
    put: (key, value, bytes) => {
      if (bytes > limits.bytes) return
      held += bytes - (kept.get(key)?.bytes ?? 0)
      kept.delete(key)
      kept.set(key, { value, bytes })
      for (const [oldest, old] of kept) {
        if (kept.size <= limits.count && held <= limits.bytes) break
        kept.delete(oldest)
        held -= old.bytes
      }
    },
  }
}
