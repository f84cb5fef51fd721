/**
 * Regularizers: penalties on large weights, gradient clipping, maximum norms and class weights. A penalty is added to the
 * loss and applies to weights only, not to biases or other parameters.
 */
import type { Tensor } from "../language/Expr.ts"
import * as T from "../tensor/Tensor.ts"
import * as Tree from "../types/Tree.ts"
import { type Entry, entry, type Options, type Table, type Traits } from "./Entry.ts"
import { checkOptions } from "./OptionError.ts"
import { isWeight, type None, type Select } from "./Params.ts"
import { clipByGlobalNorm, clipByLayerNorm, clipByValue } from "./transformation/clip.ts"
import { maxNorm } from "./transformation/decay.ts"
import { transformationOptions } from "./transformation/options.ts"
import type { Optimizer } from "./transformation/Transformation.ts"

/** The penalty of a tree of parameters: an f32 scalar. */
export type Regularizer = (params: unknown) => Tensor

const total =
  (measure: (w: Tensor) => Tensor, strength: number, select: Select): Regularizer =>
  (params) =>
    (Tree.entries(params) as ReadonlyArray<readonly [Tree.Path, Tensor]>)
      .filter(([path]) => select(path))
      .reduce<Tensor>((sum, [, w]) => T.add(sum, T.mul(T.sum(measure(w)), strength)), T.scalar(0))

/** ½λΣw², with the gradient λw. `Tensor.toNumber(Regularizer.l2(0.1)({ w: Tensor.make([3, 4]), b: Tensor.make([9]) })) // => 1.25` */
export const l2 = (lambda: number, select: Select = isWeight): Regularizer => {
  checkOptions("l2", l2Options, { lambda })
  return total((w) => T.square(w), lambda / 2, select)
}

/** λΣ|w|, with the gradient λ sign(w), which is 0 at 0. `Tensor.toNumber(Regularizer.l1(0.5)({ w: Tensor.make([3, -4]) })) // => 3.5` */
export const l1 = (lambda: number, select: Select = isWeight): Regularizer => {
  checkOptions("l1", l1Options, { lambda })
  return total((w) => T.abs(w), lambda, select)
}

/**
 * Σ(λ₁|w| + ½λ₂w²): sparse and small weights.
 *
 * `Tensor.toNumber(Regularizer.elasticNet({ l1: 0.5, l2: 0.1 })({ w: Tensor.make([3, -4]) })) // => 4.75`
 */
export const elasticNet = (lambda: { readonly l1: number; readonly l2: number }, select: Select = isWeight): Regularizer => {
  checkOptions("elasticNet", combinations.elastic_net.options, lambda)
  return sum(l1(lambda.l1, select), l2(lambda.l2, select))
}

/** The sum of several penalties. */
export const sum =
  (...penalties: ReadonlyArray<Regularizer>): Regularizer =>
  (params) =>
    penalties.reduce<Tensor>((total, each) => T.add(total, each(params)), T.scalar(0))

/** The effect of a regularizer of a model file on training. */
export type Regularization =
  | { readonly _tag: "Nothing" }
  /** A term of the loss. */
  | { readonly _tag: "Penalty"; readonly penalty: Regularizer }
  /** A gradient transformation: before the optimizer it gets gradients, after it updates. */
  | { readonly _tag: "Transformation"; readonly at: "before" | "after"; readonly transformation: Optimizer<None> }
  /** Weights of samples by their class: `balanced` gives all classes the same total weight, or a number for each class. */
  | { readonly _tag: "ClassWeights"; readonly weights: "balanced" | ReadonlyArray<number> }

/** Facts about a regularizer that checks and suggestions read. */
export interface RegularizerTraits {
  /** What it adds to the loss: the absolute values of the weights, their squares, or nothing. */
  readonly adds: "sizes" | "squares" | "nothing"
}

const regularizer = <const O extends Options, const Main extends keyof O & string = never>(
  definition: Entry<O, Regularization, Main> & Traits<RegularizerTraits>,
): Entry<O, Regularization, Main> & Traits<RegularizerTraits> => definition

const penalty = (strength: number, of: (lambda: number) => Regularizer): Regularization =>
  strength === 0 ? { _tag: "Nothing" } : { _tag: "Penalty", penalty: of(strength) }

const transform = (at: "before" | "after", transformation: Optimizer<None>): Regularization => ({
  _tag: "Transformation",
  at,
  transformation,
})

const lambda = { kind: "number", minimum: 0, usual: [0, 1], default: 0 } as const

/** The bounds of clipping, for the constructors and for model files. */
const limit = { ...transformationOptions.max, usual: [1e-3, 1e3] } as const
const clip = { ...limit, zero: "all gradients become 0, so nothing is learned" } as const

/** The options of `l1` in a model file. */
const l1Options = { lambda: { ...lambda, doc: "λ: the strength of the penalty; 0 is none.", example: 1e-5 } } as const

/** The options of `l2` in a model file. */
const l2Options = { lambda: { ...lambda, doc: "λ: the strength of the penalty; 0 is none.", example: 1e-4 } } as const

/**
 * Every regularizer, by its name in a model file, where it has one value: `regularize: { l2: 1e-4 }`. Gradient
 * transformations are applied in the order of this table.
 */
