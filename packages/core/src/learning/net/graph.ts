/** Graphs: nets of named nodes, with one input or several, and one output or several. */
import type { Tensor } from "../../language/Expr.ts"
import * as Key from "../../tensor/Key.ts"
import { refuse } from "../../types/ShapeError.ts"
import * as ShapeTree from "../../types/ShapeTree.ts"
import type * as Tree from "../../types/Tree.ts"
import type { Join } from "../Join.ts"
import { type None, none, type Params } from "../Params.ts"
import { joinedShape, joinedValue } from "../sequence/join.ts"
import type { AnyNet, Child, Initial, Net, OutputOf, ParamsOf, StateOf, TreeNet } from "./Net.ts"
import { checkOutput, child, contextOf, observed, within } from "./within.ts"

/** Where a node gets its input: from the node or the input of that name, or, for a net that takes a tree, from a tree of names. */
export type From = Tree.Tree<string>

/**
 * A node of a graph: a net whose input is the node of that name (the previous node unless given), or a join of several.
 * `input` is the input of the graph itself, unless its inputs have names of their own.
 */
export type Node = { readonly net: AnyNet; readonly from?: From } | { readonly join: Join; readonly from: ReadonlyArray<string> }

/** Values with names, in order. */
export type Named<A> = ReadonlyArray<readonly [name: string, value: A]>

/**
 * The names of a graph's inputs and outputs. Without names for inputs, a graph takes one tensor; without names for outputs, it
 * gives the last node.
 */
export interface Ends<I extends string, O extends string> {
  readonly inputs?: ReadonlyArray<I>
  /** Names of nodes or inputs. */
  readonly outputs?: ReadonlyArray<O>
}

/** A tensor for each name, or one tensor without names. */
export type Several<Names extends string> = [Names] extends [never] ? Tensor : { readonly [N in Names]: Tensor }

type Nodes = { readonly [name: string]: Node }

type NetIn<N> = N extends { readonly net: infer Of } ? Of : never

/** The parameters of a graph, by the names of its nodes; a join has none. */
export type GraphParams<N> = { readonly [K in keyof N]: [NetIn<N[K]>] extends [never] ? None : ParamsOf<NetIn<N[K]>> }

/** The state of a graph, by the names of its nodes; a join has none. */
export type GraphState<N> = { readonly [K in keyof N]: [NetIn<N[K]>] extends [never] ? None : StateOf<NetIn<N[K]>> }

/** The outputs of these names: what their nodes give. The last node of a graph without names for outputs gives one tensor. */
export type GraphOutput<N, O extends string> = [O] extends [never]
  ? Tensor
  : { readonly [K in O]: K extends keyof N ? ([NetIn<N[K]>] extends [never] ? Tensor : OutputOf<NetIn<N[K]>>) : Tensor }

interface Graph {
  /** Nodes in a list, each with its name. */
  <const I extends string = never, const O extends string = never>(
    nodes: Named<Node>,
    ends?: Ends<I, O>,
  ): Net<Params, Params, Several<NoInfer<I>>, Several<NoInfer<O>>>
  /** Nodes in a record, in order. The result keeps the types of their parameters and outputs. */
  <N extends Nodes, const I extends string = never, const O extends string = never>(
    nodes: N,
    ends?: Ends<I, O>,
  ): Net<GraphParams<N>, GraphState<N>, Several<NoInfer<I>>, GraphOutput<N, NoInfer<O>>>
}

const inputName = "input"

/** A node with the names of all its inputs; the same for nets and joins. */
interface ResolvedNode {
  readonly name: string
  readonly kind: string
  readonly from: From
  readonly net: TreeNet | undefined
  readonly shape: (input: ShapeTree.ShapeTree) => ShapeTree.ShapeTree
}

const misnamed = (wanted: string, hint: string): never => refuse("Net.graph", [], wanted, hint)

const namesIn = (from: From): ReadonlyArray<string> => (typeof from === "string" ? [from] : Object.values(from).flatMap(namesIn))

const joined = (name: string, join: Join, from: ReadonlyArray<string>): ResolvedNode => ({
  name,
  kind: join,
  from,
  net: undefined,
  shape: (inputs) => joinedShape(join, inputs as ReadonlyArray<ShapeTree.ShapeTree>),
})

const resolve = (nodes: Named<Node>, inputs: ReadonlyArray<string>): ReadonlyArray<ResolvedNode> => {
  const known = new Set(inputs)
  let previous = inputs.length === 1 ? inputs[0] : undefined
  return nodes.map(([name, node]) => {
    const from = node.from ?? previous
    if (from === undefined)
      return misnamed(`"from" for ${JSON.stringify(name)}, which several inputs come before`, [...known].join(", "))
    const sources = namesIn(from)
    const missing = sources.find((source) => !known.has(source))
    if (missing !== undefined)
      misnamed(`names of nodes above ${JSON.stringify(name)}, not ${JSON.stringify(missing)}`, [...known].join(", "))
    if (sources.length === 0) misnamed(`something for ${JSON.stringify(name)} to join`, [...known].join(", "))
    if (known.has(name)) misnamed(`a name of its own for each node, not two ${JSON.stringify(name)}`, "rename one of them")
    known.add(name)
    previous = name
    if ("join" in node) return joined(name, node.join, node.from)
    // In JavaScript a misspelt layer is undefined.
    const net = node.net as TreeNet | undefined
    if (net === undefined) return misnamed(`a net for ${JSON.stringify(name)}, not undefined`, "Layers.dense({ units: 8 })")
    return { name, kind: net.kind, from, net, shape: (input) => net.shape(input) }
  })
}

