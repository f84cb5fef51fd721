/** What a model says of each row, in the words of the target. */
import * as InputTransform from "@adjoint/core/data/InputTransform"
import * as Preprocess from "@adjoint/core/data/Preprocess"
import { read } from "@adjoint/core/tensor/read"
import { predict } from "@adjoint/core/training/Evaluate"
import type { NDArray } from "@adjoint/core/words/NDArray"
import * as Effect from "effect/Effect"
import type { Trained } from "../run/Trained.ts"

/** One prediction: a class with its probability and those of all classes, or numbers by name. */
export type Answer =
  | { readonly prediction: string; readonly probability: number; readonly probabilities: { readonly [name: string]: number } }
  | { readonly prediction: string }
  | { readonly prediction: number }
  | { readonly prediction: { readonly [name: string]: number } }

const rowsOf = ({ data, shape }: NDArray): ReadonlyArray<ReadonlyArray<number>> => {
  const width = data.length / Math.max(1, shape[0] ?? 1)
  return Array.from({ length: shape[0] ?? 0 }, (_, i) => [...data.subarray(i * width, (i + 1) * width)])
}

/** Losses whose response to outputs is a probability. */
const probabilistic: ReadonlySet<string> = new Set(["categorical_cross_entropy", "binary_cross_entropy"])

/** One output stands for the second of two classes. */
const both = (row: ReadonlyArray<number>): ReadonlyArray<number> => (row.length === 1 ? [1 - (row[0] ?? 0), row[0] ?? 0] : row)

const largest = (row: ReadonlyArray<number>): number => row.reduce((best, x, i) => (x > (row[best] ?? 0) ? i : best), 0)

const chosen = (row: ReadonlyArray<number>, classes: ReadonlyArray<string>, isProbability: boolean): Answer => {
  const at = largest(row)
  const prediction = classes[at] ?? String(at)
  if (!isProbability) return { prediction }
  const probabilities = Object.fromEntries(row.map((p, i) => [classes[i] ?? String(i), p] as const))
  return { prediction, probability: row[at] ?? 0, probabilities }
}

/** Predicts rows as they were read, in order. */
export const answers = ({ built, run: { fitted }, target, weights }: Trained, raw: Preprocess.Raw) =>
  Effect.gen(function* () {
    const inputs = yield* Effect.fromResult(InputTransform.inputs(fitted, raw))
    const outputs = yield* predict(built.net, weights, inputs)
    if (target.type === "numbers") {
      const [only] = target.names
      return rowsOf(Preprocess.restore(fitted, outputs)).map(
        (row): Answer =>
          target.names.length === 1 && only !== undefined
            ? { prediction: row[0] ?? Number.NaN }
            : { prediction: Object.fromEntries(target.names.map((name, i) => [name, row[i] ?? Number.NaN] as const)) },
      )
    }
    const classes = target.classes ?? []
    const responses = rowsOf(read(built.loss.response(outputs)))
    return responses.map((row) => chosen(both(row), classes, probabilistic.has(built.lossName)))
  })
