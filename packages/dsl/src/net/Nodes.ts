/**
 * The layers of a document as nodes of a net: every layer has a name, its place in the document, and the net that core's
 * table makes of it. Shapes are inferred over these nodes and nets are built from them, so the two cannot disagree.
 */
import type { Values } from "@adjoint/core/data/PreprocessTree"
import { isTensor, type Tensor } from "@adjoint/core/language/Expr"
import * as Entry from "@adjoint/core/learning/Entry"
import * as Layers from "@adjoint/core/learning/Layers"
import * as Net from "@adjoint/core/learning/Net"
import { none, type Params } from "@adjoint/core/learning/Params"
import { fromNumbers, fromTokens } from "@adjoint/core/learning/sequence/fromTokens"
import { type MaybePadded, over, readsOf } from "@adjoint/core/learning/sequence/overSequences"
import type { Shape } from "@adjoint/core/types/Shape"
import * as ShapeTree from "@adjoint/core/types/ShapeTree"
import { inputName, type Join, type Layer, layerOf, type Model, type Named } from "../Document.ts"
import { type Catalogue, layerTraits } from "../schema/Catalogue.ts"
import type { Path } from "../source/Path.ts"
import { columnsOf, type HeadAt, severalHeads } from "./Heads.ts"
import { use } from "./Uses.ts"

/** One layer. `content` is the path of its options. */
export type Node = Placed & Content

interface Placed {
  readonly name: string
  readonly path: Path
  readonly content: Path
  /** The name of its entry: `dense`, `relu`, `add`, `repeat`, `head`. */
  readonly kind: string
  /** The name of the layer it is fed by, where that is not the one above it. */
  readonly source?: string
}

/** A net of one tensor, or of padded sequences. */
export type LayerNet = Net.Net<Params, Params, MaybePadded, MaybePadded>

type Content =
  | {
      readonly _tag: "Net"
      readonly net: LayerNet
      readonly options: Named[string]
      readonly lacks?: "tokens"
      /** The layers that it reads beside its input, by the options that name them. */
      readonly reads?: Reads
    }
  | { readonly _tag: "Join"; readonly how: Join; readonly from: ReadonlyArray<string> }
  | { readonly _tag: "Block"; readonly nodes: ReadonlyArray<Node> }
  | { readonly _tag: "Repeat"; readonly times: number; readonly nodes: ReadonlyArray<Node> }
  /** `net` is missing while it is not known how many outputs there are. */
  | { readonly _tag: "Head"; readonly columns: ReadonlyArray<string>; readonly net?: LayerNet }

/** Names of layers by options. */
export type Reads = { readonly [option: string]: string }

/** How many outputs heads have: all of them, or each by its name. */
export type Outputs = number | ReadonlyMap<string, number>

/** An input of sequences of unequal length: tokens, with how many different ones it has, if that is known, or numbers. */
export type SequenceInput = { readonly of: "tokens"; readonly tokens?: number } | { readonly of: "numbers" }

/** The inputs of a model that are sequences of unequal length. */
export type Sequences = ReadonlyMap<string, SequenceInput>

/** The input of building layers. `outputs` is the number of outputs of the heads, as far as it is known. */
export interface BuildOptions {
  readonly catalogue: Catalogue
  readonly model: Model
  readonly outputs?: Outputs
  readonly sequences?: Sequences
}

/** Names for layers without one: their kind and which of that kind they are, leaving out names that are taken. */
const naming = (
  layers: ReadonlyArray<Layer>,
  inputs: ReadonlyArray<string>,
  heads: ReadonlyArray<HeadAt>,
): ((layer: Layer, index: number) => string) => {
  const own = new Map(heads.map(({ index, name }) => [index, name]))
  const named = layers.flatMap(({ name }) => (typeof name === "string" ? [name] : []))
  const taken = new Set([...inputs, ...own.values(), ...named])
  const counts = new Map<string, number>()
  return (layer, index) => {
    const given = own.get(index) ?? layer.name
    if (typeof given === "string") return given
    const kind = kindOf(layer)
    for (;;) {
      const count = (counts.get(kind) ?? 0) + 1
      counts.set(kind, count)
      const name = `${kind}${count}`
      if (!taken.has(name)) return name
    }
  }
}

const kindOf = (layer: Layer): string => Object.keys(layer).find((key) => key !== "name" && key !== "from") ?? ""

/** An initializer, `auto` standing for the model's own. */
const initializerOr = (model: Model, named: unknown): Named =>
  typeof named === "object" && named !== null && Object.hasOwn(named, "auto") ? model.init : (named as Named)

