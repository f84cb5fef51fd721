/** Trees whose leaves are tensors: their leaves as a list, and back, and how two of them differ. */
import { printSpec, refuse } from "../types/ShapeError.ts"
import * as Tree from "../types/Tree.ts"
import type { Tensor } from "./Expr.ts"

/** The same tree with a tensor of any static shape at each leaf. */
export type Tensors<T> = Tree.Replace<T, Tensor>

/** A tree like `T`: of the same structure, with tensors of the same or of any static shapes. */
export type Like<T> = T | Tensors<T>

/** A tree's tensors, in order. */
export const tensors = (tree: unknown): ReadonlyArray<Tensor> => Tree.leaves(tree) as ReadonlyArray<Tensor>

/** The tree with its tensors replaced, in order. Throws `ShapeError` for another number of tensors. */
export const refill = <T>(tree: T, leaves: ReadonlyArray<Tensor>): T => Tree.withLeaves(tree as unknown, leaves) as T

/** A tree's tensors by their paths, each with its name and its spec: `dense.w` and `f32[3]`. */
const specs = (tree: unknown): ReadonlyMap<string, { readonly name: string; readonly spec: string }> =>
  new Map(
    Tree.entries(tree).map(([path, leaf]) => [
      JSON.stringify(path),
      { name: path.length === 0 ? "it" : Tree.printPath(path), spec: printSpec(leaf as Tensor) },
    ]),
  )

/**
 * What has changed from one tree to another: the tensors that are missing, new, or of another dtype or shape. Empty if nothing
 * has changed.
 *
 * `changes({ w: Tensor.zeros([3]), b: Tensor.scalar(0) }, { w: Tensor.zeros([4]) }) // => ["b is missing", "w was f32[3] and became f32[4]"]`
 */
export const changes = (before: unknown, after: unknown): ReadonlyArray<string> => {
  const [old, now] = [specs(before), specs(after)]
  const changed = [...old].flatMap(([path, { name, spec }]) => {
    const other = now.get(path)
    if (other === undefined) return [`${name} is missing`]
    return other.spec === spec ? [] : [`${name} was ${spec} and became ${other.spec}`]
  })
  return [...changed, ...[...now].flatMap(([path, { name }]) => (old.has(path) ? [] : [`${name} is new`]))]
}

/** The first of some changes. */
const some = (changed: ReadonlyArray<string>): string =>
  changed.slice(0, 3).join(", ") + (changed.length > 3 ? ` and ${changed.length - 3} more` : "")

/** Throws `ShapeError` if a state, a carry or updates are not like the tree that they belong to, and names what differs. */
export const checkUnchanged = (
  operation: string,
  before: unknown,
  after: unknown,
  wanted = "a new state like the old",
  hint = "return every part of the state with the shape and dtype it came in",
): void => {
  const changed = changes(before, after)
  if (changed.length > 0) refuse(operation, [], `${wanted}: ${some(changed)}`, hint)
}
