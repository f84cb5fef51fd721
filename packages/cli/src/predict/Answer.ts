/** The answer to a row, in the words of the targets. */
import type { Head } from "@adjoint/dsl/prepare/Facts"

/** Values by name. */
type Named<A> = { readonly [name: string]: A }

/** A class, a number, the names of a set, or classes and numbers by name. */
type Prediction = string | number | ReadonlyArray<string> | Named<string | number>

/** What one head predicts: a class with its probability and those of all classes, numbers, or several answers of yes and no. */
export interface HeadAnswer {
  readonly prediction: Prediction
  /** That of the predicted class. */
  readonly probability?: number
  /** Those of all classes, or of several answers of yes and no that of the second class of each. */
  readonly probabilities?: Named<number>
}

/** One prediction. With several heads each field has a value for each head, by its name. */
export interface Answer {
  /** The file of the row, where each row has its own. */
  readonly file?: string
  readonly prediction: Prediction | Named<Prediction>
  readonly probability?: number | Named<number>
  readonly probabilities?: Named<number> | Named<Named<number>>
}

/** A head with the name of its loss. */
type Predicting = Head & { readonly lossName: string }

/** Losses whose response to outputs is a probability. */
const probabilistic: ReadonlySet<string> = new Set(["categorical_cross_entropy", "binary_cross_entropy"])

/** One output is the probability of the second of two classes. */
const both = (row: ReadonlyArray<number>): ReadonlyArray<number> => (row.length === 1 ? [1 - (row[0] ?? 0), row[0] ?? 0] : row)

const largest = (row: ReadonlyArray<number>): number => row.reduce((best, x, i) => (x > (row[best] ?? 0) ? i : best), 0)

const chosen = (row: ReadonlyArray<number>, classes: ReadonlyArray<string>, isProbability: boolean): HeadAnswer => {
  const at = largest(row)
  const prediction = classes[at] ?? String(at)
  if (!isProbability) return { prediction }
  const probabilities = Object.fromEntries(row.map((p, i) => [classes[i] ?? String(i), p] as const))
  return { prediction, probability: row[at] ?? 0, probabilities }
}

/** How the responses of a head become its answer. */
const ofHead = ({ lossName, target }: Predicting): ((responses: ReadonlyArray<number>) => HeadAnswer) => {
  const isProbability = probabilistic.has(lossName)
  if (target.type === "numbers") {
    const { names } = target
    return (row) =>
      names.length === 1
        ? { prediction: row[0] ?? Number.NaN }
        : { prediction: Object.fromEntries(names.map((name, i) => [name, row[i] ?? Number.NaN] as const)) }
  }
  if (target.type === "labels") {
    const { classes = [], names, set } = target
    const probabilities = (row: ReadonlyArray<number>) =>
      isProbability ? { probabilities: Object.fromEntries(names.map((name, i) => [name, row[i] ?? 0] as const)) } : {}
    if (set !== undefined) return (row) => ({ prediction: names.filter((_, i) => (row[i] ?? 0) > 0.5), ...probabilities(row) })
    return (row) => ({
      prediction: Object.fromEntries(
        names.map((name, i) => {
          const at = (row[i] ?? 0) > 0.5 ? 1 : 0
          return [name, classes[i]?.[at] ?? String(at)] as const
        }),
      ),
      ...probabilities(row),
    })
  }
  const classes = target.classes ?? []
  return (row) => chosen(both(row), classes, isProbability)
}

/** A field of the answers that have it, by the names of their heads. */
const gathered = <K extends keyof HeadAnswer>(
  answers: ReadonlyArray<readonly [name: string, answer: HeadAnswer]>,
  key: K,
): { readonly [F in K]?: Named<NonNullable<HeadAnswer[F]>> } => {
  const found = answers.flatMap(([name, { [key]: value }]) => (value === undefined ? [] : [[name, value] as const]))
  return (found.length === 0 ? {} : { [key]: Object.fromEntries(found) }) as {
    readonly [F in K]?: Named<NonNullable<HeadAnswer[F]>>
  }
}

/** How the responses of a row, a list for each head, become an answer. */
export const answering = (heads: ReadonlyArray<Predicting>): ((responses: ReadonlyArray<ReadonlyArray<number>>) => Answer) => {
  const each = heads.map(ofHead)
  const [only] = each
  const isOne = heads.length === 1 && heads[0]?.name === undefined
  return (responses) => {
    if (isOne && only !== undefined) return only(responses[0] ?? [])
    const answers = heads.map(({ name = "" }, i) => [name, each[i]?.(responses[i] ?? []) ?? { prediction: "" }] as const)
    return {
      prediction: Object.fromEntries(answers.map(([name, { prediction }]) => [name, prediction])),
      ...gathered(answers, "probability"),
      ...gathered(answers, "probabilities"),
    }
  }
}
