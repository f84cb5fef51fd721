/**
 * Regularizers: what keeps weights small and steps short. Penalties are what weights cost by being large, added to the
 * loss; biases and other parameters that are no weights cost nothing.
 */
import type { Tensor } from "../language/Expr.ts"
import * as T from "../tensor/Tensor.ts"
import * as Tree from "../types/Tree.ts"
import { type Entry, entry, type Options, type Table, type Traits } from "./Entry.ts"
import { wantOptions } from "./OptionError.ts"
import { isWeight, type None, type Select } from "./Params.ts"
import { clipByGlobalNorm, clipByLayerNorm, clipByValue } from "./transformation/clip.ts"
import { maxNorm } from "./transformation/decay.ts"
import { transformationOptions } from "./transformation/options.ts"
import type { Optimizer } from "./transformation/Transformation.ts"

/** What a tree of parameters costs: an f32 scalar. */
export type Regularizer = (params: unknown) => Tensor

const total =
  (measure: (w: Tensor) => Tensor, strength: number, select: Select): Regularizer =>
  (params) =>
    (Tree.entries(params) as ReadonlyArray<readonly [Tree.Path, Tensor]>)
      .filter(([path]) => select(path))
      .reduce<Tensor>((sum, [, w]) => T.add(sum, T.mul(T.sum(measure(w)), strength)), T.scalar(0))

/** ½λΣw², whose gradient is λw. `Tensor.toNumber(Regularizer.l2(0.1)({ w: Tensor.make([3, 4]), b: Tensor.make([9]) })) // => 1.25` */
export const l2 = (lambda: number, select: Select = isWeight): Regularizer => {
  wantOptions("l2", table.l2.options, { lambda })
  return total((w) => T.square(w), lambda / 2, select)
}

/** λΣ|w|, whose gradient is λ sign(w), taken as 0 at 0. `Tensor.toNumber(Regularizer.l1(0.5)({ w: Tensor.make([3, -4]) })) // => 3.5` */
export const l1 = (lambda: number, select: Select = isWeight): Regularizer => {
  wantOptions("l1", table.l1.options, { lambda })
  return total((w) => T.abs(w), lambda, select)
}

/**
 * Σ(λ₁|w| + ½λ₂w²): few weights, and small ones.
 *
 * `Tensor.toNumber(Regularizer.elasticNet({ l1: 0.5, l2: 0.1 })({ w: Tensor.make([3, -4]) })) // => 4.75`
 */
export const elasticNet = (lambda: { readonly l1: number; readonly l2: number }, select: Select = isWeight): Regularizer => {
  wantOptions("elasticNet", combinations.elastic_net.options, lambda)
  return sum(l1(lambda.l1, select), l2(lambda.l2, select))
}

/** What several cost together. */
export const sum =
  (...parts: ReadonlyArray<Regularizer>): Regularizer =>
  (params) =>
    parts.reduce<Tensor>((cost, part) => T.add(cost, part(params)), T.scalar(0))

/** What a regularizer of a model file does to a training. */
export type Regularization =
  | { readonly _tag: "Nothing" }
  /** Adds to the loss. */
  | { readonly _tag: "Penalty"; readonly penalty: Regularizer }
  /** Alters gradients before the optimizer, or updates after it. */
  | { readonly _tag: "Brick"; readonly place: "before" | "after"; readonly brick: Optimizer<None> }
  /** Counts samples by their class: so that all classes weigh the same, or by a number for each. */
  | { readonly _tag: "ClassWeights"; readonly weights: "balanced" | ReadonlyArray<number> }

/** Facts about a regularizer that checks and suggestions read. */
export interface RegularizerTraits {
  /** What of the weights it adds to the loss, and so pulls down. */
  readonly adds: "sizes" | "squares" | "nothing"
}

const regularizer = <const O extends Options, const Main extends keyof O & string = never>(
  definition: Entry<O, Regularization, Main> & Traits<RegularizerTraits>,
): Entry<O, Regularization, Main> & Traits<RegularizerTraits> => definition

const penalty = (strength: number, of: (lambda: number) => Regularizer): Regularization =>
  strength === 0 ? { _tag: "Nothing" } : { _tag: "Penalty", penalty: of(strength) }

const brick = (place: "before" | "after", of: Optimizer<None>): Regularization => ({ _tag: "Brick", place, brick: of })

const lambda = { kind: "number", minimum: 0, usual: [0, 1], default: 0 } as const

/** The bounds of the bricks that clip, which a model file holds to as well. */
const limit = { ...transformationOptions.max, usual: [1e-3, 1e3] } as const

/**
 * Every regularizer by the name under which a model file says its one option, `regularize: { l2: 1e-4 }`. Bricks alter
 * gradients in this order.
 */
