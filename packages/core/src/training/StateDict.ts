/**
 * Weights from PyTorch: the arrays of a `state_dict`, saved by `safetensors.torch.save_file(model.state_dict(), file)` or with
 * `numpy.savez`, become the parameters and the state of a net. Layers are found by their names, arrays are transposed by the kind
 * of the layer, and whatever does not fit is reported, all of it, before anything is used.
 */
import * as Result from "effect/Result"
import type { Tensor } from "../language/Expr.ts"
import type { Initial, Net, TreeNet } from "../learning/Net.ts"
import * as Key from "../tensor/Key.ts"
import { read } from "../tensor/read.ts"
import { NDArray } from "../types/NDArray.ts"
import * as Shape from "../types/Shape.ts"
import { printSpec } from "../types/ShapeError.ts"
import type * as ShapeTree from "../types/ShapeTree.ts"
import * as Tree from "../types/Tree.ts"
import { type Problem, StateDictError } from "./StateDictError.ts"
import { type Found, joined, moduleOf, type Names, own, survey } from "./stateDictLayers.ts"
import {
  missing,
  moduleName,
  notConverted,
  notConvertible,
  proposed,
  unclearOrders,
  unexpected,
  unknownLayer,
  wrong,
  wrongImages,
} from "./stateDictProblems.ts"
import { type Conversion, type LayerShapes, type Rule, rules, sameNames } from "./stateDictRules.ts"

export { type Problem, StateDictError } from "./StateDictError.ts"
export { decode, read } from "./stateDictFile.ts"
export type { Module, Names } from "./stateDictLayers.ts"
export { type Conversion, type LayerShapes, type Rule, rules, sameNames } from "./stateDictRules.ts"

/** The arrays of a `state_dict`, by name. */
export type Arrays = ReadonlyMap<string, NDArray>

/** How a `state_dict` is read. */
export interface Options<P, S> {
  /**
   * The modules of layers whose names differ, by the layers' names in the net, such as `block.dense1`. A name also holds for the
   * layers inside it; `""` is the whole net. The other layers have modules of their own names.
   */
  readonly names?: Names
  /** Layers that keep the weights of `start`, for a new head. */
  readonly keep?: ReadonlyArray<string>
  /** The weights that kept layers have: those of the net's `init` with seed 0 unless given. */
  readonly start?: Initial<P, S>
  /** Modules and arrays of the `state_dict` that are not read. */
  readonly ignore?: ReadonlyArray<string>
  /** Rules for other kinds of layers, and instead of those of the table. */
  readonly rules?: { readonly [kind: string]: Rule }
  /** Where the arrays come from, for errors: `state_dict` unless given. */
  readonly file?: string
}

/** The arrays of a layer, by their paths in it. */
type Leaves = ReadonlyMap<string, Tensor>

const under = (name: string, prefix: string): boolean => prefix === "" || name === prefix || name.startsWith(`${prefix}.`)

/** The subtree at a path, if there is one. */
const subtree = (tree: unknown, path: ReadonlyArray<string>): unknown => {
  let found = tree
  for (const key of path) {
    if (typeof found !== "object" || found === null || Tree.isLeaf(found) || !Object.hasOwn(found, key)) return {}
    found = (found as { readonly [key: string]: unknown })[key]
  }
  return found
}

const leavesAt = (tree: unknown, path: ReadonlyArray<string>): Leaves =>
  new Map(Tree.entries(subtree(tree, path)).map(([at, leaf]) => [Tree.printPath(at), leaf as Tensor]))

/** Single precision, which is that of every weight. */
const single = ({ data, shape }: NDArray): NDArray =>
  new NDArray("f32", shape, data instanceof Float32Array ? data : Float32Array.from(data))

