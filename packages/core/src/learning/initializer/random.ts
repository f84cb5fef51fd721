/**
 * Initializers that draw each weight independently. The named schemes choose the variance by the fans, so that the variance of
 * signals stays the same from layer to layer.
 */
import * as Key from "../../tensor/Key.ts"
import * as T from "../../tensor/Tensor.ts"
import type { Family } from "../activation/Activation.ts"
import { checkOptions } from "../OptionError.ts"
import type { Connections, Distribution, Fans, Initializer } from "./Initializer.ts"
import { gainOption, modeOption, normalOptions, truncatedNormalOptions, uniformOptions } from "./options.ts"

const normalOf =
  (std: number): Initializer =>
  (key, shape) =>
    T.mul(Key.normal(key, shape), std)

const uniformOf =
  (limit: number): Initializer =>
  (key, shape) =>
    Key.uniform(key, shape, { low: -limit, high: limit })

/** The normal distribution around 0 with a standard deviation. Throws `OptionError` if it is below 0. */
export const normal = (std: number): Initializer => {
  checkOptions("normal", normalOptions, { std })
  return normalOf(std)
}

/** The uniform distribution between -limit and limit. Throws `OptionError` for a limit below 0. */
export const uniform = (limit: number): Initializer => {
  checkOptions("uniform", uniformOptions, { limit })
  return uniformOf(limit)
}

/** The normal distribution around 0, cut off at two standard deviations. `std` is the value before the cut, 1.14 times that after it. */
export const truncatedNormal = (std: number): Initializer => {
  checkOptions("truncatedNormal", truncatedNormalOptions, { std })
  return (key, shape) => T.mul(Key.truncatedNormal(key, shape), std)
}

const distributionBounds = { distribution: { kind: "choice", of: ["normal", "uniform"] } } as const

/** Without checks: with a fan of 0 the variance is infinite, but then there are no weights. */
const distributions: { readonly [D in Distribution]: (variance: number) => Initializer } = {
  normal: (variance) => normalOf(Math.sqrt(variance)),
  // The variance of a uniform distribution over [-l, l] is l²/3.
  uniform: (variance) => uniformOf(Math.sqrt(3 * variance)),
}

/** Weights around 0 with a variance that depends on what they connect; all named schemes use this. */
export const withVariance = (distribution: Distribution, variance: (connections: Connections) => number): Initializer => {
  checkOptions("withVariance", distributionBounds, { distribution })
  return (key, shape, connections) => distributions[distribution](variance(connections))(key, shape, connections)
}

/** The variance gain² / fan_avg: a compromise between the forward and the backward pass. */
export const xavier = (distribution: Distribution, gain = 1): Initializer => {
  checkOptions("xavier", { gain: gainOption }, { gain })
  return withVariance(distribution, ({ fanIn, fanOut }) => (gain ** 2 * 2) / (fanIn + fanOut))
}

/** Which fan counts: `fan_in` preserves the variance in the forward pass, `fan_out` in the backward pass. */
export type Mode = "fan_in" | "fan_out"

const fanOf: { readonly [M in Mode]: (fans: Fans) => number } = {
  fan_in: ({ fanIn }) => fanIn,
  fan_out: ({ fanOut }) => fanOut,
}

/** The variance gain² / fan, with the gain of the activation that follows: √2 for relu, which halves the variance. */
export const he = (distribution: Distribution, gain = Math.SQRT2, mode: Mode = "fan_in"): Initializer => {
  checkOptions("he", { gain: gainOption, mode: modeOption }, { gain, mode })
  return withVariance(distribution, (connections) => gain ** 2 / fanOf[mode](connections))
}

/** The variance 1 / fan_in. */
export const lecun = (distribution: Distribution): Initializer => withVariance(distribution, ({ fanIn }) => 1 / fanIn)

const families: { readonly [F in Family]: (gain: number) => Initializer } = {
  xavier: (gain) => xavier("normal", gain),
  he: (gain) => he("normal", gain),
  lecun: () => lecun("normal"),
}

/** The facts of a linear unit, for weights without an activation. */
const linear = { gain: 1, suits: "xavier" } as const

/** The family that suits the activation that follows (he, xavier or lecun, all normal), with its gain. */
export const auto: Initializer = (key, shape, connections) => {
  const { gain, suits } = connections.activation ?? linear
  return families[suits](gain)(key, shape, connections)
}