/** A layer of the catalogue, or an activation as a layer. */
const netOf = ({ catalogue, model }: BuildOptions, kind: string, content: Named[string]): LayerNet => {
  if (!Object.hasOwn(catalogue.layer, kind)) {
    const activation = Entry.make(catalogue.activation, use(catalogue, catalogue.activation, { [kind]: content }))
    return over({ name: kind, options: {} }, { ...Layers.activation(activation), kind })
  }
  const options = catalogue.layer[kind]?.options ?? {}
  const settled = Object.fromEntries(
    Object.entries(content).map(([key, value]) => [
      key,
      options[key]?.kind === "initializer" ? initializerOr(model, value) : value,
    ]),
  )
  const named = use(catalogue, catalogue.layer, { [kind]: settled })
  return over(named, Entry.make(catalogue.layer, named), options)
}

/**
 * The options of a layer; those of an embedding with the number of tokens of the input that it reads, unless it has one. It lacks
 * the number if its input is no text.
 */
const counted = (
  { catalogue, sequences }: BuildOptions,
  { name, options }: Entry.Use,
  input: string | undefined,
): { readonly options: Named[string]; readonly lacks?: "tokens" } => {
  const traits = layerTraits(catalogue, name)
  if (traits?.role !== "weights" || traits.over !== "tokens" || options.tokens !== undefined) return { options }
  const sequence = input === undefined ? undefined : sequences?.get(input)
  if (sequence?.of !== "tokens") return { options, lacks: "tokens" }
  const { tokens } = sequence
  return { options: tokens === undefined ? options : { ...options, tokens } }
}

/** The nodes of the model's layers, or of those of a `repeat`. */
export const nodes = (
  options: BuildOptions,
  layers: ReadonlyArray<Layer> = options.model.layers,
  root: Path = ["model", "layers"],
): ReadonlyArray<Node> => {
  const isTop = layers === options.model.layers
  const inputs = isTop ? inputsOf(options.model) : [inputName]
  const nameOf = naming(layers, inputs, isTop ? (severalHeads(options.model) ?? []) : [])
  // A layer below heads reads the layer above them.
  let above = inputs.length === 1 ? inputs[0] : undefined
  let isBelowHead = false
  return layers.map((layer, i) => {
    const path = [...root, i]
    const kind = kindOf(layer)
    const from = typeof layer.from === "string" ? layer.from : isBelowHead ? above : undefined
    const name = nameOf(layer, i)
    const input = from ?? above
    isBelowHead = kind === "head"
    if (!isBelowHead) above = name
    const content = contentOf(options, layer, { name, path, input })
    // A layer that reads others names its own input too.
    const own = from ?? (content._tag === "Net" && content.reads !== undefined ? input : undefined)
    const source = own === undefined ? {} : { source: own }
    return { name, path, content: [...path, kind], kind, ...source, ...content }
  })
}

/** The names of a model's inputs. */
export const inputsOf = ({ inputs }: Pick<Model, "inputs">): ReadonlyArray<string> =>
  inputs === undefined ? [inputName] : Object.keys(inputs)

const contentOf = (
  options: BuildOptions,
  layer: Layer,
  { input, name, path }: { readonly name: string; readonly path: Path; readonly input: string | undefined },
): Content => {
  const item = layerOf(layer)
  switch (item._tag) {
    case "Join":
      return { _tag: "Join", how: item.how, from: item.of }
    case "Block":
      return { _tag: "Block", nodes: nodes(options, item.layers, [...path, "block", "layers"]) }
    case "Repeat":
      return { _tag: "Repeat", times: item.times, nodes: nodes(options, item.layers, [...path, "repeat", "layers"]) }
    case "Head": {
      const { activation, init, target } = item.head
      const outputs = typeof options.outputs === "number" ? options.outputs : options.outputs?.get(name)
      return {
        _tag: "Head",
        columns: columnsOf(target),
        ...(outputs === undefined ? {} : { net: netOf(options, "dense", { units: outputs, activation, init }) }),
      }
    }
    case "Use": {
      const settled = counted(options, item.use, input)
      const reads = readsOf(item.use, options.catalogue.layer[item.use.name]?.options ?? {})
      return {
        _tag: "Net",
        net: netOf(options, item.use.name, settled.options),
        ...settled,
        ...(reads.length === 0 ? {} : { reads: Object.fromEntries(reads) }),
      }
    }
  }
}

