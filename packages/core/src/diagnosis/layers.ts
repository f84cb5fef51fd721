/** The statistics of layers in one step of training: signals that fade, grow or saturate, gradients that vanish, weights that stand still. */
import * as Effect from "effect/Effect"
import { percent } from "../data/percent.ts"
import type { Engine, EngineError } from "../engines/Engine.ts"
import type { EndsOf, LayerStatistics } from "../training/LayerReport.ts"
import { evenSamples, layerStatistics } from "../training/layerStatistics.ts"
import type { ReadError } from "../training/Samples.ts"
import { type Concern, type Facts, shown } from "./Concern.ts"
import type { Subject } from "./Subject.ts"

export const facts: Facts = {
  doc: "Mean, deviation, saturation and histogram of the outputs of each layer, and of the gradients of the loss by them.",
  healthy: "deviations of about the same size in all layers; few outputs at the ends of tanh or sigmoid",
  advice:
    "Deviations that shrink or grow from layer to layer, and saturated outputs, are those of an initializer that does not suit the activation: He for relu, Xavier for tanh and sigmoid, LeCun for selu. Batch normalization forgives a bad one.",
  source: "Glorot and Bengio, Understanding the difficulty of training deep feedforward neural networks, 2010; He et al., 2015",
  weights: "any",
}

/** The statistics of the layers of a subject, on a batch of evenly spaced rows. `endsOf` gives the ends of bounded activations. */
export const layers = <P, S, O, X, Y, T>(
  { batch, data, loss, net, optimizer, penalty, seed, state }: Subject<P, S, O, X, Y, T>,
  endsOf?: EndsOf,
): Effect.Effect<ReadonlyArray<LayerStatistics>, EngineError | ReadError, Engine> =>
  Effect.scoped(
    Effect.gen(function* () {
      const rows = yield* evenSamples<X, T>(data, batch)
      const stepping = { loss, net, optimizer, seed, ...(penalty === undefined ? {} : { penalty }) }
      const measure = yield* layerStatistics<P, S, O, X, Y, T>(stepping, state, rows, { endsOf })
      return yield* measure(state, rows)
    }),
  )

/** Outputs that spread this many times more or less than those of the first layer have faded or exploded. */
const [faded, grown] = [0.01, 100] as const

/** This share of outputs at the ends of an activation passes hardly any gradient. */
const mostSaturated = 0.3

/** The layers with weights, whose outputs tell how signals are passed on. */
const weighted = (all: ReadonlyArray<LayerStatistics>) => all.filter(({ weights }) => weights !== undefined)

/** What is wrong with the outputs of layers: the first layer that shows each. */
export const concerns = (all: ReadonlyArray<LayerStatistics>): ReadonlyArray<Concern> => {
  const broken = all.find(({ gradient, output }) => output.nonFinite > 0 || gradient.nonFinite > 0)
  const saturated = all.find(({ output }) => (output.saturated ?? 0) > mostSaturated)
  const [first, ...others] = weighted(all).slice(0, -1)
  const ratio = (each: LayerStatistics): number => each.output.deviation / (first?.output.deviation ?? Number.NaN)
  const weak = others.find((each) => ratio(each) < faded)
  const strong = others.find((each) => ratio(each) > grown)
  const spread = (each: LayerStatistics) =>
    `the outputs of ${each.layer} deviate by ${shown(each.output.deviation)}, those of ${first?.layer} by ${shown(first?.output.deviation ?? 0)}`
  return [
    ...(broken === undefined
      ? []
      : [
          {
            message: `${broken.layer} has non-finite outputs or gradients`,
            advice: "smaller weights, or scaled inputs",
            layer: broken.layer,
          },
        ]),
    ...(saturated === undefined
      ? []
      : [
          {
            message: `${percent(saturated.output.saturated ?? 0)} of the outputs of ${saturated.layer} are at the ends of its activation, where no gradient passes`,
            advice: "smaller initial weights (`xavier_normal`), scaled inputs, or batch normalization before it",
            layer: saturated.layer,
          },
        ]),
    ...(weak === undefined
      ? []
      : [
          {
            message: `${spread(weak)}: the signal fades`,
            advice: "larger initial weights: `he_normal` for relu, `xavier_normal` for tanh",
            layer: weak.layer,
          },
        ]),
    ...(strong === undefined
      ? []
      : [
          {
            message: `${spread(strong)}: the signal grows`,
            advice: "smaller initial weights: `he_normal` for relu, `xavier_normal` for tanh",
            layer: strong.layer,
          },
        ]),
  ]
}
