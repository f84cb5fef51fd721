/** The known names nearest to a mistyped one: what "did you mean" offers. */

/** Up to three of `names` within an edit distance of about a third of the word, nearest first. `nearest("Aeg", ["Sex", "Age"]) // => ["Age"]` */
export const nearest = (word: string, names: ReadonlyArray<string>): ReadonlyArray<string> => {
  const wanted = word.toLowerCase()
  const reach = Math.max(1, Math.floor(word.length / 3))
  return names
    .filter((name) => Math.abs(name.length - word.length) <= reach)
    .map((name) => ({ name, distance: editDistance(wanted, name.toLowerCase()) }))
    .filter(({ name, distance }) => distance <= reach && distance < Math.max(name.length, word.length))
    .sort((a, b) => a.distance - b.distance)
    .slice(0, 3)
    .map(({ name }) => name)
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
