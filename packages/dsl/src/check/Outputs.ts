/** What a target asks of a model: how many outputs, and which losses and scores fit it. */
import type { TargetType } from "@adjoint/core/learning/Target"
import { type Train, useOf } from "../Document.ts"
import { usual } from "../net/Uses.ts"
import type { Target } from "../prepare/Facts.ts"
import type { Catalogue } from "../schema/Catalogue.ts"

/** How many classes a target has, where that is known. */
export const classCount = (target: Target): number | undefined =>
  target.type === "numbers" ? undefined : target.type === "binary" ? 2 : target.classes?.length

/** What a target asks for, where its classes are known. */
export const kindOf = (target: Target): TargetType | undefined => {
  if (target.type === "numbers") return "numbers"
  const count = classCount(target)
  return count === undefined ? undefined : count === 2 ? "binary" : "classes"
}

type Losses = Catalogue["loss"]

/** What a loss compares; nothing where there is no such loss. */
const targetTypesOf = (losses: Losses, name: string): ReadonlyArray<TargetType> => usual(losses, name)?.targetTypes ?? []

/**
 * The losses that fit a target, the usual one first; none where too little is known. A yes-or-no target may also be seen
 * as two classes.
 */
export const fitting = (losses: Losses, target: Target | undefined): ReadonlyArray<string> | undefined => {
  const kind = target === undefined ? undefined : kindOf(target)
  if (kind === undefined) return undefined
  const fit = Object.keys(losses).filter((name) => {
    const types = targetTypesOf(losses, name)
    return types.includes(kind) || (kind === "binary" && types.includes("classes"))
  })
  const madeFor = (name: string): boolean => targetTypesOf(losses, name)[0] === kind
  return [...fit.filter(madeFor), ...fit.filter((name) => !madeFor(name))]
}

/**
 * The name of the loss in force. `auto` is the usual one for the target, except that a model whose own layers make one
 * output for each of two classes is meant to choose between them.
 */
export const lossName = (
  losses: Losses,
  train: Pick<Train, "loss">,
  target: Target | undefined,
  made?: number,
): string | undefined => {
  if (train.loss !== "auto") return useOf(train.loss).name
  if (made === 2 && target !== undefined && classCount(target) === 2) return "categorical_cross_entropy"
  return fitting(losses, target)?.[0]
}

/** How many outputs a target asks for under a loss, where that is known. */
export const wanted = (losses: Losses, target: Target | undefined, loss: string | undefined): number | undefined => {
  if (target === undefined) return undefined
  if (target.type === "numbers") return target.names.length
  const count = classCount(target)
  return count === 2 && loss !== undefined && targetTypesOf(losses, loss).includes("binary") ? 1 : count
}

/** The scores in force: `auto` is what fits the target. `undefined` where that is not known. */
export const scoreNames = (train: Pick<Train, "metrics">, target: Target | undefined): ReadonlyArray<string> | undefined => {
  if (train.metrics !== "auto") return train.metrics.map((metric) => useOf(metric).name)
  return target === undefined ? undefined : target.type === "numbers" ? ["mae"] : ["accuracy"]
}
