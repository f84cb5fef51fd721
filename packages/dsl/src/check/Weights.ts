/**
 * The layers with weights, as the checks of activations and initializers need them: the activation that follows the
 * weighted sum, and the initializer, each with its path in the document.
 */
import type { Use } from "@adjoint/core/learning/Entry"
import type { AnyTraits, Role } from "@adjoint/core/learning/Layers"
import { type Layer, layerOf, type Model, type Named, useOf } from "../Document.ts"
import { aperture } from "../internal/fpTsStd.ts"
import { activationTraits, type Catalogue, layerTraits } from "../schema/Catalogue.ts"
import type { Path } from "../source/Path.ts"

/** An entry in use, with its path. */
export interface NamedUse extends Use {
  readonly path: Path
}

/** A layer with weights. */
export interface Weighted {
  readonly path: Path
  readonly kind: string
  /** Absent if only the identity follows. */
  readonly activation?: NamedUse
  readonly init: NamedUse
  /** Whether the outputs of the model come from it. */
  readonly isLast: boolean
  /** How many copies the model has: the repetitions of the `repeat` around it. */
  readonly times: number
}

/** One activation, in a layer's options or as a layer of its own. */
export interface Activated extends NamedUse {
  readonly isLast: boolean
}

/** The weights and activations of a model's layers; those inside a `repeat` once. */
export interface LayerSummary {
  readonly steps: ReadonlyArray<Step>
  readonly weighted: ReadonlyArray<Weighted>
  readonly activated: ReadonlyArray<Activated>
}

/** Whether the activation of a weighted sum may come after such a layer. */
const leaves: { readonly [R in Role["role"]]: boolean } = {
  weights: false,
  shape: true,
  pooling: true,
  normalization: false,
  noise: true,
  augmentation: true,
  positions: false,
}

/** A layer of the document, those inside a `repeat` once. */
export interface Step {
  readonly path: Path
  readonly kind: string
  readonly content: Named[string]
  readonly times: number
  /** Whether its input is a named layer, not the one above it. */
  readonly isFed: boolean
  /** The traits of a layer of the catalogue. */
  readonly traits?: AnyTraits
}

const flat = (layers: ReadonlyArray<Layer>, root: Path, times: number): ReadonlyArray<Step> =>
  layers.flatMap((layer, i) => steps(layer, [...root, i], times))

const steps = (layer: Layer, path: Path, times: number): ReadonlyArray<Step> => {
  const item = layerOf(layer)
  const isFed = typeof layer.from === "string"
  switch (item._tag) {
    case "Block":
      return flat(item.layers, [...path, "block", "layers"], times)
    case "Repeat":
      return flat(item.layers, [...path, "repeat", "layers"], times * item.times)
    case "Join":
      return [{ path: [...path, item.how], kind: item.how, content: {}, times, isFed: true }]
    case "Head": {
      const { activation, init } = item.head
      return [{ path: [...path, "head"], kind: "head", content: { activation, init }, times, isFed }]
    }
    case "Use":
      return [{ path: [...path, item.use.name], kind: item.use.name, content: item.use.options, times, isFed }]
  }
}

/** The entry that an option names. */
const namedUse = ({ content, path }: Step, option: string | undefined): NamedUse | undefined => {
  if (option === undefined) return undefined
  const value = content[option]
  if (typeof value !== "object" || value === null) return undefined
  const use = useOf(value as Named)
  return { ...use, path: [...path, option, use.name] }
}

/** Whether a name is that of an activation as a layer. */
export const isActivation = (catalogue: Catalogue, name: string): boolean =>
  activationTraits(catalogue, name) !== undefined && !Object.hasOwn(catalogue.layer, name)

/** The layers with weights and the activations. */
export const summarize = (model: Model, catalogue: Catalogue): LayerSummary => {
  const all = flat(model.layers, ["model", "layers"], 1).map((step): Step => {
    const traits = layerTraits(catalogue, step.kind)
    return traits === undefined ? step : { ...step, traits }
  })
  const own: NamedUse = { ...useOf(model.init), path: ["model", "init", useOf(model.init).name] }
  const initOf = (step: Step): NamedUse | undefined =>
    step.traits?.role === "weights" ? namedUse(step, step.traits.init) : undefined
  const lastWeighted = all.findLastIndex((step) => initOf(step) !== undefined)
  // The layer that receives the output of another, skipping layers that only drop or rearrange values.
  const through = all.filter(({ traits }) => traits === undefined || !leaves[traits.role])
  const following = new Map(aperture(2)(through).map(([step, next]) => [step, next]))
  const weighted: Array<Weighted> = []
  const activated: Array<Activated> = []
  all.forEach((step, i) => {
    const { content, kind, path } = step
    const written = step.traits?.role === "weights" ? namedUse(step, step.traits.activation) : undefined
    const inside = written === undefined || activationTraits(catalogue, written.name)?.role === "identity" ? undefined : written
    const isLast = i >= lastWeighted || kind === "head"
    if (isActivation(catalogue, kind)) activated.push({ name: kind, options: content, path, isLast })
    if (inside !== undefined) activated.push({ ...inside, isLast })
    const init = initOf(step)
    if (init === undefined) return
    const next = following.get(step)
    const after =
      next !== undefined && !next.isFed && isActivation(catalogue, next.kind)
        ? { name: next.kind, options: next.content, path: next.path }
        : undefined
    const activation = inside ?? after
    weighted.push({
      path,
      kind,
      init: init.name === "auto" ? own : init,
      isLast: i === lastWeighted,
      times: step.times,
      ...(activation === undefined ? {} : { activation }),
    })
  })
  return { steps: all, weighted, activated }
}