/**
 * The weights of a net for samples of a shape, from the arrays of a `state_dict`. Fails with `StateDictError`, which lists every
 * array that is missing, unexpected, or of another shape or type, with what to try. Throws `ShapeError` for samples that the net
 * does not take.
 *
 * ```ts
 * import { Layers, Net, StateDict, Tensor } from "@adjoint/core"
 * import { Result } from "effect"
 *
 * const net = Net.sequential({ hidden: Layers.dense({ units: 2, activation: "relu" }), out: Layers.dense({ units: 1 }) })
 * const saved = StateDict.fromRecord({
 *   "0.weight": Tensor.make([[1, 0, 2], [0, 1, 0]]), // Linear(3, 2): [out, in]
 *   "0.bias": Tensor.make([0, 1]),
 *   "2.weight": Tensor.make([[1, 1]]),
 *   "2.bias": Tensor.make([3]),
 * })
 * const weights = Result.getOrThrow(StateDict.load(net, [3], saved, { names: { hidden: "0", out: "2" } }))
 * Net.infer(net, weights, Tensor.make([[1, 1, 1]])) // => [[8]]
 * ```
 */
export const load = <P, S, X, Y>(
  net: Net<P, S, X, Y>,
  input: ShapeTree.Of<X>,
  arrays: Arrays,
  options: Options<P, S> = {},
): Result.Result<Initial<P, S>, StateDictError> => {
  const { file = "state_dict", ignore = [], keep = [], names = {} } = options
  const start = options.start ?? net.init(Key.make(0), input)
  const { images, known, layers } = survey(net as unknown as TreeNet, input as ShapeTree.ShapeTree, names)
  const unknown = [...Object.keys(names), ...keep].filter((name) => !known.has(name) && !name.endsWith(".activation"))
  const done = layers
    .flatMap((layer) => withActivation(layer, start, names))
    .filter(({ path }) => !keep.some((name) => under(path.join("."), name)))
    .map((layer) => readLayer(layer, start, arrays, options.rules ?? {}))
  const used = new Set(done.flatMap((layer) => layer.used))
  const modules = new Set([...used].map(moduleName))
  const spare = [...arrays.keys()].filter(
    (name) => !used.has(name) && !/(^|\.)num_batches_tracked$/.test(name) && !ignore.some((prefix) => under(name, prefix)),
  )
  const problems = [
    ...unknown.map((name) => unknownLayer(name, [...known])),
    ...unclearOrders(images, Object.values(names).map(moduleOf)),
    ...done.flatMap((layer) => layer.problems),
    ...spare.map((name) => unexpected(name, arrays, modules)),
  ]
  if (problems.length > 0)
    return Result.fail(new StateDictError({ file, problems: once(problems).map((each) => proposed(each, arrays, spare)) }))
  const loaded = new Map(done.flatMap((layer) => layer.loaded))
  const replaced = Tree.map({ params: start.params, state: start.state } as unknown, (leaf, path) => {
    return loaded.get(Tree.printPath(path)) ?? (leaf as Tensor)
  })
  return Result.succeed(replaced as Initial<P, S>)
}

/** Without repetitions: several arrays of a layer may be computed from one array of its module. */
const once = (problems: ReadonlyArray<Problem>): ReadonlyArray<Problem> => {
  const seen = new Set<string>()
  return problems.filter(({ _tag, name }) => seen.size < seen.add(`${_tag} ${name}`).size)
}

/** What was read for a layer: its arrays by their paths in the weights, the arrays of the file, and what is wrong. */
interface ReadLayer {
  readonly loaded: ReadonlyArray<readonly [path: string, tensor: Tensor]>
  readonly used: ReadonlyArray<string>
  readonly problems: ReadonlyArray<Problem>
}

