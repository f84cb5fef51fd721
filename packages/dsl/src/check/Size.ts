/** The limit on layers. They are counted before any is built; those of a `repeat` count once for each repetition. */
import { grouped } from "@adjoint/core/data/grouped"
import { type Layer, layerOf, type Model } from "../Document.ts"
import type { Finding } from "../diagnostic/Diagnostic.ts"
import type { Path } from "../source/Path.ts"

/** A model has at most this many layers. */
export const maxLayers = 10_000

const inside = (
  layer: Layer,
): { readonly layers: ReadonlyArray<Layer>; readonly times: number; readonly holder: string } | undefined => {
  const item = layerOf(layer)
  if (item._tag === "Repeat") return { layers: item.layers, times: item.times, holder: "repeat" }
  return item._tag === "Block" ? { layers: item.layers, times: 1, holder: "block" } : undefined
}

/** The number of layers of an item. */
const count = (layer: Layer): number => {
  const held = inside(layer)
  return held === undefined ? 1 : held.times * total(held.layers)
}

const total = (layers: ReadonlyArray<Layer>): number => layers.reduce((sum, layer) => sum + count(layer), 0)

/** The number of layers of a model. */
export const layerCount = ({ layers }: Model): number => total(layers)

/** The innermost item that exceeds the limit. */
const culprit = (layers: ReadonlyArray<Layer>, root: Path): Path => {
  let sum = 0
  for (const [i, layer] of layers.entries()) {
    sum += count(layer)
    if (sum <= maxLayers) continue
    const held = inside(layer)
    const path = [...root, i]
    if (held === undefined) return path
    if (total(held.layers) > maxLayers) return culprit(held.layers, [...path, held.holder, "layers"])
    return held.holder === "repeat" ? [...path, "repeat", "times"] : path
  }
  return root
}

/** The finding for a model with too many layers. */
export const check = (model: Model): ReadonlyArray<Finding> => {
  const all = layerCount(model)
  if (all <= maxLayers) return []
  const said = Number.isSafeInteger(all) ? grouped(all) : all.toExponential(1)
  return [
    {
      code: "Y006",
      message: `the model has ${said} layers; it can have at most ${grouped(maxLayers)}`,
      at: { path: culprit(model.layers, ["model", "layers"]) },
      help: "repeat fewer times, or make fewer, wider layers",
    },
  ]
}
