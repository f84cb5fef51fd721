/** What a target asks of a model: how many outputs, and which losses and scores fit it. */

import { type Train, useOf } from "../Document.ts"
import type { Target } from "../prepare/Facts.ts"

/** Losses by the kind of target they compare. A yes-or-no target may also be seen as two classes or as the numbers 0 and 1. */
const losses: { readonly [K in "classes" | "binary" | "numbers"]: ReadonlyArray<string> } = {
  classes: ["categorical_cross_entropy"],
  binary: ["binary_cross_entropy", "categorical_cross_entropy", "mse", "mae", "huber"],
  numbers: ["mse", "mae", "huber"],
}

/** Losses whose outputs are one for each class, whatever the number of classes. */
const perClass = new Set(["categorical_cross_entropy"])

/** How many classes a target has, where that is known. */
export const classCount = (target: Target): number | undefined =>
  target.type === "numbers" ? undefined : target.type === "binary" ? 2 : target.classes?.length

const kindOf = (target: Target): keyof typeof losses | undefined => {
  if (target.type === "numbers") return "numbers"
  const count = classCount(target)
  return count === undefined ? undefined : count === 2 ? "binary" : "classes"
}

/** The losses that fit a target, the usual one first; none where too little is known. */
export const fitting = (target: Target | undefined): ReadonlyArray<string> | undefined => {
  const kind = target === undefined ? undefined : kindOf(target)
  return kind === undefined ? undefined : losses[kind]
}

/**
 * The name of the loss in force. `auto` is the usual one for the target, except that a model whose own layers make one
 * output for each of two classes is meant to choose between them.
 */
export const lossName = (train: Pick<Train, "loss">, target: Target | undefined, made?: number): string | undefined => {
  if (train.loss !== "auto") return useOf(train.loss).name
  if (made === 2 && target !== undefined && classCount(target) === 2) return "categorical_cross_entropy"
  return fitting(target)?.[0]
}

/** How many outputs a target asks for under a loss, where that is known. */
export const wanted = (target: Target | undefined, loss: string | undefined): number | undefined => {
  if (target === undefined) return undefined
  if (target.type === "numbers") return target.names.length
  const count = classCount(target)
  return count === 2 && loss !== undefined && !perClass.has(loss) ? 1 : count
}

/** The scores in force: `auto` is what fits the target. `undefined` where that is not known. */
export const scoreNames = (train: Pick<Train, "metrics">, target: Target | undefined): ReadonlyArray<string> | undefined => {
  if (train.metrics !== "auto") return train.metrics.map((metric) => useOf(metric).name)
  return target === undefined ? undefined : target.type === "numbers" ? ["mae"] : ["accuracy"]
}
