/**
 * Layers with weights: a linear map of the input, a bias for each output, and an activation. Dense layers, convolutions and
 * transposed convolutions differ only in the map.
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

/** An initializer, or the name of one with its default options; of `orthogonal` the function alone: `Initializer.orthogonal()`. */
export type InitializerLike = Initializer.Initializer | Initializer.ShortName

/** The initializer itself. */
export const initializerOf = (like: InitializerLike): Initializer.Initializer =>
  typeof like === "string" ? make(Initializer.shortMakers, { name: like, options: {} }) : like

/** The options of all layers with weights. */
export interface AffineOptions {
  /** The activation after the affine map: the identity unless given. */
  readonly activation?: ActivationLike
  /** The initializer of the weights: `auto`, which suits the activation, unless given. */
  readonly init?: InitializerLike
  /** Whether to add a bias: true unless given. */
  readonly bias?: boolean
  /** The initializer of the bias: zeros unless given. */
  readonly biasInit?: InitializerLike
}

/** The parameters of a layer with weights: w, b [outputs], and those of its activation if it has any. */
export type AffineParams = { readonly w: Tensor; readonly b?: Tensor; readonly activation?: Params }

/** A linear map with weights. Shapes are those of one sample. */
export interface LinearMap {
  readonly kind: string
  /** The number of outputs at each position: the size of the last axis. */
  readonly outputs: number
  /** The output shape. Throws `ShapeError` for a wrong input shape. */
  readonly shape: (input: Shape.Shape) => Shape.Shape
  /** The shape of the weights for samples of a shape. */
  readonly weights: (input: Shape.Shape) => Shape.Shape
  /** The fans, from the shape of the weights. */
  readonly fans: (weights: Shape.Shape) => Initializer.Fans
  /** The sums for x [batch, ...input]. */
  readonly sums: (x: Tensor, w: Tensor) => Tensor
}

/** f(map(x, W) + b), with the bias broadcast over all positions. */
export const affine = (options: AffineOptions, map: LinearMap): Net<AffineParams> => {
  const { bias = true, biasInit = "zeros", init = "auto" } = options
  const follows = activationOf(options.activation ?? "identity")
  const after = follows.net ?? pure("activation", follows)
  const weights = initializerOf(init)
  const biases = initializerOf(biasInit)
  return {
    kind: map.kind,
    shape: (input) => after.shape(map.shape(input)),
    init: (key, input) => {
      const inner = after.init(Key.fold(key, "activation"), map.shape(input))
      const shape = map.weights(input)
      const connections = { ...map.fans(shape), activation: follows }
      const params = {
        w: weights(Key.fold(key, "w"), shape, connections),
        ...(bias ? { b: biases(Key.fold(key, "b"), [map.outputs], connections) } : {}),
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

/** The options of all layers with weights in a model file. */
export const affineOptions = {
  activation: {
    kind: "activation",
    doc: "The activation after the weighted sum.",
    synonyms: ["act", "activation_fn", "activation_function", "nonlinearity"],
    default: "identity",
  },
  init: {
    kind: "initializer",
    doc: "The initializer of the weights.",
    synonyms: ["initializer", "weight_init", "weights_initializer", "weight_initializer", "kernel_initializer", "kernel_init"],
    default: "auto",
  },
  bias: { kind: "boolean", doc: "Whether to add a bias.", synonyms: ["use_bias"], default: true },
  bias_init: { kind: "initializer", doc: "The initializer of the bias.", synonyms: ["bias_initializer"], default: "zeros" },
} as const
