/** The known names nearest to a mistyped one: what "did you mean" offers. */

/** The letters of the words seen last: the same names are compared with one mistyped word after the other. */
const known = new Map<string, string>()

/** More words than the catalogue has. */
const mostKnown = 8192

/** The same letters and digits whatever the case and the separators. `letters("Sepal-Length") // => "sepallength"` */
export const letters = (text: string): string => {
  const found = known.get(text)
  if (found !== undefined) return found
  const made = text.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, "")
  if (text.length > longest) return made
  if (known.size >= mostKnown) known.clear()
  known.set(text, made)
  return made
}

/** Longer words than this are not compared: in files of thousands of them it would take seconds. */
export const longest = 128

/**
 * Up to three of `names` whose letters are within an edit distance of a third of the word, and of 3, and of one more than
 * the nearest has; nearest first, and of equally near ones the first.
 *
 * `nearest("Aeg", ["Sex", "Age"]) // => ["Age"]`
 * `nearest("sepal length", ["sepal_width", "sepal_length"]) // => ["sepal_length"]`
 */
export const nearest = (word: string, names: ReadonlyArray<string>): ReadonlyArray<string> => {
  if (word.length > longest) return []
  const wanted = letters(word)
  const reach = Math.min(3, Math.max(1, Math.floor(wanted.length / 3)))
  const near = names
    .map((name) => ({ name, bare: letters(name) }))
    .filter(({ bare }) => Math.abs(bare.length - wanted.length) <= reach)
    .map(({ bare, name }) => ({ name, distance: editDistance(wanted, bare), longer: Math.max(bare.length, wanted.length) }))
    // Two names of which every letter differs are not near, however short they are.
    .filter(({ distance, longer }) => distance <= reach && distance < longer)
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
  const rows = [Array.from({ length: b.length + 1 }, (_, j) => j)]
  const at = (i: number, j: number): number => rows[i]?.[j] ?? 0
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    rows.push(row)
    for (let j = 1; j <= b.length; j++) {
      const substituted = at(i - 1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1)
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? at(i - 2, j - 2) + 1 : substituted
      row.push(Math.min(substituted, swapped, at(i - 1, j) + 1, at(i, j - 1) + 1))
    }
  }
  return at(a.length, b.length)
}
