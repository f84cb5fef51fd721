/**
 * Parameters are a tree of tensors. Gradients and updates are trees of the same structure. The name of a leaf says what it
 * is for, so that weight decay and penalties can distinguish weights from biases.
 */

import type { Tensor } from "../language/Expr.ts"
import { tensors } from "../language/TensorTree.ts"
import * as T from "../tensor/Tensor.ts"
import * as Tree from "../types/Tree.ts"

/** A tree of tensors. */
export type Params = Tree.Tree<Tensor>

/** A tree without leaves: the parameters or state of a net that has none. */
export type None = Readonly<Record<never, never>>

/** The tree without leaves. */
export const none: None = {}

/** The leaves, in order. */
export const leaves = tensors

/** The same tree with each leaf replaced by the result of `f` for the leaf and its path. */
export const map = <P>(tree: P, f: (leaf: Tensor, path: Tree.Path) => Tensor): P =>
  Tree.map(tree as unknown, f as (leaf: unknown, path: Tree.Path) => Tensor) as P

/** Combines two trees of the same structure leaf by leaf. Throws `ShapeError` if the structures differ. */
export const zip = <P>(f: (a: Tensor, b: Tensor, path: Tree.Path) => Tensor, a: P, b: unknown): P => {
  const paths = Tree.entries(a as unknown).map(([path]) => path)
  let next = 0
  const combine = (x: unknown, y: unknown): Tensor => f(x as Tensor, y as Tensor, paths[next++] ?? [])
  return Tree.zip(combine as (...leaves: ReadonlyArray<unknown>) => Tensor, a as unknown, b) as P
}

/**
 * A tree for each row of a tree whose leaves [rows, …] have equal numbers of rows: the tasks of a batch, or the nets of an ensemble.
 *
 * ```ts
 * const tasks = Params.unstack({ x: Tensor.make([[1, 2], [3, 4]]), y: Tensor.make([5, 6]) })
 * tasks.map(({ x }) => Tensor.toArray(x)) // => [[1, 2], [3, 4]]
 * Tensor.toNumber(tasks[1]?.y ?? Tensor.scalar(0)) // => 6
 * ```
 */
export const unstack = <P>(tree: P): ReadonlyArray<P> =>
  Array.from({ length: leaves(tree)[0]?.shape[0] ?? 0 }, (_, row) => map(tree, (leaf) => T.at(leaf, row)))

/** Zeros of the same shapes. */
export const zerosLike = <P>(tree: P): P => map(tree, T.zerosLike)

/** √Σx² over all leaves together. `Tensor.toNumber(Params.globalNorm({ a: Tensor.make([3]), b: Tensor.make([4]) })) // => 5` */
export const globalNorm = (tree: unknown): Tensor =>
  T.sqrt(leaves(tree).reduce<Tensor>((sum, x) => T.add(sum, T.sum(T.square(x))), T.scalar(0)))

/** Selects leaves by their paths. */
export type Select = (path: Tree.Path) => boolean

/**
 * Whether a path leads to a weight: a parameter that multiplies an input. By convention the name of a weight begins with `w`
 * (`w` in dense and convolution, `wx` and `wh` where there are two). Biases `b`, the scales and shifts of normalization and
 * learned slopes have other names, and neither weight decay nor penalties apply to them.
 *
 * `Params.isWeight(["dense1", "w"]) // => true`
 */
export const isWeight: Select = (path) => /^w/u.test(String(path.at(-1) ?? ""))
