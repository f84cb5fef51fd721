/** The known names nearest to a mistyped one: what "did you mean" offers. */

/** Up to three of `names` within an edit distance of about a third of the word, nearest first. `nearest("Aeg", ["Age", "Sex"]) // => ["Age"]` */
export const nearest = (word: string, names: ReadonlyArray<string>): ReadonlyArray<string> => {
  const wanted = word.toLowerCase()
  const reach = Math.max(2, Math.floor(word.length / 3))
  return names
    .filter((name) => Math.abs(name.length - word.length) <= reach)
    .map((name) => ({ name, distance: editDistance(wanted, name.toLowerCase()) }))
    .filter(({ name, distance }) => distance <= reach && distance < Math.max(name.length, word.length))
    .sort((a, b) => a.distance - b.distance)
    .slice(0, 3)
    .map(({ name }) => name)
}

/** Insertions, deletions and substitutions from one word to another (Levenshtein, 1965). `editDistance("kitten", "sitting") // => 3` */
export const editDistance = (a: string, b: string): number => {
  let above = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const substituted = (above[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      row.push(Math.min(substituted, (above[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1))
    }
    above = row
  }
  return above[b.length] ?? 0
}
