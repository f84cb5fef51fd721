/**
 * A tree is a tensor, or a readonly record or list of trees: parameters, gradients, optimizer states, batches.
 * Records are walked in the order of their sorted keys, so two equal trees always list their leaves alike.
 */
import { TensorTypeId } from "./NDArray.ts"
import { refuse } from "./ShapeError.ts"

/** A leaf, or a readonly record or list of trees of that leaf. */
export type Tree<Leaf> = Leaf | ReadonlyArray<Tree<Leaf>> | { readonly [key: string]: Tree<Leaf> }

/** What marks a leaf: both kinds of tensor carry it. */
interface Marked {
  readonly [TensorTypeId]: string
}

/** The same tree with `B` at every leaf. */
export type Replace<T, B> = T extends Marked ? B : { readonly [K in keyof T]: Replace<T[K], B> }

/** Where a leaf stands in its tree. */
export type Path = ReadonlyArray<string | number>

/** A path as text. `printPath(["dense1", "w"]) // => "dense1.w"` */
export const printPath = (path: Path): string => path.join(".")

/** Whether this is a leaf, so no record or list. */
export const isLeaf = (tree: unknown): boolean => typeof tree === "object" && tree !== null && TensorTypeId in tree

const branches = (tree: unknown): ReadonlyArray<readonly [string | number, unknown]> => {
  if (Array.isArray(tree)) return tree.map((child, i) => [i, child] as const)
  if (typeof tree !== "object" || tree === null)
    return refuse(
      "Tree",
      [],
      `tensors, records and lists, not ${String(tree)}`,
      "a tensor where the number stands: Tensor.scalar",
    )
  const record = tree as Record<string, unknown>
  return Object.keys(record)
    .sort()
    .map((key) => [key, record[key]] as const)
}

const rebuild = (tree: unknown, children: ReadonlyArray<readonly [string | number, unknown]>): unknown =>
  Array.isArray(tree) ? children.map(([, child]) => child) : Object.fromEntries(children)

const walk = (tree: unknown, path: Path, visit: (leaf: unknown, path: Path) => unknown): unknown =>
  isLeaf(tree)
    ? visit(tree, path)
    : rebuild(
        tree,
        branches(tree).map(([key, child]) => [key, walk(child, [...path, key], visit)] as const),
      )

/** Every leaf replaced by what `f` makes of it and its path. */
export const map = <T, B>(tree: T, f: (leaf: LeafOf<T>, path: Path) => B): Replace<T, B> =>
  walk(tree, [], f as (leaf: unknown, path: Path) => unknown) as Replace<T, B>

/** What a tree's leaves are. */
export type LeafOf<T> = T extends Marked
  ? T
  : { [K in keyof T]: LeafOf<T[K]> }[keyof T & (T extends ReadonlyArray<unknown> ? number : keyof T)]

/** A tree's leaves with their paths, in order. */
export const entries = <T>(tree: T): ReadonlyArray<readonly [Path, LeafOf<T>]> => {
  const out: Array<readonly [Path, LeafOf<T>]> = []
  walk(tree, [], (leaf, path) => {
    out.push([path, leaf as LeafOf<T>])
    return leaf
  })
  return out
}

/** A tree's leaves, in order. */
export const leaves = <T>(tree: T): ReadonlyArray<LeafOf<T>> => {
  const out: Array<LeafOf<T>> = []
  const collect = (part: unknown): void => {
    if (isLeaf(part)) out.push(part as LeafOf<T>)
    else for (const [, child] of branches(part)) collect(child)
  }
  collect(tree)
  return out
}

/** The tree with its leaves, in order, replaced by `values`; there must be as many. */
export const withLeaves = <T, B>(tree: T, values: ReadonlyArray<B>): Replace<T, B> => rebuilder(tree)(values)

/** What `withLeaves` does with a tree, for doing it many times: the tree is walked once. */
export const rebuilder = <T>(tree: T): (<B>(values: ReadonlyArray<B>) => Replace<T, B>) => {
  let count = 0
  const maker = (part: unknown): ((values: ReadonlyArray<unknown>) => unknown) => {
    if (isLeaf(part)) {
      const at = count++
      return (values) => values[at]
    }
    const makers = branches(part).map(([key, child]) => [key, maker(child)] as const)
    return (values) => {
      // The copy has every key of its own already, so that none is taken for the prototype.
      const out: Record<string | number, unknown> = Array.isArray(part) ? ([...part] as never) : { ...(part as object) }
      for (const [key, make] of makers) out[key] = make(values)
      return out
    }
  }
  const make = maker(tree)
  return <B>(values: ReadonlyArray<B>) => {
    if (count !== values.length) refuse("Tree.withLeaves", [], `${count} leaves, not ${values.length}`, "one value for each leaf")
    return make(values) as Replace<T, B>
  }
}

/** Trees of one structure joined leaf by leaf. Throws `ShapeError` naming both structures when they differ. */
export const zip = <T, B>(
  f: (...leaves: ReadonlyArray<LeafOf<T>>) => B,
  first: T,
  ...rest: ReadonlyArray<unknown>
): Replace<T, B> => {
  const paths = structure(first)
  for (const other of rest)
    if (structure(other) !== paths)
      refuse("Tree.zip", [], `trees of one structure, not ${paths} and ${structure(other)}`, "trees that come from the same net")
  const columns = [first, ...rest].map((tree) => leaves(tree) as ReadonlyArray<LeafOf<T>>)
  return withLeaves(
    first,
    (columns[0] ?? []).map((_, i) => f(...columns.map((column) => column[i] as LeafOf<T>))),
  )
}

/**
 * A tree without its leaves, as one line: two trees have the same structure exactly when these are equal.
 *
 * `structure({ out: [Tensor.scalar(1)], dense: { w: Tensor.scalar(2) } }) // => "{ dense: { w }, out: [_] }"`
 */
export const structure = (tree: unknown): string => {
  if (isLeaf(tree)) return "_"
  const parts = branches(tree).map(([key, child]) => {
    const inner = structure(child)
    if (typeof key === "number") return inner
    const name = /^[\w$]+$/.test(key) ? key : JSON.stringify(key)
    return isLeaf(child) ? name : `${name}: ${inner}`
  })
  return Array.isArray(tree) ? `[${parts.join(", ")}]` : parts.length === 0 ? "{}" : `{ ${parts.join(", ")} }`
}