const readLayer = (
  { arrays: within, kind, module, path }: Found,
  start: Initial<unknown, unknown>,
  arrays: Arrays,
  ownRules: { readonly [kind: string]: Rule },
): ReadLayer => {
  const at = path.join(".")
  // The embedding of tied weights shares its place with the body, which has layers of its own.
  const isOwn = (leaf: string): boolean => !leaf.startsWith("activation.") && (kind !== "embedding" || leaf === "w")
  const params = new Map([...leavesAt(start.params, within)].filter(([leaf]) => isOwn(leaf)))
  const leaves = new Map([...params, ...leavesAt(start.state, within)])
  const shapes = Object.fromEntries([...leaves].map(([leaf, { shape }]) => [leaf, shape]))
  const layer: LayerShapes = { ...module, kind, shapes, index: module.index ?? 0 }
  const refused = [...wrongImages(at, layer), ...(isOtherGru(layer) ? [notConvertible(at)] : [])]
  if (leaves.size === 0 || refused.length > 0) return { loaded: [], used: [], problems: refused }
  const conversions = (own(ownRules, kind) ?? own(rules, kind) ?? sameNames)(layer)
  const converted = Object.entries(conversions).flatMap(([leaf, conversion]) => {
    const like = leaves.get(leaf)
    const to = joined(params.has(leaf) ? "params" : "state", ...within, leaf)
    return like === undefined
      ? []
      : [convert(conversion, module.module, arrays, `${joined(at, leaf)} ${printSpec(like)}`, at, to)]
  })
  const without = [...leaves.keys()].filter((leaf) => !Object.hasOwn(conversions, leaf))
  return {
    loaded: converted.flatMap(({ loaded }) => loaded),
    used: converted.flatMap(({ used }) => used),
    problems: [...without.map((leaf) => notConverted(joined(at, leaf), kind)), ...converted.flatMap((each) => each.problems)],
  }
}

/** A GRU whose reset gate acts before the product has no bias inside it. */
const isOtherGru = ({ kind, shapes }: LayerShapes): boolean =>
  /^(bidirectional_)?gru$/.test(kind) && !Object.keys(shapes).some((leaf) => leaf.endsWith("bh"))

/** Arrays or tensors by name as those of a file. */
export const fromRecord = (arrays: { readonly [name: string]: Tensor }): Arrays =>
  new Map(Object.entries(arrays).map(([name, array]) => [name, read(array)]))

/** A layer, and after it the learned activation of a layer with weights, which is a module of its own in PyTorch. */
const withActivation = (layer: Found, start: Initial<unknown, unknown>, names: Names): ReadonlyArray<Found> => {
  const [path, arrays] = [layer.path, layer.arrays].map((of) => [...of, "activation"]) as [Array<string>, Array<string>]
  if (leavesAt(start.params, arrays).size === 0) return [layer]
  const given = own(names, path.join(".")) ?? joined(layer.module.module, "activation")
  return [layer, { kind: "prelu", path, arrays, module: moduleOf(given) }]
}

/** One array of a layer, at its path in the weights, from arrays of a module; `leaf` and `layer` name it in problems. */
const convert = (
  { absent, from, to }: Conversion,
  module: string,
  arrays: Arrays,
  leaf: string,
  layer: string,
  path: string,
): ReadLayer => {
  const sources = Object.entries(from).map(([name, shape]) => ({ name: joined(module, name), shape }))
  const given = sources.map(({ name }) => arrays.get(name))
  if (absent !== undefined && given.every((array) => array === undefined)) {
    // Without its biases, or without a learned scale, a module has the same results as with these numbers.
    const fill = sources.map(({ shape }) => new NDArray("f32", shape, new Float32Array(Shape.size(shape)).fill(absent)))
    return { loaded: hasModule(arrays, module) ? [[path, read(to(...fill))]] : [], used: [], problems: [] }
  }
  const problems = sources.flatMap(({ name, shape }) => {
    const array = arrays.get(name)
    if (array === undefined) return [missing(name, shape, leaf, layer)]
    if (array.dtype !== "f32") return [wrong("WrongType", name, array, shape, leaf)]
    return Shape.equals(array.shape, shape) ? [] : [wrong("WrongShape", name, array, shape, leaf)]
  })
  const used = sources.flatMap(({ name }) => (arrays.has(name) ? [name] : []))
  if (problems.length > 0) return { loaded: [], used, problems }
  return { loaded: [[path, read(to(...given.map((array) => single(array as NDArray))))]], used, problems }
}

const hasModule = (arrays: Arrays, module: string): boolean => [...arrays.keys()].some((name) => under(name, module))
