/** Trees whose leaves are tensors: their leaves as a list, and back. */
import * as Tree from "../types/Tree.ts"
import type { Tensor } from "./Expr.ts"

/** A tree's tensors, in order. */
export const tensors = (tree: unknown): ReadonlyArray<Tensor> => Tree.leaves(tree) as ReadonlyArray<Tensor>

/** The tree with its tensors replaced, in order. Throws `ShapeError` for another number of tensors. */
export const refill = <T>(tree: T, leaves: ReadonlyArray<Tensor>): T => Tree.withLeaves(tree as unknown, leaves) as T
