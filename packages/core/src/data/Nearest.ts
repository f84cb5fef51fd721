/** The known names nearest to a misspelt one, for "did you mean". */

/** The letters of recent words; cached, because many words are compared with the same names. */
const cache = new Map<string, string>()

/** More words than the catalogue has. */
const maxCached = 8192

/**
 * Whether two texts look the same and are not: an accent may be a character of its own (Unicode normalization forms C and D).
 * `looksSame("\u00e9", "e\u0301") // => true`
 */
export const looksSame = (a: string, b: string): boolean => a !== b && a.normalize() === b.normalize()

/** The letters and digits of a text in lower case, without separators. `letters("Sepal-Length") // => "sepallength"` */
export const letters = (text: string): string => {
  const known = cache.get(text)
  if (known !== undefined) return known
  const computed = text
    .normalize()
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]/gu, "")
  if (text.length > maxLength) return computed
  if (cache.size >= maxCached) cache.clear()
  cache.set(text, computed)
  return computed
}

/** Longer words are not compared: with thousands of them in a file that would take seconds. */
export const maxLength = 128

/**
 * Up to three of `names`, nearest first. The edit distance of their letters to the word's is at most 3, at most a third of
 * the word's length, and at most one more than that of the nearest.
 *
 * `nearest("Aeg", ["Sex", "Age"]) // => ["Age"]`
 * `nearest("sepal length", ["sepal_width", "sepal_length"]) // => ["sepal_length"]`
 */
export const nearest = (word: string, names: ReadonlyArray<string>): ReadonlyArray<string> => {
  if (word.length > maxLength) return []
  const wanted = letters(word)
  const maxDistance = Math.min(3, Math.max(1, Math.floor(wanted.length / 3)))
  const near = names
    .map((name) => ({ name, bare: letters(name) }))
    .filter(({ bare }) => Math.abs(bare.length - wanted.length) <= maxDistance)
    .map(({ bare, name }) => ({ name, distance: editDistance(wanted, bare), longer: Math.max(bare.length, wanted.length) }))
    // Short names of which every letter differs are not near.
    .filter(({ distance, longer }) => distance <= maxDistance && distance < longer)
    .sort((a, b) => a.distance - b.distance)
  const least = near[0]?.distance ?? 0
  return near.flatMap(({ distance, name }) => (distance <= least + 1 ? [name] : [])).slice(0, 3)
}

/**
 * Insertions, deletions, substitutions and swaps of neighbours from one word to another (Damerau, 1964).
 *
 * `editDistance("kitten", "sitting") // => 3`
 */
export const editDistance = (a: string, b: string): number => {
  let before: Array<number> = []
  let last: Array<number> = []
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    ;[before, last, row] = [last, row, [i]]
    for (let j = 1; j <= b.length; j++) {
      const substituted = (last[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      const isSwapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      const swapped = isSwapped ? (before[j - 2] ?? 0) + 1 : substituted
      row.push(Math.min(substituted, swapped, (last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1))
    }
  }
  return row[b.length] ?? 0
}
