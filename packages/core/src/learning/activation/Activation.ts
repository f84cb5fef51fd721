/**
 * What an activation is: a function between a net's affine maps, with what an initializer, a check and a picture have to
 * know of it. Each family of activations is a file beside this one; `learning/Activation` gathers them.
 */
import type { Tensor } from "../../language/Expr.ts"
import type { Entry, Options, Traits } from "../Entry.ts"
import type { Net } from "../Net.ts"

/** The families of initializers, by who found how to keep the variance of signals through a layer. */
export type Family = "xavier" | "he" | "lecun"

/** A function between layers, and what the layer before it must know to start well. */
export interface Activation {
  /** The function of x. Of an activation that learns, the one it starts from; of one that draws, the one when not training. */
  readonly apply: (x: Tensor) => Tensor
  /** How many times larger the weights before it must be than before a linear unit for signals to keep their size. */
  readonly gain: number
  /** The initializers made for it; `auto` picks by this. */
  readonly suits: Family
  /** Whether it flattens out on both sides, so that large inputs get hardly any gradient. */
  readonly saturates?: boolean
  /** Of an activation that learns, draws, changes the shape or does not take every one, the layer that it is. */
  readonly net?: Net
  /** Of an activation in which numbers meet, the cut through it that a picture shows. */
  readonly section?: Section
}

/** A function of several numbers along all but one of them. */
export interface Section {
  /** The function that is left, as formulas have it: `softmax(z, 0)₁`. */
  readonly formula: string
  /** From z [n] to what the activation is given, [n, …]; the first number of each result is the one that is shown. */
  readonly input: (z: Tensor) => Tensor
}

/** Facts about an activation that checks and suggestions read. */
export interface ActivationTraits {
  /** Its steepest slope with its usual options, or a little more: 0 lets no gradient through. Of an activation in which numbers meet, that of its section. */
  readonly slope: number
  /** What it is for: between layers (`self-normalizing` under its conditions), nothing at all, or probabilities of one answer or of several. */
  readonly role: "hidden" | "self-normalizing" | "identity" | "probability" | "probabilities"
}

/** An activation's entry: it says its derivative too. */
export type Row<O extends Options, Main extends keyof O & string> = Entry<O, Activation, Main> &
  Traits<ActivationTraits> & { readonly derivative: string }

/** Infers the options of an activation's entry from its literal. */
export const row = <const O extends Options, const Main extends keyof O & string = never>(
  definition: Row<O, Main>,
): Row<O, Main> => definition

/** The gain of a linear unit, and of what the field names no other for. */
export const linearGain = 1

/** What makes up for the half that relu and its relatives cut away. */
export const reluGain = Math.SQRT2
