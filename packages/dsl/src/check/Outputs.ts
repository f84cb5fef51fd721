/** The requirements of targets: the number of outputs, and the losses and scores that fit them. */
import type { Table } from "@adjoint/core/learning/Entry"
import type { TargetType } from "@adjoint/core/learning/Target"
import { lossOf, type Named, type Train, useOf } from "../Document.ts"
import { withDefaults } from "../net/Uses.ts"
import { type Facts, type Head, type HeadTarget, headsOf } from "../prepare/Facts.ts"
import type { Catalogue } from "../schema/Catalogue.ts"
import type { Path } from "../source/Path.ts"

/** The number of classes of a target, if known. */
export const classCount = (target: HeadTarget): number | undefined =>
  target.type === "numbers" || target.type === "labels" ? undefined : target.type === "binary" ? 2 : target.classes?.length

/** The kind of prediction that a target needs, if its classes are known. */
export const kindOf = (target: HeadTarget): TargetType | undefined => {
  if (target.type === "numbers" || target.type === "labels") return target.type
  const count = classCount(target)
  return count === undefined ? undefined : count === 2 ? "binary" : "classes"
}

type Losses = Catalogue["loss"]

/** What an entry with default options is for; thousands of heads ask for few entries. */
interface Suitability {
  readonly targetTypes: ReadonlyArray<TargetType>
  readonly isDefault: boolean
}

const suitabilities = new WeakMap<object, Map<string, Suitability>>()

const suitabilityOf = (
  table: Table<{ readonly targetTypes: ReadonlyArray<TargetType>; readonly isDefault?: true }>,
  name: string,
): Suitability => {
  const known = suitabilities.get(table) ?? new Map<string, Suitability>()
  suitabilities.set(table, known)
  const found = known.get(name)
  if (found !== undefined) return found
  const made = withDefaults(table, name)
  const suitability = { targetTypes: made?.targetTypes ?? [], isDefault: made?.isDefault === true }
  known.set(name, suitability)
  return suitability
}

/** The kinds of prediction that a loss is for; none for an unknown loss. */
const targetTypesOf = (losses: Losses, name: string): ReadonlyArray<TargetType> => suitabilityOf(losses, name).targetTypes

/** The kinds of prediction of several heads, as far as they are known. */
export const kindsOf = (heads: ReadonlyArray<Pick<Head, "target">>): ReadonlySet<TargetType> =>
  new Set(heads.flatMap(({ target }) => kindOf(target) ?? []))

/**
 * The losses that fit a target, the default one first; `undefined` if too little is known. A binary target may also be
 * seen as two classes.
 */
