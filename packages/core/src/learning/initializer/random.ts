/**
 * Initializers that draw each weight by itself. The named schemes among them choose the variance by what the weights
 * connect, so that signals keep their size from layer to layer.
 */
import * as Key from "../../tensor/Key.ts"
import * as T from "../../tensor/Tensor.ts"
import type { Family } from "../activation/Activation.ts"
import { wantOptions } from "../OptionError.ts"
import type { Distribution, Fans, Initializer, Place } from "./Initializer.ts"
import { gainOption, modeOption, normalOptions, truncatedNormalOptions, uniformOptions } from "./options.ts"

const normalOf =
  (std: number): Initializer =>
  (key, shape) =>
    T.mul(Key.normal(key, shape), std)

const uniformOf =
  (limit: number): Initializer =>
  (key, shape) =>
    Key.uniform(key, shape, { low: -limit, high: limit })

/** The normal distribution around 0 with a standard deviation. Throws `OptionError` for one below 0. */
export const normal = (std: number): Initializer => {
  wantOptions("normal", normalOptions, { std })
  return normalOf(std)
}

/** Evenly between -limit and limit. Throws `OptionError` for a limit below 0. */
export const uniform = (limit: number): Initializer => {
  wantOptions("uniform", uniformOptions, { limit })
  return uniformOf(limit)
}

/** The normal distribution around 0, drawn anew beyond two standard deviations; `std` is that before the cut, 1.14 times that after it. */
export const truncatedNormal = (std: number): Initializer => {
  wantOptions("truncatedNormal", truncatedNormalOptions, { std })
  return (key, shape) => T.mul(Key.truncatedNormal(key, shape), std)
}

/** Not held to bounds: weights that connect nothing have no finite variance, and there are none of them. */
const distributions: { readonly [D in Distribution]: (variance: number) => Initializer } = {
  normal: (variance) => normalOf(Math.sqrt(variance)),
  // The variance of a uniform distribution over [-l, l] is l²/3.
  uniform: (variance) => uniformOf(Math.sqrt(3 * variance)),
}

/** Weights around 0 whose variance depends on their place; every named scheme is one of these. */
export const withVariance =
  (distribution: Distribution, variance: (place: Place) => number): Initializer =>
  (key, shape, place) =>
    distributions[distribution](variance(place))(key, shape, place)

/** gain² / fan_avg: a compromise between signals forwards and gradients backwards. */
export const xavier = (distribution: Distribution, gain = 1): Initializer => {
  wantOptions("xavier", { gain: gainOption }, { gain })
  return withVariance(distribution, ({ fanIn, fanOut }) => (gain ** 2 * 2) / (fanIn + fanOut))
}

/** Which fan counts: `fan_in` keeps the size of signals forwards, `fan_out` that of gradients backwards. */
export type Mode = "fan_in" | "fan_out"

const fanOf: { readonly [M in Mode]: (fans: Fans) => number } = {
  fan_in: ({ fanIn }) => fanIn,
  fan_out: ({ fanOut }) => fanOut,
}

/** gain² / fan, with the gain of the activation that follows: √2 makes up for the half that relu cuts away. */
export const he = (distribution: Distribution, gain = Math.SQRT2, mode: Mode = "fan_in"): Initializer => {
  wantOptions("he", { gain: gainOption, mode: modeOption }, { gain, mode })
  return withVariance(distribution, (place) => gain ** 2 / fanOf[mode](place))
}

/** 1 / fan_in. */
export const lecun = (distribution: Distribution): Initializer => withVariance(distribution, ({ fanIn }) => 1 / fanIn)

const families: { readonly [F in Family]: (gain: number) => Initializer } = {
  xavier: (gain) => xavier("normal", gain),
  he: (gain) => he("normal", gain),
  lecun: () => lecun("normal"),
}

/** What is known of weights that nothing follows. */
const linear = { gain: 1, suits: "xavier" } as const

/** What suits the activation that follows: he, xavier or lecun, all normal, with its gain. */
export const auto: Initializer = (key, shape, place) => {
  const { gain, suits } = place.activation ?? linear
  return families[suits](gain)(key, shape, place)
}
