/**
 * What all layers with weights are: a linear map of the input, a bias for each output, and an activation. Dense layers,
 * convolutions and transposed convolutions differ in the map alone.
 */
import type { Tensor } from "../../language/Expr.ts"
import * as Key from "../../tensor/Key.ts"
import * as T from "../../tensor/Tensor.ts"
import type * as Shape from "../../types/Shape.ts"
import { make } from "../Entry.ts"
import * as Initializer from "../Initializer.ts"
import { type Net, pure } from "../Net.ts"
import { leaves, none, type Params } from "../Params.ts"
import { type ActivationLike, activationOf } from "./activation.ts"

/** An initializer, or the name of one with its usual options. */
export type InitializerLike = Initializer.Initializer | Initializer.Name

/** The initializer that is meant. */
export const initializerOf = (like: InitializerLike): Initializer.Initializer =>
  typeof like === "string" ? make(Initializer.table, { name: like, options: {} }) : like

/** How a layer with weights is built, whatever its linear map. */
export interface AffineOptions {
  /** What follows the affine map: the identity unless given. */
  readonly activation?: ActivationLike
  /** The weights at the start: `auto`, which suits the activation, unless given. */
  readonly init?: InitializerLike
  /** Whether something is added to the sums: yes unless given. */
  readonly bias?: boolean
  /** The bias at the start: zeros unless given. */
  readonly biasInit?: InitializerLike
}

/** What a layer with weights learns: w, b [outputs], and what its activation learns where that does. */
export type AffineParams = { readonly w: Tensor; readonly b?: Tensor; readonly activation?: Params }

/** A linear map with weights. Shapes are those of one sample. */
export interface LinearMap {
  readonly kind: string
  /** How many outputs there are at each place: the size of the last axis. */
  readonly outputs: number
  /** Throws `ShapeError` for a shape it cannot take. */
  readonly shape: (input: Shape.Shape) => Shape.Shape
  /** The shape of the weights for samples of a shape. */
  readonly weights: (input: Shape.Shape) => Shape.Shape
  /** What the weights connect, by their shape. */
  readonly fans: (weights: Shape.Shape) => Initializer.Fans
  /** The sums for x [batch, ...input]. */
  readonly sums: (x: Tensor, w: Tensor) => Tensor
}

/** f(map(x, W) + b), the bias stretched over all places. */
export const affine = (options: AffineOptions, map: LinearMap): Net<AffineParams> => {
  const { bias = true, biasInit = "zeros", init = "auto" } = options
  const follows = activationOf(options.activation ?? "identity")
  const after = follows.net ?? pure("activation", follows.apply)
  const weights = initializerOf(init)
  const biases = initializerOf(biasInit)
  return {
    kind: map.kind,
    shape: (input) => after.shape(map.shape(input)),
    init: (key, input) => {
      const inner = after.init(Key.fold(key, "activation"), map.shape(input))
      const shape = map.weights(input)
      const place = { ...map.fans(shape), activation: follows }
      const params = {
        w: weights(Key.fold(key, "w"), shape, place),
        ...(bias ? { b: biases(Key.fold(key, "b"), [map.outputs], place) } : {}),
        ...(leaves(inner.params).length > 0 ? { activation: inner.params } : {}),
      }
      return { params, state: inner.state }
    },
    apply: ({ activation: learned = none, b, w }, state, x, context) => {
      const sums = map.sums(x, w)
      return after.apply(learned, state, b === undefined ? sums : T.add(sums, b), context)
    },
  }
}

/** The options that all layers with weights have in a model file. */
export const affineOptions = {
  activation: {
    kind: "activation",
    doc: "What follows the weighted sum.",
    synonyms: ["act", "activation_fn", "activation_function", "nonlinearity"],
    default: "identity",
  },
  init: {
    kind: "initializer",
    doc: "The weights at the start.",
    synonyms: ["initializer", "weight_init", "weights_initializer", "weight_initializer", "kernel_initializer", "kernel_init"],
    default: "auto",
  },
  bias: { kind: "boolean", doc: "Whether a bias is added.", synonyms: ["use_bias"], default: true },
  bias_init: { kind: "initializer", doc: "The bias at the start.", synonyms: ["bias_initializer"], default: "zeros" },
} as const