export const fitting = (losses: Losses, target: HeadTarget | undefined): ReadonlyArray<string> | undefined => {
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

/** The loss of a head as the document has it, its weight, and its place. */
export interface HeadLoss {
  readonly loss: "auto" | Named
  readonly weight: number
  readonly path: Path
}

/** The loss of a head; one of several heads that `losses` does not name has `auto` and the weight 1. */
export const headLoss = ({ loss, losses = {} }: Pick<Train, "loss" | "losses">, { name }: Pick<Head, "name">): HeadLoss => {
  if (name === undefined) return { loss, weight: 1, path: ["train", "loss"] }
  const own = Object.hasOwn(losses, name) ? losses[name] : undefined
  return { ...(own === undefined ? { loss: "auto", weight: 1 } : lossOf(own)), path: ["train", "losses", name] }
}

/**
 * The name of a head's loss. `auto` is the default for the target. If the target has two classes and the model's own layers
 * have two outputs, it is the default for several classes.
 */
export const lossName = (
  losses: Losses,
  train: Pick<Train, "loss" | "losses">,
  head: Pick<Head, "name" | "target"> | undefined,
  made?: number,
): string | undefined => {
  const { loss } = headLoss(train, head ?? {})
  if (loss !== "auto") return useOf(loss).name
  if (made === 2 && head !== undefined && classCount(head.target) === 2) return defaultLoss(losses, "classes")
  return fitting(losses, head?.target)?.[0]
}

/** The number of outputs that a target needs with a loss, if known. */
export const outputCount = (losses: Losses, target: HeadTarget, loss: string | undefined): number | undefined => {
  if (target.type === "numbers" || target.type === "labels") return target.names.length
  const count = classCount(target)
  return count === 2 && loss !== undefined && targetTypesOf(losses, loss).includes("binary") ? 1 : count
}

/** The numbers of outputs of the heads, as far as they are known: of the one head, or of each by its name. */
export const outputsOf = (
  losses: Losses,
  train: Pick<Train, "loss" | "losses"> | undefined,
  facts: Pick<Facts, "counts" | "target">,
): number | ReadonlyMap<string, number> | undefined => {
  const counts = headsOf(facts).map((head) => {
    const loss = train === undefined ? undefined : lossName(losses, train, head)
    return [head.name, outputCount(losses, head.target, loss)] as const
  })
  const [first] = counts
  if (first === undefined) return undefined
  if (first[0] === undefined) return first[1]
  return new Map(counts.flatMap(([name, count]) => (name === undefined || count === undefined ? [] : [[name, count] as const])))
}

type Metrics = Catalogue["metric"]

/** Whether a metric is one for a kind of prediction. Each of several labels is a binary prediction. */
export const metricFits = (metrics: Metrics, name: string, kind: TargetType): boolean =>
  suitabilityOf(metrics, name).targetTypes.includes(kind === "labels" ? "binary" : kind)

/** The lists of metrics of a document, with their places. */
export const metricLists = (metrics: Train["metrics"]): ReadonlyArray<readonly [items: ReadonlyArray<Named>, path: Path]> => {
  const path = ["train", "metrics"]
  if (metrics === "auto") return []
  return isList(metrics) ? [[metrics, path]] : Object.entries(metrics).map(([head, items]) => [items, [...path, head]])
}

/**
 * Whether a metric of a list is one of a head, among heads of these kinds: errors of numbers fit yes and no as well, but are
 * those of numbers where there are some.
 */
const isOf = (metrics: Metrics, name: string, kind: TargetType, kinds: ReadonlySet<TargetType>): boolean => {
  const [first] = suitabilityOf(metrics, name).targetTypes
  return metricFits(metrics, name, kind) && (first !== "numbers" || kind === "numbers" || !kinds.has("numbers"))
}

/** Whether metrics are those of all heads. */
export const isList = (metrics: Exclude<Train["metrics"], "auto">): metrics is ReadonlyArray<Named> => Array.isArray(metrics)

/**
 * The scores of a head among heads of these kinds; `auto` is resolved for its target. Of a list, one of several heads has those that fit it.
 * `undefined` if the target is not known.
 */
export const scoresOf = (
  metrics: Metrics,
  { metrics: written }: Pick<Train, "metrics">,
  { name, target }: { readonly name?: string; readonly target: HeadTarget | undefined },
  kinds: ReadonlySet<TargetType> = new Set(),
): ReadonlyArray<Named> | undefined => {
  const kind = target === undefined ? undefined : target.type === "class" ? (kindOf(target) ?? "classes") : kindOf(target)
  if (written !== "auto") {
    if (isList(written))
      return name === undefined || kind === undefined
        ? written
        : written.filter((metric) => isOf(metrics, useOf(metric).name, kind, kinds))
    if (name !== undefined && Object.hasOwn(written, name)) return written[name] ?? []
  }
  if (kind === undefined) return undefined
  const suits = (metric: string): boolean => suitabilityOf(metrics, metric).isDefault && metricFits(metrics, metric, kind)
  return Object.keys(metrics)
    .filter(suits)
    .slice(0, 1)
    .map((metric) => ({ [metric]: {} }))
}
