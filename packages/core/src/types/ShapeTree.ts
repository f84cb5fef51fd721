/**
 * A shape tree is a shape, or a readonly record or list of shape trees: the shapes of a tree of tensors. A list of numbers is a
 * shape, also the empty one, which is the shape of a scalar; a list of shape trees is a branch.
 */
import * as Shape from "./Shape.ts"
import * as Tree from "./Tree.ts"

/** A shape, or a readonly record or list of shape trees. */
export type ShapeTree = Tree.Tree<Shape.Shape>

/** The shape tree of a tree of tensors: `Of<{ readonly a: Tensor }>` is `{ readonly a: Shape }`. */
export type Of<X> = Tree.Replace<X, Shape.Shape>

/** Whether a shape tree is a single shape. `[isShape([2, 3]), isShape([]), isShape([[2], [3]])] // => [true, true, false]` */
export const isShape = (tree: unknown): tree is Shape.Shape =>
  Array.isArray(tree) && tree.every((extent) => typeof extent === "number")

const branches = (tree: ShapeTree): ReadonlyArray<readonly [name: string, child: ShapeTree]> =>
  Object.entries(tree as { readonly [key: string]: ShapeTree }).sort(([a], [b]) => (a < b ? -1 : 1))

/**
 * The shapes of a tree, in the order in which `Tree.leaves` lists the tensors.
 *
 * `leaves({ b: [2], a: [[3], []] }) // => [[3], [], [2]]`
 */
export const leaves = (tree: ShapeTree): ReadonlyArray<Shape.Shape> =>
  isShape(tree)
    ? [tree]
    : Array.isArray(tree)
      ? tree.flatMap((child: ShapeTree) => leaves(child))
      : branches(tree).flatMap(([, child]) => leaves(child))

/** A shape tree as text. `print({ age: [], image: [28, 28, 1] }) // => "{ age: [], image: [28, 28, 1] }"` */
export const print = (tree: ShapeTree): string => {
  if (isShape(tree)) return Shape.print(tree)
  if (Array.isArray(tree)) return `[${tree.map((child: ShapeTree) => print(child)).join(", ")}]`
  const fields = branches(tree).map(([name, child]) => `${name}: ${print(child)}`)
  return fields.length === 0 ? "{}" : `{ ${fields.join(", ")} }`
}

/** Whether two shape trees have the same structure and the same shapes. */
export const equals = (a: ShapeTree, b: ShapeTree): boolean => {
  if (isShape(a) || isShape(b)) return isShape(a) && isShape(b) && Shape.equals(a, b)
  if (Array.isArray(a) !== Array.isArray(b)) return false
  const [left, right] = [branches(a), branches(b)]
  return (
    left.length === right.length &&
    left.every(([name, child], i) => {
      const [other, otherChild] = right[i] ?? []
      return name === other && otherChild !== undefined && equals(child, otherChild)
    })
  )
}

/** The shapes of a tree of tensors [rows, …] without the axis of rows. `ofRows(Tensor.zeros([64, 28, 28])) // => [28, 28]` */
export const ofRows = <X>(tree: X): Of<X> =>
  Tree.map(tree as unknown, (leaf) => (leaf as { readonly shape: Shape.Shape }).shape.slice(1)) as Of<X>
