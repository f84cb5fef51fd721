/** A spec tree is a spec, or a readonly record or list of spec trees: the dtypes and shapes of a tree of tensors. */
import type { Spec } from "./ShapeError.ts"
import type * as Tree from "./Tree.ts"

/** A spec, or a readonly record or list of spec trees. */
export type SpecTree = Tree.Tree<Spec>

/** Whether a spec tree is a single spec. A record with a field `dtype` is a branch: its fields are spec trees, not texts. */
const isSpec = (tree: SpecTree): tree is Spec => "dtype" in tree && typeof tree.dtype === "string"

/** The specs of a tree. `leaves({ age: { dtype: "f32", shape: [] } }) // => [{ dtype: "f32", shape: [] }]` */
export const leaves = (tree: SpecTree): ReadonlyArray<Spec> =>
  isSpec(tree) ? [tree] : (Object.values(tree) as ReadonlyArray<SpecTree>).flatMap(leaves)

/**
 * The tree with each spec replaced by the result of `f`.
 *
 * `map({ age: { dtype: "f32", shape: [] } }, printSpec) // => { age: "f32[]" }`
 */
export const map = (tree: SpecTree, f: (spec: Spec) => unknown): unknown => {
  if (isSpec(tree)) return f(tree)
  if (Array.isArray(tree)) return tree.map((child: SpecTree) => map(child, f))
  return Object.fromEntries(Object.entries(tree).map(([name, child]: readonly [string, SpecTree]) => [name, map(child, f)]))
}