export const table = {
  l1: regularizer({
    doc: "The absolute values of the weights, added to the loss.",
    formula: "λ|W|, gradient λ sign(W), 0 at 0",
    source: "Tibshirani, Regression shrinkage and selection via the lasso, 1996",
    advice: "Moves weights of little use towards 0, which selects inputs. Start with 1e-5.",
    synonyms: ["l1_regularization", "l1_lambda", "l1_reg"],
    options: l1Options,
    main: "lambda",
    traits: { adds: "sizes" },
    make: (options): Regularization => penalty(options.lambda, l1),
  }),
  l2: regularizer({
    doc: "Half the squares of the weights, added to the loss.",
    formula: "½λ‖W‖², gradient λW",
    source: "Tikhonov, 1943; Hoerl and Kennard, Ridge regression, 1970",
    advice:
      "Against overfitting: start with 1e-4 and increase it while the validation score improves. With adam prefer adamw, since adam divides the gradient of the penalty by the size of the loss's gradient.",
    synonyms: ["l2_regularization", "l2_lambda", "l2_reg", "lambda"],
    options: l2Options,
    main: "lambda",
    traits: { adds: "squares" },
    make: (options): Regularization => penalty(options.lambda, l2),
  }),
  clip_value: regularizer({
    doc: "Clips each element of the gradients.",
    formula: "g ← min(max(g, -c), c), element by element",
    source: "Mikolov, Statistical language models based on neural networks, 2012",
    advice: "Against single elements that explode. It changes the direction of the step; prefer `clip_norm`, which does not.",
    synonyms: ["clip_grad_value"],
    options: { largest: { ...clip, doc: "c: the maximum absolute value.", example: 1 } },
    main: "largest",
    traits: { adds: "nothing" },
    make: ({ largest }): Regularization => transform("before", clipByValue(largest)),
  }),
  clip_layer_norm: regularizer({
    doc: "Clips the gradients of each layer by their norm.",
    formula: "g ← g · min(1, c / ‖g‖), g the gradients of a layer",
    source: "Pascanu, Mikolov and Bengio, On the difficulty of training recurrent neural networks, 2013, layer by layer",
    advice: "Use it where the gradients of one layer explode and the steps of the others should not shrink with them.",
    options: { largest: { ...clip, doc: "c: the maximum norm.", example: 1 } },
    main: "largest",
    traits: { adds: "nothing" },
    make: ({ largest }): Regularization => transform("before", clipByLayerNorm(largest)),
  }),
  clip_norm: regularizer({
    doc: "Clips all gradients together by their global norm.",
    formula: "g ← g · min(1, c / ‖g‖), g all gradients",
    source: "Pascanu, Mikolov and Bengio, On the difficulty of training recurrent neural networks, 2013",
    advice:
      "For recurrent nets and transformers, whose gradients sometimes explode: 1 is usual. It keeps the direction of the step.",
    synonyms: [
      "global_clipnorm",
      "gradient_clip_val",
      "gradient_clipping",
      "grad_clip",
      "clip_grad_norm",
      "max_grad_norm",
      "grad_norm_clip",
      "clip",
    ],
    options: { largest: { ...clip, doc: "c: the maximum norm.", example: 1 } },
    main: "largest",
    traits: { adds: "nothing" },
    make: ({ largest }): Regularization => transform("before", clipByGlobalNorm(largest)),
  }),
  max_norm: regularizer({
    doc: "Limits the norm of the incoming weights of each unit after a step.",
    formula: "w ← w · min(1, c / ‖w‖), w the incoming weights of a unit",
    source: "Srebro and Shraibman, Rank, trace-norm and max-norm, 2005; Srivastava et al., Dropout, 2014",
    advice: "Together with dropout and high learning rates: 3 or 4 is usual. Weights below the maximum do not change.",
    synonyms: ["weight_constraint", "kernel_constraint"],
    options: { largest: { ...limit, zero: "all weights become 0", doc: "c: the maximum norm.", example: 3 } },
    main: "largest",
    traits: { adds: "nothing" },
    make: ({ largest }): Regularization => transform("after", maxNorm(largest)),
  }),
  class_weight: regularizer({
    doc: "Weights of the samples in the loss, by their class.",
    formula: "loss = mean of w(yᵢ) · lossᵢ; balanced: w(k) = n / (K · nₖ)",
    source: "King and Zeng, Logistic regression in rare events data, 2001",
    advice:
      "Use it where a rare class matters: `balanced` gives all classes the same total weight. Predicted probabilities then no longer match the frequencies of the data.",
    synonyms: ["class_weights"],
    options: {
      weights: {
        kind: "class_weights",
        doc: "`balanced` gives all classes the same total weight; or a weight for each class, in their order.",
      },
    },
    main: "weights",
    traits: { adds: "nothing" },
    make: ({ weights }): Regularization => ({ _tag: "ClassWeights", weights }),
  }),
} satisfies Table<Regularization, Traits<RegularizerTraits>>

/** Names for combinations of regularizers. A model file uses the separate names. */
export const combinations = {
  elastic_net: entry({
    doc: "The absolute values of the weights and half their squares, added to the loss.",
    formula: "λ₁|W| + ½λ₂‖W‖², gradient λ₁ sign(W) + λ₂W",
    source: "Zou and Hastie, Regularization and variable selection via the elastic net, 2005",
    advice:
      "For correlated inputs: l1 alone keeps an arbitrary one of them; with l2 they are kept or dropped as a group. In a model file give both: `regularize: { l1: 1e-5, l2: 1e-4 }`.",
    options: {
      l1: { ...lambda, doc: "λ₁: the strength of the absolute values.", default: 1e-5 },
      l2: { ...lambda, doc: "λ₂: the strength of the squares.", default: 1e-4 },
    },
    make: (options): Regularizer => elasticNet(options),
  }),
} satisfies Table<Regularizer>

/** The name of a regularizer. */
export type Name = keyof typeof table
