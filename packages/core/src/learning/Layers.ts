/** Layers: the nets that others are built of, and the table a model file names them by. */
import type { Tensor } from "../language/Expr.ts"
import * as Key from "../tensor/Key.ts"
import * as T from "../tensor/Tensor.ts"
import * as Shape from "../words/Shape.ts"
import { refuse } from "../words/ShapeError.ts"
import * as Activation from "./Activation.ts"
import { entry, make, type Table } from "./Entry.ts"
import * as Initializer from "./Initializer.ts"
import { type Net, pure } from "./Net.ts"
import { leaves, type None, none, type Params } from "./Params.ts"

/** An activation, or the name of one with its usual options. */
export type ActivationLike = Activation.Activation | Activation.Name

/** An initializer, or the name of one with its usual options. */
export type InitializerLike = Initializer.Initializer | Initializer.Name

const activationOf = (like: ActivationLike): Activation.Activation =>
  typeof like === "string" ? make(Activation.table, { name: like, options: {} }) : like

const initializerOf = (like: InitializerLike): Initializer.Initializer =>
  typeof like === "string" ? make(Initializer.table, { name: like, options: {} }) : like

/** An activation as a layer of its own; `kind` is what it is called in names and descriptions. */
export const activation = (like: ActivationLike, kind = typeof like === "string" ? like : "activation"): Net => {
  const { apply, net } = activationOf(like)
  return net ?? pure(kind, apply)
}

/** How a dense layer is built. */
export interface DenseOptions {
  /** How many outputs. */
  readonly units: number
  /** What follows the affine map: the identity unless given. */
  readonly activation?: ActivationLike
  /** The weights at the start: `auto`, which suits the activation, unless given. */
  readonly init?: InitializerLike
  /** Whether something is added to the products: yes unless given. */
  readonly bias?: boolean
  /** The bias at the start: zeros unless given. */
  readonly biasInit?: InitializerLike
}

/** What a dense layer learns: w [in, units], b [units], and what its activation learns where that does. */
export type DenseParams = { readonly w: Tensor; readonly b?: Tensor; readonly activation?: Params }

/** f(x · W + b) over the last axis: x [batch, …, in] gives [batch, …, units]. Throws `ShapeError` for samples without axes. */
export const dense = (options: DenseOptions): Net<DenseParams> => {
  const { bias = true, biasInit = "zeros", init = "auto", units } = options
  const follows = activationOf(options.activation ?? "identity")
  const after = follows.net ?? pure("activation", follows.apply)
  const weights = initializerOf(init)
  const biases = initializerOf(biasInit)
  const shape = (input: Shape.Shape): Shape.Shape =>
    input.length === 0
      ? refuse("dense", [{ dtype: "f32", shape: input }], "at least one axis of features", "a reshape to [1] before it")
      : [...input.slice(0, -1), units]
  return {
    kind: "dense",
    shape,
    init: (key, input) => {
      const matrix = [input.at(-1) ?? 1, units]
      const place = { ...Initializer.fans(matrix), activation: follows }
      const inner = after.init(Key.fold(key, "activation"), shape(input))
      const params = {
        w: weights(Key.fold(key, "w"), matrix, place),
        ...(bias ? { b: biases(Key.fold(key, "b"), [units], place) } : {}),
        ...(leaves(inner.params).length > 0 ? { activation: inner.params } : {}),
      }
      return { params, state: inner.state }
    },
    apply: ({ activation: slopes = none, b, w }, state, x, context) => {
      const width = w.shape[0] ?? 0
      if (x.shape.length < 2 || x.shape.at(-1) !== width)
        refuse("dense", [x, w], `x [batch, …, ${width}]`, "initialize the net for the shape of these samples")
      const products = T.reshape(T.matmul(T.reshape(x, [-1, width]) as Tensor, w), [...x.shape.slice(0, -1), units])
      return after.apply(slopes, state, b === undefined ? products : T.add(products, b), context)
    },
  }
}

/**
 * While training, 0 in place of a share `rate` of the numbers, drawn anew from the key each time, the others divided by
 * 1 - rate so that sums keep their size; when inferring, the input as it is. `rate` is at least 0 and below 1.
 */
