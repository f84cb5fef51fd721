/**
 * The layers with weights, each with what the checks of activations and initializers ask: which activation follows its
 * weighted sum, and how its weights start, with the places where the file says so.
 */
import { type Layer, layerOf, type Model, type Named, useOf } from "../Document.ts"
import { aperture } from "../internal/fpTsStd.ts"
import type { Path } from "../source/Path.ts"

/** A named thing and its place. */
export interface Said {
  readonly name: string
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
}

/** One activation, in a layer's options or as a layer of its own. */
export interface Activated extends Said {
  readonly isLast: boolean
}

/** What a model's layers say of weights and activations, those inside a `repeat` once. */
export interface Survey {
  readonly weighted: ReadonlyArray<Weighted>
  readonly activated: ReadonlyArray<Activated>
}

/** Layers that leave it to a later one to be the activation of the weighted sum before them. */
const transparent = new Set(["dropout", "flatten", "reshape"])

interface Step {
  readonly path: Path
  readonly kind: string
  readonly content: Named[string]
}

const flat = (layers: ReadonlyArray<Layer>, root: Path): ReadonlyArray<Step> =>
  layers.flatMap((layer, i) => steps(layer, [...root, i]))

const steps = (layer: Layer, path: Path): ReadonlyArray<Step> => {
  const item = layerOf(layer)
  switch (item._tag) {
    case "Repeat":
      return flat(item.layers, [...path, "repeat", "layers"])
    case "Join":
      return [{ path: [...path, item.how], kind: item.how, content: {} }]
    case "Head": {
      const { activation, init } = item.head
      return [{ path: [...path, "head"], kind: "head", content: { activation, init } }]
    }
    case "Use":
      return [{ path: [...path, item.use.name], kind: item.use.name, content: item.use.options }]
  }
}

const said = (content: Named[string], option: string, path: Path): Said | undefined => {
  const value = content[option]
  if (typeof value !== "object" || value === null) return undefined
  const { name } = useOf(value as Named)
  return { name, path: [...path, option, name] }
}

/** The layers with weights and the activations. `isActivation` knows the names that are activations. */
export const survey = (model: Model, isActivation: (name: string) => boolean): Survey => {
  const all = flat(model.layers, ["model", "layers"])
  const own: Said = { name: useOf(model.init).name, path: ["model", "init", useOf(model.init).name] }
  const lastWeighted = all.findLastIndex(({ content }) => Object.hasOwn(content, "init"))
  // What the result of a layer goes into, past layers that only drop or rearrange.
  const following = new Map(aperture(2)(all.filter(({ kind }) => !transparent.has(kind))).map(([step, next]) => [step, next]))
  const weighted: Array<Weighted> = []
  const activated: Array<Activated> = []
  all.forEach((step, i) => {
    const { content, kind, path } = step
    const inside = said(content, "activation", path)
    const isLast = i >= lastWeighted
    if (isActivation(kind)) activated.push({ name: kind, path, isLast })
    if (inside !== undefined && inside.name !== "identity") activated.push({ ...inside, isLast })
    const init = said(content, "init", path)
    if (init === undefined) return
    const next = following.get(step)
    const after = next !== undefined && isActivation(next.kind) ? { name: next.kind, path: next.path } : undefined
    const activation = inside === undefined || inside.name === "identity" ? after : inside
    weighted.push({
      path,
      kind,
      init: init.name === "auto" ? own : init,
      isLast: i === lastWeighted,
      ...(activation === undefined ? {} : { activation }),
    })
  })
  return { weighted, activated }
}
