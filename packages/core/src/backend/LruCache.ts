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
  /** Adds a value of `bytes` bytes. Returns false for one that is larger than the cache: it is not added, and nothing is evicted for it. */
  readonly put: (key: string, value: A, bytes: number) => boolean
}

/** An empty cache. `release` is called with each value that is evicted or replaced. */
export const makeLruCache = <A>(limits: CacheLimits, release: (value: A) => void = () => {}): LruCache<A> => {
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
      if (bytes > limits.bytes) return false
      const replaced = kept.get(key)
      held += bytes - (replaced?.bytes ?? 0)
      kept.delete(key)
      if (replaced !== undefined && replaced.value !== value) release(replaced.value)
      kept.set(key, { value, bytes })
      for (const [oldest, old] of kept) {
        if (kept.size <= limits.count && held <= limits.bytes) break
        kept.delete(oldest)
        held -= old.bytes
        release(old.value)
      }
      return true
    },
  }
}
