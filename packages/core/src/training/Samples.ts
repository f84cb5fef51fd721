/** Rows of a dataset as the inputs and targets of a step: trees of tensors [n, …]. */
import * as Dataset from "../data/Dataset.ts"
import type { Tensor } from "../language/Expr.ts"
import type { Tensors } from "../language/TensorTree.ts"
import { take } from "../tensor/select.ts"
import * as Tree from "../types/Tree.ts"

/** Inputs and targets, trees of tensors [n, …], and the weights of rows [n], if there are some. */
export interface Samples<out X = Tensor, out T = Tensor> {
  readonly x: X
  readonly y: T
  readonly w?: Tensor
}

/** A dataset whose inputs become the tree `X` of tensors. */
export type DatasetOf<X, T> = Dataset.Dataset<Dataset.Arrays<X>, T>

const samples = <X, T>({ inputs, targets, weights }: DatasetOf<X, T>, f: (tree: unknown) => unknown): Samples<X, Tensors<T>> => ({
  x: f(inputs) as X,
  y: f(targets) as Tensors<T>,
  ...(weights === undefined ? {} : { w: f(weights) as Tensor }),
})

/** The rows from `start` to `end` (exclusive), as arrays that share the dataset's storage. Throws `ShapeError`. */
export const samplesBetween = <X, T>(data: DatasetOf<X, T>, start: number, end: number): Samples<X, Tensors<T>> =>
  samples(data, (tree) => Dataset.slice(tree, start, end))

/** The rows with these numbers, as arrays. Throws `ShapeError` for a row that does not exist. */
export const samplesAt = <X, T>(data: DatasetOf<X, T>, rows: ArrayLike<number>): Samples<X, Tensors<T>> =>
  samples(data, (tree) => Dataset.takeRows(tree, rows))

/** The rows with these numbers i32[n], gathered by the engine. */
export const samplesTaken = <X, T>(data: DatasetOf<X, T>, rows: Tensor): Samples<X, Tensors<T>> =>
  samples(data, (tree) => Tree.map(tree, (array) => take(array, rows)))
