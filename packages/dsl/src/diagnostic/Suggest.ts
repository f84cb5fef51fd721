/** Suggestions for unknown names: equal except for case and separators, synonyms, and similar spelling. */
import { editDistance, letters, maxLength, nearest } from "@adjoint/core/data/Nearest"

/** Synonyms by name. Case and separators do not matter. */
export interface Synonyms {
  readonly [name: string]: ReadonlyArray<string>
}

/** A word of another library without its module and its call: `nn.ReLU()` is `ReLU`. */
const unqualified = (word: string): string => letters(word.replace(/\(.*$/su, "").split(".").at(-1) ?? "")

const equal = (bare: string, candidates: ReadonlyArray<string>, synonyms: Synonyms): ReadonlyArray<string> => {
  if (bare === "") return []
  const same = candidates.filter((name) => letters(name) === bare)
  const called = candidates.filter(
    (name) => Object.hasOwn(synonyms, name) && (synonyms[name] ?? []).some((synonym) => letters(synonym) === bare),
  )
  return [...new Set([...same, ...called])]
}

/**
 * The candidates that are spelt alike but for case and separators, then those that the word is a synonym of.
 *
 * `called("nn.ReLU", ["elu", "relu"]) // => ["relu"]`
 * `called("kernel_size", ["kernel", "stride"], { kernel: ["kernel_size"] }) // => ["kernel"]`
 */
export const called = (word: string, candidates: ReadonlyArray<string>, synonyms: Synonyms = {}): ReadonlyArray<string> => {
  const whole = equal(letters(word), candidates, synonyms)
  return whole.length > 0 ? whole : equal(unqualified(word), candidates, synonyms)
}

/**
 * The candidates with the nearest spelling, all that are equally near. One with the same first letter
 * as the word is nearer than others, because first letters are seldom mistyped.
 *
 * `misspelt("h3", ["h1", "h2", "out"]) // => ["h1", "h2"]`
 * `misspelt("unit", ["init", "units"]) // => ["units"]`
 */
export const misspelt = (word: string, candidates: ReadonlyArray<string>): ReadonlyArray<string> => {
  const near = [...new Set(nearest(word, candidates))]
  const distance = (name: string): number => editDistance(letters(word), letters(name))
  const [first] = near
  if (first === undefined) return []
  const nearestOnes = near.filter((name) => distance(name) === distance(first))
  const alike = nearestOnes.filter((name) => letters(name).at(0) === letters(word).at(0))
  return alike.length === 0 ? nearestOnes : alike
}

/** The probable meaning of a word: one certain name, or several candidates. */
export interface Meaning {
  readonly names: ReadonlyArray<string>
  readonly help: string
}

/** The probable meaning of a word among candidates, with the question to ask; `undefined` if no candidate is near. */
export const meaning = (word: string, candidates: ReadonlyArray<string>, synonyms: Synonyms = {}): Meaning | undefined => {
  const known = called(word, candidates, synonyms)
  const names = known.length > 0 ? known.slice(0, 1) : misspelt(word, candidates)
  return names.length === 0 ? undefined : { names, help: `did you mean ${listed(names)}?` }
}

/** The mistakes of a file, a map or a list that are reported in detail. No more are shown, and suggestions take time. */
export const detailed = 100

/** Whether a mistake after so many others gets a suggestion, which compares it with so many names. */
export const getsSuggestion = (before: number, names: number): boolean => before < detailed && before * names < 100_000

/**
 * The candidate that was probably meant, or `undefined`.
 *
 * `suggest("learning_rate", ["lr", "momentum"], { lr: ["learning_rate"] }) // => "lr"`
 */
export const suggest = (word: string, candidates: ReadonlyArray<string>, synonyms: Synonyms = {}): string | undefined =>
  meaning(word, candidates, synonyms)?.names[0]

/** The candidates by nearness, at most `limit` of them: for a list too long to print. */
export const nearestNames = (word: string, candidates: ReadonlyArray<string>, limit: number): ReadonlyArray<string> =>
  word.length > maxLength
    ? candidates.slice(0, limit)
    : candidates
        .map((candidate) => [editDistance(letters(word), letters(candidate)), candidate] as const)
        .toSorted((a, b) => a[0] - b[0])
        .slice(0, limit)
        .map(([, candidate]) => candidate)

/** Names as a list in a sentence. `listed(["a", "b", "c"]) // => "`a`, `b` or `c`"` */
export const listed = (names: ReadonlyArray<string>, last = "or"): string => {
  const quoted = names.map((name) => `\`${name}\``)
  return quoted.length < 2 ? quoted.join("") : `${quoted.slice(0, -1).join(", ")} ${last} ${quoted.at(-1)}`
}
