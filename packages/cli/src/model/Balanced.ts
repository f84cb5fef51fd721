/**
 * What a run with class weights is judged by. Such a run gives up some accuracy on purpose, so that rare classes are found: an
 * accuracy below that of always answering the commonest class is no mistake of it. Balanced accuracy counts each class the same.
 */
import { arrayOf } from "@adjoint/core/data/PreprocessTree"
import type { Params } from "@adjoint/core/learning/Params"
import * as Score from "@adjoint/core/learning/Score"
import { predict, type Weights } from "@adjoint/core/training/Evaluate"
import type { Scores } from "@adjoint/core/training/Progress"
import { scoreName } from "@adjoint/dsl/prepare/Facts"
import type { Prepared } from "@adjoint/dsl/prepare/Prepared"
import * as Effect from "effect/Effect"
import type { Training } from "./Training.ts"

/** The name of the score. */
export const balancedAccuracy = "balanced_accuracy"

/** Whether the loss of a training weighs classes. */
export const weighsClasses = ({ sound: { document } }: Pick<Training, "sound">): boolean =>
  document.train.regularize.class_weight !== undefined

/** The part that a baseline is scored on: rows that nothing is learned from, where there are any. */
export const baselinePart = ({ test, val }: Pick<Prepared, "test" | "val">): "train" | "val" | "test" =>
  val !== undefined ? "val" : test !== undefined ? "test" : "train"

/** The balanced accuracy of each head with classes, on the rows that baselines are scored on; nothing without class weights. */
export const balancedOf = (training: Training, weights: Weights<Params, Params> | undefined) =>
  Effect.gen(function* () {
    const { built, prepared } = training
    const part = prepared[baselinePart(prepared)]
    if (!weighsClasses(training) || weights === undefined || part === undefined) return {}
    const predictions = yield* predict(built.net, weights, part.inputs)
    const scores: Scores = Object.fromEntries(
      built.heads.flatMap(({ name, target: { type } }) => {
        if (type !== "class" && type !== "binary") return []
        const [output, truth] = [arrayOf(predictions, name ?? ""), arrayOf(part.targets, name ?? "")]
        return [
          [
            scoreName(name === undefined ? {} : { name }, balancedAccuracy),
            Score.of(Score.recall("macro"), output, truth, part.weights),
          ] as const,
        ]
      }),
    )
    return { balanced: scores }
  })

/** The balanced accuracy of always answering one class: 1 / K for K classes that occur. `name` is the head's. */
export const chanceOf = (prepared: Prepared, name: string | undefined): number => {
  const part = prepared[baselinePart(prepared)] ?? prepared.train
  return 1 / new Set(arrayOf(part.targets, name ?? "").data).size
}
