/** The type of an initializer: it draws weights for given fans and a given activation. */
import type { Tensor } from "../../language/Expr.ts"
import type * as Key from "../../tensor/Key.ts"
import * as Shape from "../../types/Shape.ts"
import type { Activation, Family } from "../activation/Activation.ts"
import type { Facts, Maker, Makers, OptionName, Options, Traits } from "../Entry.ts"

/** The number of inputs of each output, and the number of outputs of each input. */
export interface Fans {
  readonly fanIn: number
  readonly fanOut: number
}

/** What the weights connect: the fans, and the activation that follows (the identity if absent). */
export interface Connections extends Fans {
  readonly activation?: Activation
}

/** The two shapes of distribution that weights are drawn from. */
export type Distribution = "normal" | "uniform"

/** Facts about an initializer that checks and suggestions read. */
export interface InitializerTraits<Option extends string = string> {
  /** The family that defines its variance; `auto` chooses by the activation, `none` has no family. */
  readonly family: Family | "auto" | "none"
  readonly distribution: Distribution | "none"
  /** Whether all weights are equal: always, never, or if this option is 0. */
  readonly isEqual: boolean | Option
}

/** Infers the options of an initializer's maker from its literal. */
/* @__NO_SIDE_EFFECTS__ */ export const maker = <const O extends Options, const Main extends keyof O & string = never>(
  definition: Maker<O, Initializer, Main>,
): Maker<O, Initializer, Main> => definition

/** The facts of each of some initializers: documentation and traits. */
export type FactsOf<M extends Makers<unknown>> = {
  readonly [N in keyof M]: Facts & Traits<InitializerTraits<OptionName<M[N]["options"]>>>
}

/** Draws weights of a shape. */
export type Initializer = (key: Key.Key, shape: Shape.Shape, place: Connections) => Tensor

/**
 * The fans of a weight: [in, out] of a matrix; of a convolution kernel [...window, channels, filters], channels and
 * filters times the window's area. The kernel of a grouped convolution is [...window, channels / groups, filters], and
 * that of a transposed one [...window, filters / groups, channels], where PyTorch and Keras also count its outputs as
 * fan_in. A layer with other connections passes its own fans, in a `Connections`.
 *
 * `Initializer.fans([3, 3, 16, 32]) // => { fanIn: 144, fanOut: 288 }`
 */
export const fans = (shape: Shape.Shape): Fans => {
  const area = Shape.size(shape.slice(0, -2))
  return { fanIn: area * (shape.at(-2) ?? shape.at(-1) ?? 1), fanOut: area * (shape.at(-1) ?? 1) }
}