/** The innermost node that a name such as `repeat1.0.dense1` leads to or into. */
export const find = (all: ReadonlyArray<Node>, layer: string): Node | undefined => {
  const lead = (names: ReadonlyArray<string>, among: ReadonlyArray<Node>): Node | undefined => {
    const [name, ...rest] = names
    const node = among.find((each) => each.name === name)
    if (node?._tag === "Block") return lead(rest, node.nodes) ?? node
    if (node?._tag === "Repeat") return lead(rest.slice(1), node.nodes) ?? node
    return node
  }
  return lead(layer.split("."), all)
}

/** The value of each input, or of the one input, by its name. */
const mapInputs = <A>(given: A, isOne: boolean, f: (name: string, value: A) => A): A =>
  isOne
    ? f(inputName, given)
    : (Object.fromEntries(Object.entries(given as object).map(([name, value]) => [name, f(name, value as A)])) as A)

/** The net that makes padded sequences of the rows of an input. */
export const paddedOf = { tokens: fromTokens, numbers: fromNumbers } as const satisfies {
  readonly [K in SequenceInput["of"]]: unknown
}

/** A net whose inputs of these names are rows in one tensor, which `inner` takes as padded sequences. */
const fromRows = (inner: Net.TreeNet, sequences: Sequences): Net.TreeNet => {
  const shapes = (sample: ShapeTree.ShapeTree): ShapeTree.ShapeTree =>
    mapInputs(sample, ShapeTree.isShape(sample), (name, shape) => {
      const sequence = sequences.get(name)
      return sequence === undefined ? shape : paddedOf[sequence.of].shape(shape as Shape)
    }) as ShapeTree.ShapeTree
  const values = (x: Params): Params =>
    mapInputs(x, isTensor(x), (name, own) => {
      const sequence = sequences.get(name)
      return sequence === undefined ? own : paddedOf[sequence.of].apply(none, none, own as Tensor, { mode: "infer" }).y
    })
  return {
    ...inner,
    shape: (sample) => inner.shape(shapes(sample)),
    init: (key, sample) => inner.init(key, shapes(sample)),
    apply: (params, state, x, context) => inner.apply(params, state, values(x), context),
    children: (sample) => inner.children?.(shapes(sample)) ?? [],
  }
}

/**
 * The net of a model's nodes, with names for its inputs and outputs where it has several. Inputs of unequal length become padded sequences.
 * Throws `TypeError` for a head that does not know its outputs.
 */
export const modelNet = (
  all: ReadonlyArray<Node>,
  model: Model,
  sequences: Sequences = new Map(),
): Net.Net<Params, Params, Values, Values> => {
  const heads = severalHeads(model)
  const named = all.map((node) => [node.name, placed(node)] as const)
  const ends = {
    ...(model.inputs === undefined ? {} : { inputs: inputsOf(model) }),
    ...(heads === undefined ? {} : { outputs: heads.map(({ name }) => name) }),
  }
  const net = Net.graph(named, ends) as unknown as Net.TreeNet
  return (sequences.size === 0 ? net : fromRows(net, sequences)) as unknown as Net.Net<Params, Params, Values, Values>
}

/** The net of the nodes of a list. Throws `TypeError` for a head that does not know its outputs. */
export const net = (all: ReadonlyArray<Node>): Net.TreeNet =>
  Net.graph(all.map((node) => [node.name, placed(node)] as const)) as unknown as Net.TreeNet

const placed = (node: Node): Net.Node => {
  if (node._tag === "Join") return { join: node.how, from: node.from }
  const { source } = node
  const net = netIn(node)
  if (source === undefined) return { net }
  return { net, from: node._tag === "Net" && node.reads !== undefined ? { x: source, ...node.reads } : source }
}

/** The names that a node reads, of which the first is its input; `above` is the layer above it. */
export const namesOf = (node: Node, above: string | undefined): ReadonlyArray<string | undefined> =>
  node._tag === "Join" ? node.from : [node.source ?? above, ...(node._tag === "Net" ? Object.values(node.reads ?? {}) : [])]

const netIn = (node: Exclude<Node, { readonly _tag: "Join" }>): Net.AnyNet => {
  switch (node._tag) {
    case "Net":
      return node.net
    case "Block":
      return net(node.nodes)
    case "Repeat":
      return Net.repeat(node.times, net(node.nodes) as unknown as Net.Net)
    case "Head":
      if (node.net === undefined) throw new TypeError("how many outputs the head has is not known")
      return node.net
  }
}
