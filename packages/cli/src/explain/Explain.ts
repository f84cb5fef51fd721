/** The words that `explain` knows: the catalogue, its options, the keys of model files, diagnostics and exit codes. */
import { letters } from "@adjoint/core/data/Nearest"
import { nearestNames, suggest } from "@adjoint/dsl/diagnostic/Suggest"
import * as Vocabulary from "@adjoint/dsl/schema/Vocabulary"
import { UsageError } from "../report/Failure.ts"
import * as Codes from "./Codes.ts"
import * as DataKinds from "./DataKinds.ts"
import * as Entries from "./Entries.ts"
import type { Found } from "./Found.ts"
import * as Keys from "./Keys.ts"

/** All that is called so, as it is written. */
const exactly = (word: string): ReadonlyArray<Found> => {
  const entries = [...Entries.find(word).map(Entries.data), ...DataKinds.find(word)]
  // The key of an entry that has a key of its own has its text too.
  const keys = Keys.find(word).filter(({ doc }) => entries.every((entry) => entry.doc !== doc))
  return [...Codes.diagnostic(word), ...Codes.exitCode(word), ...entries, ...keys, ...Entries.options(word)]
}

const wordsOf = (): ReadonlyArray<string> => [
  ...new Set([...Entries.names, ...DataKinds.names, ...Keys.names(), ...Entries.optionNames]),
]

/** A word of another library without its module and its call: `nn.ReLU()` is `ReLU`. */
const unqualified = (word: string): string => word.replace(/\(.*$/su, "").split(".").at(-1) ?? ""

/** The words of the language that are spelt alike but for case and separators, or that people also call so. */
const called = (word: string): ReadonlyArray<string> => {
  const bare = letters(word)
  if (bare === "") return []
  const isSame = (other: string) => letters(other) === bare
  const ofEntries = Entries.synonyms.filter(({ others }) => others.some(isSame)).map(({ name }) => name)
  const ofKeys = Object.entries(Vocabulary.keys()).flatMap(([name, others]) => (others.some(isSame) ? [name] : []))
  return [...new Set([...wordsOf().filter(isSame), ...ofEntries, ...ofKeys])]
}

/** What a word means: what is called so, or else what it is called here, under `names`. */
export interface Meaning {
  readonly names: ReadonlyArray<string>
  readonly found: ReadonlyArray<Found>
}

/** All that is called so, in any case, or by another name that people type for it. */
export const find = (word: string): Meaning => {
  const own = exactly(word)
  if (own.length > 0) return { names: [word], found: own }
  const names = [word, unqualified(word)].map(called).find(({ length }) => length > 0) ?? []
  return { names, found: names.flatMap(exactly) }
}

/** What to say of a word that is none. */
export const unknown = (word: string): UsageError => {
  const codes = Codes.like(word)
  if (codes !== undefined)
    return new UsageError({ message: `there is no diagnostic ${word}`, hint: `there are ${codes.join(", ")}` })
  const words = wordsOf()
  const meant = suggest(word, words)
  const hint = meant === undefined ? `near it are ${nearestNames(word, words, 5).join(", ")}` : `did you mean ${meant}?`
  return new UsageError({ message: `there is nothing called ${word}`, hint })
}