/** A graph with its names resolved. `inputs` and `outputs` are absent where they have no names. */
interface Resolved {
  readonly order: ReadonlyArray<ResolvedNode>
  readonly inputs: ReadonlyArray<string> | undefined
  readonly outputs: ReadonlyArray<string> | undefined
}

const checkEnds = ({ inputs, order, outputs }: Resolved): void => {
  const twice = inputs?.find((name, i) => inputs.indexOf(name) !== i)
  if (twice !== undefined) misnamed(`a name of its own for each input, not two ${JSON.stringify(twice)}`, "rename one of them")
  if (inputs?.length === 0) misnamed("at least one input", 'inputs: ["image", "age"]')
  const known = new Set([...(inputs ?? [inputName]), ...order.map(({ name }) => name)])
  const missing = outputs?.find((name) => !known.has(name))
  if (missing !== undefined) misnamed(`names of nodes as outputs, not ${JSON.stringify(missing)}`, [...known].join(", "))
  if (outputs?.length === 0) misnamed("at least one output", `outputs: ["${[...known].at(-1)}"]`)
}

/** The values that a node gets: those of the names in `from`. */
const gather = <A>(from: From, values: ReadonlyMap<string, A>): Tree.Tree<A> =>
  typeof from === "string"
    ? (values.get(from) as A)
    : Array.isArray(from)
      ? from.map((name: From) => gather(name, values))
      : Object.fromEntries(Object.entries(from).map(([key, name]: readonly [string, From]) => [key, gather(name, values)]))

/** Visits the nodes in order with the values of their inputs, and returns the value of the graph. */
const walk = <A>({ inputs, order, outputs }: Resolved, input: A, visit: (node: ResolvedNode, input: A) => A): A => {
  const given = input as { readonly [name: string]: A }
  const values = new Map<string, A>(inputs === undefined ? [[inputName, input]] : inputs.map((name) => [name, part(given, name)]))
  let last = input
  for (const node of order) {
    last = within(node.name, () => visit(node, gather(node.from, values) as A))
    values.set(node.name, last)
  }
  return outputs === undefined ? last : (Object.fromEntries(outputs.map((name) => [name, values.get(name)])) as A)
}

/** The input of a name. */
const part = <A>(input: { readonly [name: string]: A }, name: string): A => {
  const found = typeof input === "object" && Object.hasOwn(input, name) ? input[name] : undefined
  return found ?? refuse("Net.graph", [], `an input ${JSON.stringify(name)}`, "a record with all inputs of the graph")
}

/**
 * A net from named nodes. The inputs of a node are nodes above it or inputs of the graph. The result is the value of the last
 * node, or a record of the nodes that `outputs` names. Keys are folded with the names, so adding or removing a node does not
 * change the randomness of the others. Throws `ShapeError` for two nodes of one name, and for an input that is not above. A
 * layer whose output is not what its `shape` says is refused by its name.
 *
 * ```ts
 * const net = Net.graph(
 *   {
 *     both: { join: "concat", from: ["size", "weight"] },
 *     hidden: { net: Layers.dense({ units: 8, activation: "relu" }) },
 *     kind: { net: Layers.dense({ units: 3 }), from: "hidden" },
 *     price: { net: Layers.dense({ units: 1 }), from: "hidden" },
 *   },
 *   { inputs: ["size", "weight"], outputs: ["kind", "price"] },
 * )
 * net.shape({ size: [2], weight: [1] }) // => { kind: [3], price: [1] }
 * ```
 */
export const graph = ((nodes: Named<Node> | Nodes, ends: Ends<string, string> = {}): TreeNet => {
  const named = Array.isArray(nodes) ? (nodes as Named<Node>) : Object.entries(nodes)
  const resolved: Resolved = {
    order: resolve(named, ends.inputs ?? [inputName]),
    inputs: ends.inputs,
    outputs: ends.outputs,
  }
  checkEnds(resolved)
  return {
    kind: "graph",
    shape: (input) => walk(resolved, input, (node, shapes) => node.shape(shapes)),
    init: (key, input) => {
      const initial: Array<readonly [string, Initial<Params, Params>]> = []
      walk(resolved, input, ({ name, net, shape }, shapes) => {
        initial.push([name, net?.init(Key.fold(key, name), shapes) ?? { params: none, state: none }])
        return shape(shapes)
      })
      return {
        params: Object.fromEntries(initial.map(([name, { params }]) => [name, params])),
        state: Object.fromEntries(initial.map(([name, { state }]) => [name, state])),
      }
    },
    apply: (params, state, x, context) => {
      const states: Array<readonly [string, Params]> = []
      const y = walk(resolved, x, ({ kind, name, net, shape }, input) => {
        const applied = net?.apply(child(params, name), child(state, name), input, contextOf(context, name))
        const output = observed(context, name, applied?.y ?? joinedValue(kind as Join, input as ReadonlyArray<Tensor>))
        states.push([name, applied?.state ?? none])
        checkOutput(kind, input, output, shape(ShapeTree.ofRows(input)))
        return output
      })
      return { y, state: Object.fromEntries(states) }
    },
    children: (input) => {
      const children: Array<Child> = []
      walk(resolved, input, ({ kind, name, net, shape }, shapes) => {
        const output = shape(shapes)
        children.push({
          name,
          kind,
          inputs: ShapeTree.leaves(shapes),
          outputs: ShapeTree.leaves(output),
          ...(net === undefined ? {} : { inner: { net, input: shapes } }),
        })
        return output
      })
      return children
    },
  }
}) as Graph
