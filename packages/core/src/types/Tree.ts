/**
 * A tree is a tensor, or a readonly record or list of trees: parameters, gradients, optimizer states, batches.
 * Records are traversed in the order of their sorted keys, so equal trees list their leaves in the same order.
 */
import { type NDArray, TensorTypeId } from "./NDArray.ts"
import { refuse } from "./ShapeError.ts"

/** A leaf, or a readonly record or list of trees of that leaf. */
export type Tree<Leaf> = Leaf | ReadonlyArray<Tree<Leaf>> | { readonly [key: string]: Tree<Leaf> }

/** The mark of a leaf. Both kinds of tensor have it. */
interface Marked {
  readonly [TensorTypeId]: string
}

/**
 * Whether a type is that of all trees, such as `Params`. Types that follow a tree to its leaves stop there, because it
 * contains itself. A record such as `{}` accepts all trees as well, but also what is no tree.
 */
type IsAnyTree<T> = [Tree<NDArray>] extends [T] ? ([{ readonly key: 0 }] extends [T] ? false : true) : false

/** How many levels of a tree types follow to its leaves: a record that contains itself, such as a node with children, has no last one. */
type MaxDepth = 20

/** The same for paths, which take more instantiations of types for each level. */
type MaxPathDepth = 10

type ReplaceEach<T, B> = T extends Marked ? B : { readonly [K in keyof T]: Replace<T[K], B> }

/** The same tree with `B` at every leaf. */
export type Replace<T, B> = IsAnyTree<T> extends true ? Tree<B> : ReplaceEach<T, B>

/** The path of a leaf in its tree. */
export type Path = ReadonlyArray<string | number>

/** A path as text. `printPath(["dense1", "w"]) // => "dense1.w"` */
export const printPath = (path: Path): string => path.join(".")

/** The keys of a record or list. */
type KeyOf<T> =
  T extends ReadonlyArray<unknown>
    ? number extends T["length"]
      ? number
      : Extract<keyof T, `${number}`>
    : Extract<keyof T, string | number>

type PathWithin<T, Depth extends ReadonlyArray<0>> = T extends Marked
  ? ""
  : Depth["length"] extends MaxPathDepth
    ? string
    : { [K in KeyOf<T>]: Joined<K, PrintedPath<T[K & keyof T], [...Depth, 0]>> }[KeyOf<T>]

type Joined<Key extends string | number, Rest extends string> = Rest extends "" ? `${Key}` : `${Key}.${Rest}`

/** The paths of a tree's leaves, as `printPath` prints them: `""` for a leaf, any text where the tree is not known. */
export type PrintedPath<T, Depth extends ReadonlyArray<0> = []> =
  IsAnyTree<T> extends true ? string : unknown extends T ? string : PathWithin<T, Depth>

/** Whether this is a leaf, not a record or list. */
export const isLeaf = (tree: unknown): boolean => typeof tree === "object" && tree !== null && TensorTypeId in tree

/** The children of a record or list, by their keys in the order of leaves. Throws `ShapeError` for other than trees. */
export const branches = (tree: unknown, path: Path = []): ReadonlyArray<readonly [string | number, unknown]> => {
  if (Array.isArray(tree)) return tree.map((child, i) => [i, child] as const)
  if (typeof tree !== "object" || tree === null) {
    const place = path.length === 0 ? "" : ` at ${printPath(path)}`
    const hint = typeof tree === "number" ? "a tensor instead of the number: Tensor.scalar" : "a tree without it"
    return refuse("Tree", [], `tensors, records and lists, not ${String(tree)}${place}`, hint)
  }
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
        branches(tree, path).map(([key, child]) => [key, walk(child, [...path, key], visit)] as const),
      )

/** The tree with each leaf replaced by the result of `f` for the leaf and its path. */
export const map = <T, B>(tree: T, f: (leaf: NoInfer<LeafOf<T>>, path: Path) => B): Replace<T, B> =>
  walk(tree, [], f as (leaf: unknown, path: Path) => unknown) as Replace<T, B>

type LeafOfEach<T, Depth extends ReadonlyArray<0>> = T extends Marked
  ? T
  : Depth["length"] extends MaxDepth
    ? never
    : { [K in keyof T]-?: LeafOf<T[K], [...Depth, 0]> }[keyof T & (T extends ReadonlyArray<unknown> ? number : keyof T)]

/** The type of a tree's leaves. */
export type LeafOf<T, Depth extends ReadonlyArray<0> = []> = IsAnyTree<T> extends true ? Extract<T, Marked> : LeafOfEach<T, Depth>

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
  const collect = (subtree: unknown): void => {
    if (isLeaf(subtree)) out.push(subtree as LeafOf<T>)
    else for (const [, child] of branches(subtree)) collect(child)
  }
  collect(tree)
  return out
}

/** The tree with its leaves replaced by `values`, in order. Throws `ShapeError` for another number of values. */
export const withLeaves = <T, B>(tree: T, values: ReadonlyArray<B>): Replace<T, B> => rebuilder(tree)(values)

/** `withLeaves` for repeated use with one tree: it traverses the tree only once. */
export const rebuilder = <T>(tree: T): (<B>(values: ReadonlyArray<B>) => Replace<T, B>) => {
  let count = 0
  const maker = (subtree: unknown): ((values: ReadonlyArray<unknown>) => unknown) => {
    if (isLeaf(subtree)) {
      const at = count++
      return (values) => values[at]
    }
    const makers = branches(subtree).map(([key, child]) => [key, maker(child)] as const)
    return (values) => {
      // The copy already has all keys as own properties, so assigning to `__proto__` does not set the prototype.
      const out: Record<string | number, unknown> = Array.isArray(subtree) ? ([...subtree] as never) : { ...(subtree as object) }
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

/** Combines trees of the same structure leaf by leaf. Throws `ShapeError` with both structures if they differ. */
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
 * The structure of a tree as one line of text: two trees have the same structure exactly if these are equal.
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
