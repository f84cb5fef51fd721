/**
 * The layers with weights, each with what the checks of activations and initializers ask: which activation follows its
 * weighted sum, and how its weights start, with the places where the file says so.
 */
import type { Use } from "@adjoint/core/learning/Entry"
import { type Layer, layerOf, type Model, type Named, useOf } from "../Document.ts"
import { aperture } from "../internal/fpTsStd.ts"
import type { Path } from "../source/Path.ts"

/** A use of a named thing, and its place. */
export interface Said extends Use {
  readonly path: Path
}

/** A layer with weights. */
export interface Weighted {
  readonly path: Path
  readonly kind: string
  /** Missing where nothing but the identity follows. */
  readonly activation?: Said
  readonly init: Said
  /** Whether the outputs of the model come from it. */
  readonly isLast: boolean
  /** How often it stands in the model: as often as the `repeat` it is in goes round. */
  readonly times: number
}

/** One activation, in a layer's options or as a layer of its own. */
export interface Activated extends Said {
  readonly isLast: boolean
}

/** What a model's layers say of weights and activations, those inside a `repeat` once. */
export interface Survey {
  readonly steps: ReadonlyArray<Step>
  readonly weighted: ReadonlyArray<Weighted>
  readonly activated: ReadonlyArray<Activated>
}

/** Layers that leave it to a later one to be the activation of the weighted sum before them. */
const transparent = new Set([
  ...["dropout", "alpha_dropout", "spatial_dropout", "gaussian_noise"],
  ...["max_pool", "avg_pool", "flatten", "reshape"],
])

/** A layer of the document, those inside a `repeat` once. */
export interface Step {
  readonly path: Path
  readonly kind: string
  readonly content: Named[string]
  readonly times: number
  /** Whether it is fed by a layer that it names, and not by the one above it. */
  readonly isFed: boolean
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

const said = (content: Named[string], option: string, path: Path): Said | undefined => {
  const value = content[option]
  if (typeof value !== "object" || value === null) return undefined
  const use = useOf(value as Named)
  return { ...use, path: [...path, option, use.name] }
}

/** What is known of names: which are activations, and which of them do nothing. */
export interface Names {
  readonly isActivation: (name: string) => boolean
  readonly isIdentity: (name: string) => boolean
}

/** The layers with weights and the activations. */
export const survey = (model: Model, { isActivation, isIdentity }: Names): Survey => {
  const all = flat(model.layers, ["model", "layers"], 1)
  const own: Said = { ...useOf(model.init), path: ["model", "init", useOf(model.init).name] }
  const lastWeighted = all.findLastIndex(({ content }) => Object.hasOwn(content, "init"))
  // What the result of a layer goes into, past layers that only drop or rearrange.
  const following = new Map(aperture(2)(all.filter(({ kind }) => !transparent.has(kind))).map(([step, next]) => [step, next]))
  const weighted: Array<Weighted> = []
  const activated: Array<Activated> = []
  all.forEach((step, i) => {
    const { content, kind, path } = step
    const written = said(content, "activation", path)
    const inside = written === undefined || isIdentity(written.name) ? undefined : written
    const isLast = i >= lastWeighted
    if (isActivation(kind)) activated.push({ name: kind, options: content, path, isLast })
    if (inside !== undefined) activated.push({ ...inside, isLast })
    const init = said(content, "init", path)
    if (init === undefined) return
    const next = following.get(step)
    const after =
      next !== undefined && !next.isFed && isActivation(next.kind)
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
