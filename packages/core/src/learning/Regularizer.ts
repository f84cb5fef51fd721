/** Regularizers: what weights cost by being large, added to the loss. Biases and other parameters that are no weights cost nothing. */
import type { Tensor } from "../language/Expr.ts"
import * as T from "../tensor/Tensor.ts"
import * as Tree from "../words/Tree.ts"
import { entry, type Table } from "./Entry.ts"
import { wantOptions } from "./OptionError.ts"
import { isWeight, type Select } from "./Params.ts"

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
  wantOptions("elasticNet", table.elastic_net.options, lambda)
  return sum(l1(lambda.l1, select), l2(lambda.l2, select))
}

/** What several cost together. */
export const sum =
  (...parts: ReadonlyArray<Regularizer>): Regularizer =>
  (params) =>
    parts.reduce<Tensor>((cost, part) => T.add(cost, part(params)), T.scalar(0))

const lambda = { kind: "number", doc: "How much the weights cost.", minimum: 0 } as const

/** Every regularizer by the name a model file calls it. */
export const table = {
  l2: entry({
    doc: "Half the squared weights.",
    formula: "½λ‖W‖², gradient λW",
    source: "Tikhonov, 1943; Hoerl and Kennard, Ridge regression, 1970",
    advice:
      "Against overfitting: start with 1e-4 and raise it while the validation score rises. With adam prefer adamw, since adam divides the penalty's gradient by the size of the loss's.",
    options: { lambda: { ...lambda, default: 1e-4 } },
    main: "lambda",
    make: (options): Regularizer => l2(options.lambda),
  }),
  l1: entry({
    doc: "The absolute weights.",
    formula: "λ|W|, gradient λ sign(W), 0 at 0",
    source: "Tibshirani, Regression shrinkage and selection via the lasso, 1996",
    advice: "Drives weights that help little towards 0, so that few inputs are left to look at. Start with 1e-5.",
    options: { lambda: { ...lambda, default: 1e-5 } },
    main: "lambda",
    make: (options): Regularizer => l1(options.lambda),
  }),
  elastic_net: entry({
    doc: "The absolute and half the squared weights together.",
    formula: "λ₁|W| + ½λ₂‖W‖², gradient λ₁ sign(W) + λ₂W",
    source: "Zou and Hastie, Regularization and variable selection via the elastic net, 2005",
    advice:
      "Where inputs go together: l1 alone keeps one of them at random, with l2 beside it they are kept or dropped as a group. In a model file it is l1 and l2 side by side: `regularize: { l1: 1e-5, l2: 1e-4 }`.",
    options: { l1: { ...lambda, default: 1e-5 }, l2: { ...lambda, default: 1e-4 } },
    make: (options): Regularizer => elasticNet(options),
  }),
} satisfies Table<Regularizer>

/** The name of a regularizer. */
export type Name = keyof typeof table
