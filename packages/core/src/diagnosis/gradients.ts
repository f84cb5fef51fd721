/** The gradient of each layer's weights: it vanishes or explodes where it shrinks or grows from layer to layer. */
import type { LayerStatistics } from "../training/LayerReport.ts"
import { type Concern, type Facts, shown } from "./Concern.ts"

export const facts: Facts = {
  doc: "The norm of the gradient of each layer's weights, from the first layer to the last.",
  healthy:
    "the same order of magnitude in all layers: the first layer has at least a thousandth of the last layer's, and at most a thousand times as much",
  advice:
    "A gradient that shrinks towards the first layer vanishes in sigmoids and in layers with small weights: use relu with He, residual branches or normalization. One that grows explodes, often in recurrent nets: clip its norm.",
  source: "Hochreiter, Untersuchungen zu dynamischen neuronalen Netzen, 1991; Pascanu, Mikolov and Bengio, 2013",
  weights: "any",
}

/** A gradient norm of a layer. */
export interface GradientNorm {
  readonly layer: string
  readonly norm: number
}

/** The norms of the layers with weights, in order. */
export const gradientNorms = (all: ReadonlyArray<LayerStatistics>): ReadonlyArray<GradientNorm> =>
  all.flatMap(({ layer, weights }) => (weights === undefined ? [] : [{ layer, norm: weights.gradient }]))

/** A gradient of the first layer this many times smaller or larger than the last one's. */
const [vanished, exploded] = [1e-3, 1e3] as const

/** What is wrong with the norms of gradients across depth. */
export const concerns = (all: ReadonlyArray<GradientNorm>): ReadonlyArray<Concern> => {
  const [first, last] = [all[0], all.at(-1)]
  if (first === undefined || last === undefined || all.length < 2) return []
  if (all.every(({ norm }) => norm === 0))
    return [
      {
        message: "the gradient of all weights is 0",
        advice: "equal or zero weights, or units that are all dead: initialize at random, and lower the rate",
        layer: first.layer,
      },
    ]
  const said = `the gradient of ${first.layer} has the norm ${shown(first.norm)}, that of ${last.layer} ${shown(last.norm)}`
  const none = all.find(({ norm }) => norm === 0)
  if (none !== undefined)
    return [
      {
        message: `no gradient arrives at the weights of ${none.layer}`,
        advice: "equal or zero weights above it, or units that are all dead: initialize at random",
        layer: none.layer,
      },
    ]
  if (first.norm < vanished * last.norm)
    return [
      {
        message: `${said}: it vanishes on its way to the first layer`,
        advice: "`relu` with `he_normal` instead of sigmoids, a residual branch (`add`), or batch normalization",
        layer: first.layer,
      },
    ]
  if (first.norm > exploded * last.norm)
    return [
      {
        message: `${said}: it explodes on its way to the first layer`,
        advice: "smaller initial weights, or `regularize: { clip_norm: 1 }`",
        layer: first.layer,
      },
    ]
  return []
}