export const dropout = (rate: number): Net<None, None> =>
  pure("dropout", (x, context) => {
    if (context.mode === "infer" || rate === 0) return x
    const kept = Key.bernoulli(context.key, 1 - rate, x.shape)
    return T.where(kept, T.div(x, 1 - rate), 0)
  })

/** All numbers of a sample along one axis: [batch, …] gives [batch, n]. */
export const flatten: Net<None, None> = pure(
  "flatten",
  (x) => T.reshape(x, [x.shape[0] ?? 0, Shape.size(x.shape.slice(1))]),
  (input) => [Shape.size(input)],
)

/** The numbers of a sample under another shape of as many: [batch, …] gives [batch, ...shape]. Throws `ShapeError`. */
export const reshape = (shape: Shape.Shape): Net<None, None> =>
  pure(
    "reshape",
    (x) => T.reshape(x, [x.shape[0] ?? 0, ...shape]),
    (input) =>
      Shape.size(input) === Shape.size(shape)
        ? shape
        : refuse(
            "reshape",
            [{ dtype: "f32", shape: input }],
            `samples of ${Shape.size(shape)} numbers for ${Shape.print(shape)}`,
            `sizes that multiply to ${Shape.size(input)}`,
          ),
  )

/** Every layer by the name a model file calls it. Activations are layers too, under their own names: `activation`. */
export const table = {
  dense: entry({
    doc: "Every output a weighted sum of all inputs, and a bias.",
    formula: "y = f(x · W + b), W [in, units], b [units]",
    source: "Rosenblatt, The perceptron, 1958; Rumelhart, Hinton and Williams, 1986",
    advice:
      "The layer for tables and the last one of most nets. Give the last one as many units as there are outputs and no activation: losses take logits. Before a normalization the bias does nothing.",
    options: {
      units: { kind: "integer", doc: "How many outputs.", minimum: 1 },
      activation: { kind: "activation", doc: "What follows the weighted sum.", default: "identity" },
      init: { kind: "initializer", doc: "The weights at the start.", default: "auto" },
      bias: { kind: "boolean", doc: "Whether a bias is added.", default: true },
      bias_init: { kind: "initializer", doc: "The bias at the start.", default: "zeros" },
    },
    main: "units",
    make: (options): Net =>
      dense({
        units: options.units,
        activation: make(Activation.table, options.activation),
        init: make(Initializer.table, options.init),
        bias: options.bias,
        biasInit: make(Initializer.table, options.bias_init),
      }),
  }),
  dropout: entry({
    doc: "While training, sets a random share of the numbers to 0 and scales the others up to make up for it.",
    formula: "y = m ⊙ x / (1 - rate), mᵢ ~ Bernoulli(1 - rate); when not training y = x",
    source: "Srivastava, Hinton, Krizhevsky, Sutskever and Salakhutdinov, Dropout, 2014",
    advice:
      "Against overfitting: 0.5 between wide dense layers, 0.1 to 0.3 elsewhere, not on the outputs. Training slows down, so give it more epochs; selu nets want alpha dropout instead.",
    options: { rate: { kind: "number", doc: "The share that is set to 0.", default: 0.5, minimum: 0, exclusiveMaximum: 1 } },
    main: "rate",
    make: ({ rate }): Net => dropout(rate),
  }),
  flatten: entry({
    doc: "All numbers of a sample along one axis.",
    formula: "[…] → [n]",
    source: "LeCun, Bottou, Bengio and Haffner, Gradient-based learning applied to document recognition, 1998",
    advice:
      "Between the images of a convolution and a dense layer. A dense layer on an image that was not flattened works on its last axis only.",
    options: {},
    make: (): Net => flatten,
  }),
  reshape: entry({
    doc: "The numbers of a sample under another shape, in the same order.",
    formula: "[…] → shape, of as many elements",
    source: "Iverson, A programming language, 1962",
    advice: "To make images of flat rows: [28, 28, 1]. It does not transpose.",
    options: { shape: { kind: "sizes", doc: "The shape of a sample, without the batch." } },
    main: "shape",
    make: ({ shape }): Net => reshape(typeof shape === "number" ? [shape] : shape),
  }),
} satisfies Table<Net>

/** The name of a layer. */
export type Name = keyof typeof table
