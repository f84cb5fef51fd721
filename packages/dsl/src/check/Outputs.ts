/** The requirements of a target: the number of outputs, and the losses and scores that fit it. */
import type { TargetType } from "@adjoint/core/learning/Target"
import { type Train, useOf } from "../Document.ts"
import { withDefaults } from "../net/Uses.ts"
import type { Target } from "../prepare/Facts.ts"
import type { Catalogue } from "../schema/Catalogue.ts"

/** The number of classes of a target, if known. */
export const classCount = (target: Target): number | undefined =>
  target.type === "numbers" ? undefined : target.type === "binary" ? 2 : target.classes?.length

/** The kind of prediction that a target needs, if its classes are known. */
export const kindOf = (target: Target): TargetType | undefined => {
  if (target.type === "numbers") return "numbers"
  const count = classCount(target)
  return count === undefined ? undefined : count === 2 ? "binary" : "classes"
}

type Losses = Catalogue["loss"]

/** The kinds of prediction that a loss is for; none for an unknown loss. */
const targetTypesOf = (losses: Losses, name: string): ReadonlyArray<TargetType> => withDefaults(losses, name)?.targetTypes ?? []

/**
 * The losses that fit a target, the default one first; `undefined` if too little is known. A binary target may also be
 * seen as two classes.
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

/** The default loss for a kind of prediction: the first of the table that is made for it. */
const defaultLoss = (losses: Losses, kind: TargetType): string | undefined =>
  Object.keys(losses).find((name) => targetTypesOf(losses, name)[0] === kind)

/**
 * The name of the loss. `auto` is the default for the target. If the target has two classes and the model's own layers
 * have two outputs, it is the default for several classes.
 */
export const lossName = (
  losses: Losses,
  train: Pick<Train, "loss">,
  target: Target | undefined,
  made?: number,
): string | undefined => {
  if (train.loss !== "auto") return useOf(train.loss).name
  if (made === 2 && target !== undefined && classCount(target) === 2) return defaultLoss(losses, "classes")
  return fitting(losses, target)?.[0]
}

/** The number of outputs that a target needs with a loss, if known. */
export const outputCount = (losses: Losses, target: Target | undefined, loss: string | undefined): number | undefined => {
  if (target === undefined) return undefined
  if (target.type === "numbers") return target.names.length
  const count = classCount(target)
  return count === 2 && loss !== undefined && targetTypesOf(losses, loss).includes("binary") ? 1 : count
}

/** The names of the scores; `auto` is resolved for the target. `undefined` if the target is not known. */
export const scoreNames = (
  metrics: Catalogue["metric"],
  train: Pick<Train, "metrics">,
  target: Target | undefined,
): ReadonlyArray<string> | undefined => {
  if (train.metrics !== "auto") return train.metrics.map((metric) => useOf(metric).name)
  if (target === undefined) return undefined
  const type: TargetType = target.type === "numbers" ? "numbers" : (kindOf(target) ?? "classes")
  const suits = (name: string): boolean => {
    const score = withDefaults(metrics, name)
    return score?.isDefault === true && score.targetTypes.includes(type)
  }
  return Object.keys(metrics).filter(suits).slice(0, 1)
}
