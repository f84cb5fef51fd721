/** Losses of nets with several heads: the weighted sum of a loss for each. */
import type { Tensor } from "../../language/Expr.ts"
import * as T from "../../tensor/Tensor.ts"
import { refuse } from "../../types/ShapeError.ts"
import { within } from "../net/within.ts"
import { checkOptions } from "../OptionError.ts"
import { tensorOf } from "../Target.ts"
import type { Head, LossFunction, WeightedHead } from "./Loss.ts"

/** A tensor for each name. */
export type Tensors<N extends string> = { readonly [K in N]: Tensor }

const weightBounds = { kind: "number", minimum: 0 } as const

/** The value of a loss for a batch, and the values of its heads without their weights; `name` is that of the head. */
export interface LossValues {
  readonly value: Tensor
  readonly heads: ReadonlyArray<readonly [name: string, value: Tensor]>
}

/** The value of a loss. Throws `ShapeError` for a function that does not give one number. */
const meanOf = <Y, Target>(loss: LossFunction<Y, Target, string>, prediction: Y, target: Target): Tensor => {
  const value = loss(prediction, target)
  return value.shape.length === 0 && value.dtype === "f32"
    ? value
    : refuse("a loss", [value], "a function that gives one f32 number for a batch", "Tensor.mean of it")
}

const valuesOf = (heads: ReadonlyArray<WeightedHead>, prediction: unknown, target: unknown): LossValues["heads"] =>
  heads.map(({ loss, name }) => [
    name,
    within(name, () =>
      meanOf(loss, tensorOf("Loss.heads", "prediction", prediction, name), tensorOf("Loss.heads", "target", target, name)),
    ),
  ])

const summed = (heads: ReadonlyArray<WeightedHead>, values: LossValues["heads"]): Tensor =>
  values
    .map(([, value], i) => (heads[i]?.weight === 1 ? value : T.mul(value, heads[i]?.weight ?? 1)))
    .reduce((sum, weighed) => T.add(sum, weighed))

/** The value of a loss, and those of its heads, each computed once. Throws `ShapeError` for a function that does not give one number. */
export const values = <Y, Target>(loss: LossFunction<Y, Target, string>, prediction: Y, target: Target): LossValues => {
  if (loss.heads === undefined) return { value: meanOf(loss, prediction, target), heads: [] }
  const each = valuesOf(loss.heads, prediction, target)
  return { value: summed(loss.heads, each), heads: each }
}

/**
 * The weighted sum of a loss for each head. Predictions and targets are records with a tensor under the name of each head; they
 * may have others. A weight is a number of at least 0, and 1 unless given; the sum is taken in the order of sorted names. Runs
 * report the loss of each head too, without its weight. Throws `OptionError` for a weight out of bounds, and `ShapeError` for a
 * head that predictions or targets do not have.
 *
 * ```ts
 * const loss = Loss.heads({ kind: Loss.categoricalCrossEntropy(), price: [Loss.meanSquaredError, 0.5] })
 * const prediction = { kind: Tensor.make([[0, 0]]), price: Tensor.make([[3]]) }
 * Tensor.toNumber(loss(prediction, { kind: Tensor.make([0], "i32"), price: Tensor.make([[1]]) })).toFixed(4)
 * // => "2.6931"
 * ```
 */
export const heads = <const N extends string>(losses: { readonly [K in N]: Head }): LossFunction<Tensors<N>, Tensors<N>, N> => {
  const names = Object.keys(losses).toSorted() as ReadonlyArray<string> as ReadonlyArray<N>
  if (names.length === 0) refuse("Loss.heads", [], "a loss for at least one head", "Loss.heads({ kind: Loss.hinge() })")
  const all = names.map((name): WeightedHead<N> => {
    const head: Head = losses[name]
    const [loss, weight] = typeof head === "function" ? [head, 1] : head
    checkOptions("Loss.heads", { [name]: weightBounds }, { [name]: weight })
    return { name, loss, weight }
  })
  return Object.assign((prediction: Tensors<N>, target: Tensors<N>) => summed(all, valuesOf(all, prediction, target)), {
    heads: all,
  })
}
