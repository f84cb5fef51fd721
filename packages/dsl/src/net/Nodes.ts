/**
 * The layers of a document as nodes of a net: every layer has a name, its place in the document, and the net that core's
 * table makes of it. Shapes are inferred over these nodes and nets are built from them, so the two cannot disagree.
 */
import * as Entry from "@adjoint/core/learning/Entry"
import * as Layers from "@adjoint/core/learning/Layers"
import * as Net from "@adjoint/core/learning/Net"
import { inputName, type Join, type Layer, layerOf, type Model, type Named } from "../Document.ts"
import type { Catalogue } from "../schema/Catalogue.ts"
import type { Path } from "../source/Path.ts"
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

type Content =
  | { readonly _tag: "Net"; readonly net: Net.Net; readonly options: Named[string] }
  | { readonly _tag: "Join"; readonly how: Join; readonly from: ReadonlyArray<string> }
  | { readonly _tag: "Block"; readonly nodes: ReadonlyArray<Node> }
  | { readonly _tag: "Repeat"; readonly times: number; readonly nodes: ReadonlyArray<Node> }
  /** `net` is missing while it is not known how many outputs there are. */
  | { readonly _tag: "Head"; readonly target: string; readonly net?: Net.Net }

/** The input of building layers. `outputs` is the number of outputs of the head. */
export interface BuildOptions {
  readonly catalogue: Catalogue
  readonly model: Model
  readonly outputs?: number
}

/** Names for layers without one: their kind and which of that kind they are, leaving out names that are taken. */
const naming = (layers: ReadonlyArray<Layer>): ((layer: Layer) => string) => {
  const taken = new Set([inputName, ...layers.flatMap(({ name }) => (typeof name === "string" ? [name] : []))])
  const counts = new Map<string, number>()
  return (layer) => {
    if (typeof layer.name === "string") return layer.name
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
const netOf = ({ catalogue, model }: BuildOptions, kind: string, content: Named[string]): Net.Net => {
  if (!Object.hasOwn(catalogue.layer, kind)) {
    const activation = Entry.make(catalogue.activation, use(catalogue, catalogue.activation, { [kind]: content }))
    return { ...Layers.activation(activation), kind }
  }
  const options = catalogue.layer[kind]?.options ?? {}
  const settled = Object.fromEntries(
    Object.entries(content).map(([key, value]) => [
      key,
      options[key]?.kind === "initializer" ? initializerOr(model, value) : value,
    ]),
  )
  return Entry.make(catalogue.layer, use(catalogue, catalogue.layer, { [kind]: settled }))
}

/** The nodes of the model's layers, or of those of a `repeat`. */
export const nodes = (
  options: BuildOptions,
  layers: ReadonlyArray<Layer> = options.model.layers,
  root: Path = ["model", "layers"],
): ReadonlyArray<Node> => {
  const nameOf = naming(layers)
  return layers.map((layer, i) => {
    const path = [...root, i]
    const kind = kindOf(layer)
    const source = typeof layer.from === "string" ? { source: layer.from } : {}
    return { name: nameOf(layer), path, content: [...path, kind], kind, ...source, ...contentOf(options, layer, kind, path) }
  })
}

const contentOf = (options: BuildOptions, layer: Layer, kind: string, path: Path): Content => {
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
      const { outputs } = options
      return {
        _tag: "Head",
        target,
        ...(outputs === undefined ? {} : { net: netOf(options, "dense", { units: outputs, activation, init }) }),
      }
    }
    case "Use":
      return { _tag: "Net", net: netOf(options, kind, item.use.options), options: item.use.options }
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

/** The net of the nodes. Throws `TypeError` for a head that does not know its outputs. */
export const net = (all: ReadonlyArray<Node>): Net.Net => Net.graph(all.map((node) => [node.name, placed(node)] as const))

const placed = (node: Node): Net.Node =>
  node._tag === "Join"
    ? { join: node.how, from: node.from }
    : { net: netIn(node), ...(node.source === undefined ? {} : { from: node.source }) }

const netIn = (node: Exclude<Node, { readonly _tag: "Join" }>): Net.AnyNet => {
  switch (node._tag) {
    case "Net":
      return node.net
    case "Block":
      return net(node.nodes)
    case "Repeat":
      return Net.repeat(node.times, net(node.nodes))
    case "Head":
      if (node.net === undefined) throw new TypeError("how many outputs the head has is not known")
      return node.net
  }
}
