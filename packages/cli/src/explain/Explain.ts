/** The words that `explain` knows: the catalogue, its options, the keys of model files, diagnostics and exit codes. */
import { nearestNames, suggest } from "@adjoint/dsl/diagnostic/Suggest"
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

const wordsOf = (): ReadonlyArray<string> => [...new Set([...Entries.names, ...DataKinds.names, ...Keys.names(), ...Entries.optionNames])]

/** All that is called so, in any case, or by another name that people type for it. */
export const find = (word: string): ReadonlyArray<Found> =>
  [word, word.toLowerCase()].map(exactly).find(({ length }) => length > 0) ?? []

/** What to say of a word that is none. */
export const unknown = (word: string): UsageError => {
  const codes = Codes.like(word)
  if (codes !== undefined) return new UsageError({ message: `there is no diagnostic ${word}`, hint: `there are ${codes.join(", ")}` })
  const words = wordsOf()
  const meant = suggest(word, words)
  const hint = meant === undefined ? `near it are ${nearestNames(word, words, 5).join(", ")}` : `did you mean ${meant}?`
  return new UsageError({ message: `there is nothing called ${word}`, hint })
}