export const table = {
  l1: regularizer({
    doc: "The sizes of the weights, added to the loss.",
    formula: "λ|W|, gradient λ sign(W), 0 at 0",
    source: "Tibshirani, Regression shrinkage and selection via the lasso, 1996",
    advice: "Drives weights that help little towards 0, so that few inputs are left to look at. Start with 1e-5.",
    synonyms: ["l1_regularization", "l1_lambda", "l1_reg"],
    options: { lambda: { ...lambda, doc: "λ: how much the weights cost; 0 is nothing.", example: 1e-5 } },
    main: "lambda",
    traits: { adds: "sizes" },
    make: (options): Regularization => penalty(options.lambda, l1),
  }),
  l2: regularizer({
    doc: "Half the squared weights, added to the loss.",
    formula: "½λ‖W‖², gradient λW",
    source: "Tikhonov, 1943; Hoerl and Kennard, Ridge regression, 1970",
    advice:
      "Against overfitting: start with 1e-4 and raise it while the validation score rises. With adam prefer adamw, since adam divides the penalty's gradient by the size of the loss's.",
    synonyms: ["l2_regularization", "l2_lambda", "l2_reg", "lambda"],
    options: { lambda: { ...lambda, doc: "λ: how much the weights cost; 0 is nothing.", example: 1e-4 } },
    main: "lambda",
    traits: { adds: "squares" },
    make: (options): Regularization => penalty(options.lambda, l2),
  }),
  clip_value: regularizer({
    doc: "The largest size that any number of a gradient may have.",
    formula: "g ← min(max(g, -c), c), number by number",
    source: "Mikolov, Statistical language models based on neural networks, 2012",
    advice: "Against single numbers that explode. It turns the step, where `clip_norm` only shortens it, so prefer that.",
    synonyms: ["clip_grad_value"],
    options: { largest: { ...limit, doc: "c: the largest size.", example: 1 } },
    main: "largest",
    traits: { adds: "nothing" },
    make: ({ largest }): Regularization => brick("before", clipByValue(largest)),
  }),
  clip_layer_norm: regularizer({
    doc: "The largest norm that the gradients of one layer may have.",
    formula: "g ← g · min(1, c / ‖g‖), g the gradients of a layer",
    source: "Pascanu, Mikolov and Bengio, On the difficulty of training recurrent neural networks, 2013, layer by layer",
    advice: "Where one layer's gradients explode and the others should go on as they were.",
    options: { largest: { ...limit, doc: "c: the largest norm.", example: 1 } },
    main: "largest",
    traits: { adds: "nothing" },
    make: ({ largest }): Regularization => brick("before", clipByLayerNorm(largest)),
  }),
  clip_norm: regularizer({
    doc: "The largest norm that all gradients together may have.",
    formula: "g ← g · min(1, c / ‖g‖), g all gradients",
    source: "Pascanu, Mikolov and Bengio, On the difficulty of training recurrent neural networks, 2013",
    advice: "For recurrent nets and transformers, whose gradients explode at times: 1 is usual. The direction of the step stays.",
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
    options: { largest: { ...limit, doc: "c: the largest norm.", example: 1 } },
    main: "largest",
    traits: { adds: "nothing" },
    make: ({ largest }): Regularization => brick("before", clipByGlobalNorm(largest)),
  }),
  max_norm: regularizer({
    doc: "The largest norm that the weights leading to a unit may have after a step.",
    formula: "w ← w · min(1, c / ‖w‖), w the weights that lead to a unit",
    source: "Srebro and Shraibman, Rank, trace-norm and max-norm, 2005; Srivastava et al., Dropout, 2014",
    advice:
      "Beside dropout and high learning rates: 3 or 4 are usual. It holds weights under a ceiling without pulling at small ones.",
    synonyms: ["weight_constraint", "kernel_constraint"],
    options: { largest: { ...limit, doc: "c: the largest norm.", example: 3 } },
    main: "largest",
    traits: { adds: "nothing" },
    make: ({ largest }): Regularization => brick("after", maxNorm(largest)),
  }),
  class_weight: regularizer({
    doc: "How often a sample counts by its class.",
    formula: "loss = mean of w(yᵢ) · lossᵢ; balanced: w(k) = n / (K · nₖ)",
    source: "King and Zeng, Logistic regression in rare events data, 2001",
    advice:
      "Where one class is rare and matters: `balanced` lets all classes weigh the same. Probabilities are then no longer those of the data.",
    synonyms: ["class_weights"],
    options: {
      weights: {
        kind: "class_weights",
        doc: "`balanced` counts rare classes more, so that all weigh the same; or a weight for each class, in their order.",
      },
    },
    main: "weights",
    traits: { adds: "nothing" },
    make: ({ weights }): Regularization => ({ _tag: "ClassWeights", weights }),
  }),
} satisfies Table<Regularization, Traits<RegularizerTraits>>

/** What several regularizers together are called. A model file says each by its own name. */
export const combinations = {
  elastic_net: entry({
    doc: "The sizes of the weights and half their squares.",
    formula: "λ₁|W| + ½λ₂‖W‖², gradient λ₁ sign(W) + λ₂W",
    source: "Zou and Hastie, Regularization and variable selection via the elastic net, 2005",
    advice:
      "Where inputs go together: l1 alone keeps one of them at random, with l2 beside it they are kept or dropped as a group. In a model file it is l1 and l2 side by side: `regularize: { l1: 1e-5, l2: 1e-4 }`.",
    options: {
      l1: { ...lambda, doc: "How much the sizes cost.", default: 1e-5 },
      l2: { ...lambda, doc: "How much the squares cost.", default: 1e-4 },
    },
    make: (options): Regularizer => elasticNet(options),
  }),
} satisfies Table<Regularizer>

/** The name of a regularizer. */
export type Name = keyof typeof table
