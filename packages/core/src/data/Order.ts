/**
 * The integers from 0 to n - 1 in the random order of `Key.permutation`, in four bytes for each, for so many that sorting all of
 * their random words at once would take several times the memory.
 */
import * as Key from "../tensor/Key.ts"
import { read } from "../tensor/read.ts"

/** More than so many rows are sorted bucket by bucket. */
export const maxSortedAtOnce = 2 ** 22

/** The random word of index i, `Key.bits` without an array: Threefry-2x32 of the counter (0, i), its two words combined. */
const wordOf = (k0: number, k1: number): ((i: number) => number) => {
  const k2 = k0 ^ k1 ^ 0x1bd11bda
  return (i) => {
    let x = k0 | 0
    let y = (i + k1) | 0
    x = (x + y) | 0
    y = ((y << 13) | (y >>> 19)) ^ x
    x = (x + y) | 0
    y = ((y << 15) | (y >>> 17)) ^ x
    x = (x + y) | 0
    y = ((y << 26) | (y >>> 6)) ^ x
    x = (x + y) | 0
    y = ((y << 6) | (y >>> 26)) ^ x
    x = (x + k1) | 0
    y = (y + k2 + 1) | 0
    x = (x + y) | 0
    y = ((y << 17) | (y >>> 15)) ^ x
    x = (x + y) | 0
    y = ((y << 29) | (y >>> 3)) ^ x
    x = (x + y) | 0
    y = ((y << 16) | (y >>> 16)) ^ x
    x = (x + y) | 0
    y = ((y << 24) | (y >>> 8)) ^ x
    x = (x + k2) | 0
    y = (y + k0 + 2) | 0
    x = (x + y) | 0
    y = ((y << 13) | (y >>> 19)) ^ x
    x = (x + y) | 0
    y = ((y << 15) | (y >>> 17)) ^ x
    x = (x + y) | 0
    y = ((y << 26) | (y >>> 6)) ^ x
    x = (x + y) | 0
    y = ((y << 6) | (y >>> 26)) ^ x
    x = (x + k0) | 0
    y = (y + k1 + 3) | 0
    x = (x + y) | 0
    y = ((y << 17) | (y >>> 15)) ^ x
    x = (x + y) | 0
    y = ((y << 29) | (y >>> 3)) ^ x
    x = (x + y) | 0
    y = ((y << 16) | (y >>> 16)) ^ x
    x = (x + y) | 0
    y = ((y << 24) | (y >>> 8)) ^ x
    x = (x + k1) | 0
    y = (y + k2 + 4) | 0
    x = (x + y) | 0
    y = ((y << 13) | (y >>> 19)) ^ x
    x = (x + y) | 0
    y = ((y << 15) | (y >>> 17)) ^ x
    x = (x + y) | 0
    y = ((y << 26) | (y >>> 6)) ^ x
    x = (x + y) | 0
    y = ((y << 6) | (y >>> 26)) ^ x
    return (x + k2) ^ (y + k0 + 5)
  }
}

/** Words that are handled between two pauses: about a millisecond of code that the host has not optimized yet. */
const piece = 2 ** 13

/** More places than a bucket has rows; a word and a place make an exact double. */
const places = 2 ** 21

/** A word as a number that sorts like it. */
const unsigned = (word: number): number => (word ^ 0x80000000) >>> 0

/**
 * The order of n rows in buckets of their words, from the least to the greatest; it yields between pieces of its work, so that other
 * work can run. Indices get into their bucket in order, and each bucket is then sorted alone.
 */
export function* bucketed(key: Key.Key, n: number): Generator<void, Int32Array> {
  const [k0 = 0, k1 = 0] = read(key).data
  const word = wordOf(k0, k1)
  // About 2^13 rows a bucket, so that each is sorted in about a millisecond.
  const bits = Math.max(0, Math.min(20, Math.ceil(Math.log2(Math.max(1, n))) - 13))
  const bucketOf = (i: number): number => (bits === 0 ? 0 : unsigned(word(i)) >>> (32 - bits))
  const ends = new Int32Array(2 ** bits + 1)
  for (let i = 0; i < n; i++) {
    ends[bucketOf(i) + 1] = (ends[bucketOf(i) + 1] as number) + 1
    if (i % piece === piece - 1) yield
  }
  for (let b = 1; b < ends.length; b++) ends[b] = (ends[b] as number) + (ends[b - 1] as number)
  const next = ends.slice()
  const order = new Int32Array(n)
  for (let i = 0; i < n; i++) {
    const bucket = bucketOf(i)
    const at = next[bucket] as number
    next[bucket] = at + 1
    order[at] = i
    if (i % piece === piece - 1) yield
  }
  for (let b = 0, sorted = 0; b + 1 < ends.length; b++) {
    const rows = order.subarray(ends[b], ends[b + 1])
    // The word, and then the place in the bucket: equal words keep the order of their indices.
    const keys = new Float64Array(rows.length)
    for (let at = 0; at < keys.length; at++) keys[at] = unsigned(word(rows[at] as number)) * places + at
    keys.sort()
    const taken = rows.slice()
    for (let at = 0; at < keys.length; at++) rows[at] = taken[(keys[at] as number) % places] as number
    sorted += rows.length
    if (sorted >= piece) {
      sorted = 0
      yield
    }
  }
  return order
}

/** The order of n rows that a key draws: `Key.permutation`, in bounded memory. */
export const drawn = (key: Key.Key, n: number): Int32Array => {
  if (n <= maxSortedAtOnce) return Int32Array.from(read(Key.permutation(key, n)).data)
  const steps = bucketed(key, n)
  for (;;) {
    const { done, value } = steps.next()
    if (done === true) return value
  }
}
