/** Advice on neighbouring layers, where one makes a part of the other useless. */
import type { AnyTraits } from "@adjoint/core/learning/Layers"
import { layerOf, type Model } from "../Document.ts"
import type { Finding, Location } from "../diagnostic/Diagnostic.ts"
import { activationTraits, type Catalogue, named } from "../schema/Catalogue.ts"
import { type Path, pointer } from "../source/Path.ts"
import { selfNormalizing } from "./Preferred.ts"
import { isActivation, type LayerSummary, type Step } from "./Weights.ts"

/** The input of these checks. */
export interface Subject {
  readonly model: Model
  readonly summary: LayerSummary
  readonly catalogue: Catalogue
}

/** Whether a layer outputs channels with similar neighbouring values. */
const isSpatial = ({ traits }: Step): boolean =>
  (traits?.role === "weights" && traits.over === "space") || (traits?.role === "pooling" && traits.space === "kept")

/** Whether a layer preserves this. */
const keeps = ({ traits }: Step): boolean =>
  traits?.role === "normalization" || traits?.role === "augmentation" || (traits?.role === "noise" && traits.drops === "nothing")

/** The list of layers that contains a layer. */
const scopeOf = ({ path }: Step): string => pointer(path.slice(0, -2))

/** The item of the document that defines a layer. */
const itemAt = (model: Model, path: Path): unknown =>
  path.slice(1, -1).reduce<unknown>((at, key) => (at as { readonly [key: string | number]: unknown })[key], model)

/** Whether a layer has a name, so that another layer may use its output. */
const isNamed = (model: Model, { path }: Step): boolean =>
  layerOf(itemAt(model, path) as Model["layers"][number]).name !== undefined

/** A layer with those above it in its list, from the nearest up; those inside others are left out. */
interface Above {
  readonly step: Step
  readonly above: Above | undefined
}

/** The layers above each, in the order of the steps. */
const aboves = (steps: ReadonlyArray<Step>): ReadonlyArray<Above | undefined> => {
  const last = new Map<string, Above>()
  return steps.map((step) => {
    const scope = scopeOf(step)
    const above = last.get(scope)
    last.set(scope, { step, above })
    return above
  })
}

/** All advice of this kind. */
export const check = (subject: Subject): ReadonlyArray<Finding> => {
  const { activated, steps } = subject.summary
  const above = aboves(steps)
  const hasSelu = activated.some(({ name }) => activationTraits(subject.catalogue, name)?.role === "self-normalizing")
  return steps.flatMap((step, i): ReadonlyArray<Finding> => {
    const { traits } = step
    if (step.isFed) return []
    if (traits?.role === "normalization" && traits.over === "batch") return uselessBias(subject, above[i]?.step, step)
    if (traits?.role !== "noise" || traits.drops !== "numbers") return []
    if (traits.keepsMoments) return hasSelu ? [] : withoutSelu(subject, step)
    return onImages(subject, above[i], step)
  })
}

const uselessBias = ({ catalogue, model }: Subject, before: Step | undefined, norm: Step): ReadonlyArray<Finding> => {
  const traits = before?.traits
  if (before === undefined || traits?.role !== "weights" || traits.bias === undefined) return []
  const { bias } = traits
  if (before.content[bias] !== true || isNamed(model, before)) return []
  const [activation] = Object.keys((before.content[traits.activation ?? ""] ?? {}) as object)
  if (activation !== undefined && activationTraits(catalogue, activation)?.role !== "identity") return []
  const main = catalogue.layer[before.kind]?.main
  return [
    {
      code: "A608",
      message: `the bias of \`${before.kind}\` has no effect: \`${norm.kind}\` subtracts the mean`,
      at: { path: before.path, on: "key" },
      related: [{ at: { path: norm.path, on: "key" }, label: "has its own shift" }],
      help: `\`${bias}: false\``,
      fix: {
        title: `write \`${bias}: false\``,
        at: { path: [...before.path, bias] },
        text: "false",
        ...(main === undefined ? {} : { main }),
      },
    },
  ]
}

/** Advice to write another layer's name, where the catalogue has one of such traits. */
const instead = (
  { catalogue }: Subject,
  { path }: Step,
  isMeant: (traits: AnyTraits) => boolean,
  found: (better: string, at: Location) => Omit<Finding, "at" | "fix">,
): ReadonlyArray<Finding> => {
  const better = named(catalogue.layer, isMeant)
  if (better === undefined) return []
  const at: Location = { path, on: "key" }
  return [{ ...found(better, at), at, fix: { title: `write \`${better}\``, at, text: better } }]
}

const onImages = (subject: Subject, above: Above | undefined, step: Step): ReadonlyArray<Finding> => {
  let nearest = above
  while (nearest !== undefined && (isActivation(subject.catalogue, nearest.step.kind) || keeps(nearest.step)))
    nearest = nearest.above
  const from = nearest?.step
  if (from === undefined || !isSpatial(from)) return []
  return instead(
    subject,
    step,
    (traits) => traits.role === "noise" && traits.drops === "channels",
    (better) => ({
      code: "A609",
      message: `\`${step.kind}\` after \`${from.kind}\`: neighbouring values are similar, so dropping single values removes little`,
      related: [{ at: { path: from.path, on: "key" }, label: "outputs channels" }],
      help: `prefer \`${better}\`, which drops whole channels`,
    }),
  )
}

const withoutSelu = (subject: Subject, step: Step): ReadonlyArray<Finding> => {
  const { catalogue } = subject
  const selu = selfNormalizing(catalogue)
  return instead(
    subject,
    step,
    (traits) => traits.role === "noise" && traits.drops === "numbers" && !traits.keepsMoments,
    (better) => ({
      code: "A610",
      message: `\`${step.kind}\` without \`${selu}\`: it replaces dropped values by the lowest output of ${selu}, which other activations do not have`,
      help: `prefer \`${better}\``,
    }),
  )
}
