/** What a model says of a row, in the words of the target. */
import type { Target } from "@adjoint/dsl/prepare/Facts"

/** One prediction: a class with its probability and those of all classes, or numbers by name. */
export type Answer =
  | { readonly prediction: string; readonly probability: number; readonly probabilities: { readonly [name: string]: number } }
  | { readonly prediction: string }
  | { readonly prediction: number }
  | { readonly prediction: { readonly [name: string]: number } }

/** Losses whose response to outputs is a probability. */
const probabilistic: ReadonlySet<string> = new Set(["categorical_cross_entropy", "binary_cross_entropy"])

/** One output is the probability of the second of two classes. */
const both = (row: ReadonlyArray<number>): ReadonlyArray<number> => (row.length === 1 ? [1 - (row[0] ?? 0), row[0] ?? 0] : row)

const largest = (row: ReadonlyArray<number>): number => row.reduce((best, x, i) => (x > (row[best] ?? 0) ? i : best), 0)

const chosen = (row: ReadonlyArray<number>, classes: ReadonlyArray<string>, isProbability: boolean): Answer => {
  const at = largest(row)
  const prediction = classes[at] ?? String(at)
  if (!isProbability) return { prediction }
  const probabilities = Object.fromEntries(row.map((p, i) => [classes[i] ?? String(i), p] as const))
  return { prediction, probability: row[at] ?? 0, probabilities }
}

/** How the responses of a row become an answer. */
export const answering = (target: Target, lossName: string): ((responses: ReadonlyArray<number>) => Answer) => {
  if (target.type === "numbers") {
    const { names } = target
    return (row) =>
      names.length === 1
        ? { prediction: row[0] ?? Number.NaN }
        : { prediction: Object.fromEntries(names.map((name, i) => [name, row[i] ?? Number.NaN] as const)) }
  }
  const classes = target.classes ?? []
  const isProbability = probabilistic.has(lossName)
  return (row) => chosen(both(row), classes, isProbability)
}
