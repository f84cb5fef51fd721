/** How far one step of the optimizer moves the weights of each layer, relative to their size. */
import type { LayerStatistics } from "../training/LayerReport.ts"
import { type Concern, type Facts, shown } from "./Concern.ts"

export const facts: Facts = {
  doc: "The ratio of the norm of each layer's update to the norm of its weights, in one step.",
  healthy: "about 1e-3; from 1e-5 to 1e-1",
  advice:
    "Much less means that the learning rate is too low to change anything, much more that each step overwrites what was learned. The first steps of adam are as large as its rate, whatever the gradient.",
  source: "Karpathy, Johnson and Li, CS231n, 2016: ratio of weights to updates",
  weights: "any",
}

/** The ratio of a layer. */
export interface UpdateRatio {
  readonly layer: string
  readonly ratio: number
}

/** The ratios of the layers with weights, in order. NaN for weights that are all 0. */
export const updateRatios = (all: ReadonlyArray<LayerStatistics>): ReadonlyArray<UpdateRatio> =>
  all.flatMap(({ layer, weights }) => (weights === undefined ? [] : [{ layer, ratio: weights.ratio }]))

/** Ratios outside of these get advice. */
const [slow, fast] = [1e-6, 0.3] as const

/** What is wrong with the ratios of updates: the slowest and the fastest layer, where they are out of bounds. */
export const concerns = (all: ReadonlyArray<UpdateRatio>): ReadonlyArray<Concern> => {
  const finite = all.filter(({ ratio }) => Number.isFinite(ratio) && ratio > 0)
  const sorted = finite.toSorted((a, b) => a.ratio - b.ratio)
  const [slowest, fastest] = [sorted[0], sorted.at(-1)]
  return [
    ...(slowest !== undefined && slowest.ratio < slow
      ? [
          {
            message: `a step moves the weights of ${slowest.layer} by ${shown(slowest.ratio)} of their size: they stand still`,
            advice: "a larger learning rate; about 1e-3 is healthy",
            layer: slowest.layer,
          },
        ]
      : []),
    ...(fastest !== undefined && fastest.ratio > fast
      ? [
          {
            message: `a step moves the weights of ${fastest.layer} by ${shown(fastest.ratio)} of their size`,
            advice: "a smaller learning rate; about 1e-3 is healthy",
            layer: fastest.layer,
          },
        ]
      : []),
  ]
}
