/**
 * The type of an activation: a function between a net's affine maps, with the facts that initializers, checks and plots need.
 * Each family of activations has its own file; `learning/Activation` collects them.
 */
import type { Tensor } from "../../language/Expr.ts"
import type { Facts, Maker, Options, Traits } from "../Entry.ts"
import type { Net } from "../Net.ts"

/** The families of initializers, each with its own variance. */
export type Family = "xavier" | "he" | "lecun"

/** Any function of a tensor. Without facts, it has the gain of a linear unit. */
export type ActivationFunction = (x: Tensor) => Tensor

/** What an initializer of the previous layer, a plot and a layer need to know about an activation. */
export interface ActivationFacts {
  /** The factor of the weights before it, relative to a linear unit, that preserves the variance of signals. */
  readonly gain: number
  /** The family of initializers that suits it, which `auto` picks. */
  readonly suits: Family
  /** Whether it saturates on both sides, so that large inputs get almost no gradient. */
  readonly saturates?: boolean
  /** The layer, for an activation that has parameters, is random, changes the shape or refuses some shapes. */
  readonly net?: Net
  /** The one-dimensional section that a plot shows, for an activation that combines several elements. */
  readonly section?: Section
}

/** A function between layers with its facts. With learned parameters, at their initial values; with random ones, as in inference. */
export interface Activation extends ActivationFacts {
  (x: Tensor): Tensor
}

/** A function of several elements, seen as a function of one of them. */
export interface Section {
  /** The function of one variable, as a formula: `softmax(z, 0)₁`. */
  readonly formula: string
  /** From z [n] to the input of the activation, [n, …]. The first element of each result is shown. */
  readonly input: (z: Tensor) => Tensor
}

/** Facts about an activation that checks and suggestions read. */
export interface ActivationTraits {
  /** An upper bound of its slope with default options; 0 blocks gradients. For an activation with a section, that of the section. */
  readonly slope: number
  /** Its use: between layers (`self-normalizing` under its conditions), no effect, or probabilities of one answer or of several. */
  readonly role: "hidden" | "self-normalizing" | "identity" | "probability" | "probabilities"
}

/** Infers the options of an activation's maker from its literal. */
/* @__NO_SIDE_EFFECTS__ */ export const maker = <const O extends Options, const Main extends keyof O & string = never>(
  definition: Maker<O, Activation, Main>,
): Maker<O, Activation, Main> => definition

/** The facts of each of some activations: documentation, with the derivative, and traits. */
export type FactsOf<M> = { readonly [N in keyof M]: Facts & Traits<ActivationTraits> & { readonly derivative: string } }

/**
 * An activation from a function and its facts.
 *
 * ```ts
 * const cube = Activation.make((x) => Tensor.mul(x, Tensor.square(x)), { gain: 1, suits: "xavier" })
 * cube(Tensor.make([1, -2])) // => [1, -8]
 * ```
 */
export const make = (f: ActivationFunction, facts: ActivationFacts): Activation => Object.assign((x: Tensor) => f(x), facts)

/** The gain of a linear unit, and of activations without a gain in the literature. */
export const linearGain = 1

/** The gain of relu and similar activations: half of the variance is lost. */
export const reluGain = Math.SQRT2
