/** Advice on layers that stand beside each other: what one of them makes of no use, or what suits the other better. */
import type { AnyTraits } from "@adjoint/core/learning/Layers"
import { layerOf, type Model } from "../Document.ts"
import type { Finding, Spot } from "../diagnostic/Diagnostic.ts"
import { activationTraits, type Catalogue, named } from "../schema/Catalogue.ts"
import { type Path, pointer } from "../source/Path.ts"
import { isActivation, type Step, type Survey } from "./Weights.ts"

/** What layers are known by. */
export interface Reading {
  readonly model: Model
  readonly survey: Survey
  readonly catalogue: Catalogue
}

/** Whether a layer makes channels of which neighbouring numbers are alike. */
const isSpatial = ({ traits }: Step): boolean =>
  (traits?.role === "weights" && traits.over === "space") || (traits?.role === "pooling" && traits.space === "kept")

/** Whether a layer keeps them so. */
const keeps = ({ traits }: Step): boolean =>
  traits?.role === "normalization" || traits?.role === "augmentation" || (traits?.role === "noise" && traits.drops === "nothing")

/** The list of layers that a layer stands in. */
const scopeOf = ({ path }: Step): string => pointer(path.slice(0, -2))

/** The item of the document that a layer was made of. */
const itemAt = (model: Model, path: Path): unknown =>
  path.slice(1, -1).reduce<unknown>((at, key) => (at as { readonly [key: string | number]: unknown })[key], model)

/** Whether a layer has a name by which another could take its result. */
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
export const check = (reading: Reading): ReadonlyArray<Finding> => {
  const { activated, steps } = reading.survey
  const above = aboves(steps)
  const hasSelu = activated.some(({ name }) => activationTraits(reading.catalogue, name)?.role === "self-normalizing")
  return steps.flatMap((step, i): ReadonlyArray<Finding> => {
    const { traits } = step
    if (step.isFed) return []
    if (traits?.role === "normalization" && traits.over === "batch") return uselessBias(reading, above[i]?.step, step)
    if (traits?.role !== "noise" || traits.drops !== "numbers") return []
    if (traits.keepsMoments) return hasSelu ? [] : withoutSelu(reading, step)
    return onImages(reading, above[i], step)
  })
}

const uselessBias = ({ catalogue, model }: Reading, before: Step | undefined, norm: Step): ReadonlyArray<Finding> => {
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
  { catalogue }: Reading,
  { path }: Step,
  isMeant: (traits: AnyTraits) => boolean,
  found: (better: string, at: Spot) => Omit<Finding, "at" | "fix">,
): ReadonlyArray<Finding> => {
  const better = named(catalogue.layer, isMeant)
  if (better === undefined) return []
  const at: Spot = { path, on: "key" }
  return [{ ...found(better, at), at, fix: { title: `write \`${better}\``, at, text: better } }]
}

const onImages = (reading: Reading, above: Above | undefined, step: Step): ReadonlyArray<Finding> => {
  let nearest = above
  while (nearest !== undefined && (isActivation(reading.catalogue, nearest.step.kind) || keeps(nearest.step)))
    nearest = nearest.above
  const from = nearest?.step
  if (from === undefined || !isSpatial(from)) return []
  return instead(
    reading,
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

const withoutSelu = (reading: Reading, step: Step): ReadonlyArray<Finding> => {
  const { catalogue } = reading
  const selu = named(catalogue.activation, ({ role }) => role === "self-normalizing") ?? "selu"
  return instead(
    reading,
    step,
    (traits) => traits.role === "noise" && traits.drops === "numbers" && !traits.keepsMoments,
    (better) => ({
      code: "A610",
      message: `\`${step.kind}\` without \`${selu}\`: it replaces dropped values by the lowest output of ${selu}, which other activations do not have`,
      help: `prefer \`${better}\``,
    }),
  )
}
