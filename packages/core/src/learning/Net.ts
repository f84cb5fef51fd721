/**
 * A net is three pure functions: its output shape for an input shape, its initial parameters, and its output for a batch. It
 * holds no numbers: parameters, state, randomness and mode are arguments, outputs and new state are results.
 */
import type { Tensor } from "../language/Expr.ts"
import * as Key from "../tensor/Key.ts"
import * as Shape from "../types/Shape.ts"
import { refuse, ShapeError } from "../types/ShapeError.ts"
import type * as Tree from "../types/Tree.ts"
import { type Join, joins } from "./Join.ts"
import { leaves, type None, none, type Params } from "./Params.ts"

/** Receives the output of each layer, by the layer's name (`block.0.dense1`), inner layers first. It cannot change the output. */
export type Observe = (layer: string, y: Tensor) => void

/** The mode: training, with a key for random layers, or inference, where nothing is random. */
export type Context = { readonly observe?: Observe } & (
  | { readonly mode: "infer" }
  | { readonly mode: "train"; readonly key: Key.Key }
)

/** The parameters and the state of a net before training. */
export interface Initial<P, S> {
  /** The tensors that the optimizer changes. */
  readonly params: P
  /** The tensors that the net updates itself from batch to batch, such as running means. */
  readonly state: S
}

/** The output of a net for a batch, and its new state. */
export interface Applied<S> {
  readonly y: Tensor
  readonly state: S
}

/**
 * A function with parameters `P` and state `S`. Shapes are those of one sample; tensors have the batch as an additional first
 * axis. The functions are methods, so a net with specific parameters is assignable to `Net`: `apply` gets what `init` of the
 * same net returned.
 */
export interface Net<P = Params, S = Params> {
  /** The kind of layer: `dense`. Layers without a name are named after it. */
  readonly kind: string
  /** The output shape for the shape of a sample. Throws `ShapeError` for a wrong shape. */
  shape(input: Shape.Shape): Shape.Shape
  /** Parameters and state for samples of a shape. The same key gives the same numbers. Throws `ShapeError`. */
  init(key: Key.Key, input: Shape.Shape): Initial<P, S>
  /** The output for x [batch, ...input], and the state for the next batch. Throws `ShapeError`. */
  apply(params: P, state: S, x: Tensor, context: Context): Applied<S>
  /** The nets that a composite net consists of, in order, for samples of a shape. Absent for other nets. */
  children?(input: Shape.Shape): ReadonlyArray<Child>
}

/** One of the nets that a composite net consists of. */
export interface Child {
  readonly name: string | number
  readonly kind: string
  readonly inputs: ReadonlyArray<Shape.Shape>
  readonly output: Shape.Shape
  /** Absent for a join, which has no parameters. */
  readonly net?: Net
}

/** The type of a net's parameters. */
export type ParamsOf<N> = N extends Net<infer P, infer _> ? P : never

/** The type of a net's state. */
export type StateOf<N> = N extends Net<infer _, infer S> ? S : never

/** A net with parameters but without state. */
export interface Stateless<P> {
  readonly kind: string
  readonly shape: (input: Shape.Shape) => Shape.Shape
  readonly init: (key: Key.Key, input: Shape.Shape) => P
  readonly apply: (params: P, x: Tensor, context: Context) => Tensor
}

/** A `Net` from a net without state. */
export const stateless = <P>({ apply, init, kind, shape }: Stateless<P>): Net<P, None> => ({
  kind,
  shape,
  init: (key, input) => ({ params: init(key, input), state: none }),
  apply: (params, _, x, context) => ({ y: apply(params, x, context), state: none }),
})

/** A net without parameters and state: a function of a batch, and its output shape (the input shape unless given). */
export const pure = (
  kind: string,
  apply: (x: Tensor, context: Context) => Tensor,
  shape: (input: Shape.Shape) => Shape.Shape = (input) => input,
): Net<None, None> => stateless({ kind, shape, init: () => none, apply: (_, x, context) => apply(x, context) })

/**
 * A node of a graph: a net whose input is the node of that name (the previous node unless given), or a join of several.
 * `input` is the input of the graph itself.
 */
export type Node = { readonly net: Net; readonly from?: string } | { readonly join: Join; readonly from: ReadonlyArray<string> }

/** Values with names, in order. */
export type Named<A> = ReadonlyArray<readonly [name: string, value: A]>

const inputName = "input"

/** A node with the names of all its inputs; the same for nets and joins. */
interface ResolvedNode {
  readonly name: string
  readonly kind: string
  readonly from: ReadonlyArray<string>
  readonly net: Net | undefined
  readonly shape: (inputs: ReadonlyArray<Shape.Shape>) => Shape.Shape
}

const misnamed = (wanted: string, hint: string): never => refuse("Net.graph", [], wanted, hint)

const resolve = (nodes: Named<Node>): ReadonlyArray<ResolvedNode> => {
  const known = new Set([inputName])
  let previous = inputName
  return nodes.map(([name, node]) => {
    const from = "join" in node ? node.from : [node.from ?? previous]
    const missing = from.find((source) => !known.has(source))
    if (missing !== undefined)
      misnamed(`names of nodes above ${JSON.stringify(name)}, not ${JSON.stringify(missing)}`, [...known].join(", "))
    if (from.length === 0) misnamed(`something for ${JSON.stringify(name)} to join`, [...known].join(", "))
    if (known.has(name)) misnamed(`a name of its own for each node, not two ${JSON.stringify(name)}`, "rename one of them")
    known.add(name)
    previous = name
    if ("join" in node) return { name, kind: node.join, from, net: undefined, shape: joins[node.join].shape }
    const { net } = node
    return { name, kind: net.kind, from, net, shape: ([input = []]) => net.shape(input) }
  })
}

/** The result of `f`. A `ShapeError` from `f` gets the name of the layer. */
const within = <A>(layer: string | number, f: () => A): A => {
  try {
    return f()
  } catch (error) {
    if (!(error instanceof ShapeError)) throw error
    const { got, hint, operation, wanted } = error
    throw new ShapeError({ operation: `${layer}${operation.includes(": ") ? "." : ": "}${operation}`, got, wanted, hint })
  }
}

/** Visits the nodes in order with the values of their inputs, and returns the value of the last node. */
const walk = <A>(order: ReadonlyArray<ResolvedNode>, input: A, visit: (node: ResolvedNode, inputs: ReadonlyArray<A>) => A): A => {
  const values = new Map([[inputName, input]])
  let last = input
  for (const node of order) {
    const inputs = node.from.map((source) => values.get(source) ?? input)
    last = within(node.name, () => visit(node, inputs))
    values.set(node.name, last)
  }
  return last
}

const child = (tree: Params, name: string | number): Params => {
  const found = Object.hasOwn(tree, name) ? (tree as { readonly [name: string | number]: Params })[name] : undefined
  return (
    found ?? refuse("apply", [], `parameters and state of a layer ${JSON.stringify(name)}`, "use the result of this net's init")
  )
}

/** The context of a child, with its own key: its randomness does not depend on its siblings. */
const contextOf = (context: Context, name: string | number): Context => {
  const observe: Observe | undefined = context.observe && ((layer, y) => context.observe?.(`${name}.${layer}`, y))
  const inner = observe === undefined ? {} : { observe }
  return context.mode === "train" ? { ...inner, mode: "train", key: Key.fold(context.key, name) } : { ...inner, mode: "infer" }
}

/**
 * A net from named nodes. The inputs of a node are nodes above it; the result is the value of the last node. Keys are folded
 * with the names, so adding or removing a node does not change the randomness of the others. Throws `ShapeError` for two nodes
 * of one name, and for an input that is not above.
 */
export const graph = (nodes: Named<Node>): Net => {
  const order = resolve(nodes)
  return {
    kind: "graph",
    shape: (input) => walk(order, input, (node, inputs) => node.shape(inputs)),
    init: (key, input) => {
      const initial: Array<readonly [string, Initial<Params, Params>]> = []
      walk(order, input, ({ name, net, shape }, inputs) => {
        initial.push([name, net?.init(Key.fold(key, name), inputs[0] ?? []) ?? { params: none, state: none }])
        return shape(inputs)
      })
      return {
        params: Object.fromEntries(initial.map(([name, { params }]) => [name, params])),
        state: Object.fromEntries(initial.map(([name, { state }]) => [name, state])),
      }
    },
    apply: (params, state, x, context) => {
      const states: Array<readonly [string, Params]> = []
      const y = walk(order, x, ({ kind, name, net }, inputs) => {
        const [first = x] = inputs
        const applied = net?.apply(child(params, name), child(state, name), first, contextOf(context, name))
        const output = applied?.y ?? joins[kind as Join].apply(inputs)
        states.push([name, applied?.state ?? none])
        context.observe?.(name, output)
        return output
      })
      return { y, state: Object.fromEntries(states) }
    },
    children: (input) => {
      const children: Array<Child> = []
      walk(order, input, ({ kind, name, net, shape }, inputs) => {
        const output = shape(inputs)
        children.push({ name, kind, inputs, output, ...(net === undefined ? {} : { net }) })
        return output
      })
      return children
    },
  }
}

/** Names for nets from their kinds, with a number: `dense1`, `dropout1`, `dense2`. */
export const numbered = (nets: ReadonlyArray<Net>): Named<Net> => {
  const counts = new Map<string, number>()
  return nets.map((net) => {
    const count = (counts.get(net.kind) ?? 0) + 1
    counts.set(net.kind, count)
    return [`${net.kind}${count}`, net]
  })
}

type Layers = { readonly [name: string]: Net }

interface Sequential {
  /** Named layers. The result keeps the types of their parameters. */
  <L extends Layers>(layers: L): Net<{ readonly [K in keyof L]: ParamsOf<L[K]> }, { readonly [K in keyof L]: StateOf<L[K]> }>
  /** Layers named after their kinds: `dense1`, `dense2`. */
  (layers: ReadonlyArray<Net>): Net
}

/** Applies layers in order. */
export const sequential = ((layers: ReadonlyArray<Net> | Layers): Net => {
  const named = Array.isArray(layers) ? numbered(layers) : Object.entries(layers)
  return { ...graph(named.map(([name, net]) => [name, { net }])), kind: "sequential" }
}) as Sequential

/** Applies the same net several times in a row, each time with its own parameters. The parameters are a list. */
export const repeat = <P, S>(times: number, net: Net<P, S>): Net<ReadonlyArray<P>, ReadonlyArray<S>> => {
  const rounds = Array.from({ length: times }, (_, i) => i)
  return {
    kind: "repeat",
    shape: (input) => rounds.reduce((shape, i) => within(i, () => net.shape(shape)), input),
    init: (key, input) => {
      let shape = input
      const initial = rounds.map((i) =>
        within(i, () => {
          const inner = net.init(Key.fold(key, i), shape)
          shape = net.shape(shape)
          return inner
        }),
      )
      return { params: initial.map(({ params }) => params), state: initial.map(({ state }) => state) }
    },
    apply: (params, state, x, context) => {
      let y = x
      const states = rounds.map((i) =>
        within(i, () => {
          const applied = net.apply(params[i] as P, state[i] as S, y, contextOf(context, i))
          y = applied.y
          context.observe?.(String(i), y)
          return applied.state
        }),
      )
      return { y, state: states }
    },
    children: (input) => {
      let shape = input
      return rounds.map((i) => {
        const child = { name: i, kind: net.kind, inputs: [shape], output: net.shape(shape), net: net as Net }
        shape = child.output
        return child
      })
    },
  }
}

/** A layer as a row of a table. */
export interface Row {
  readonly path: Tree.Path
  readonly kind: string
  readonly inputs: ReadonlyArray<Shape.Shape>
  readonly output: Shape.Shape
  /** The number of its parameters. */
  readonly parameters: number
}

/** The layers of a net, including nested ones, for samples of a shape. Computes no numbers. Throws `ShapeError`. */
export const describe = (net: Net, input: Shape.Shape, path: Tree.Path = []): ReadonlyArray<Row> => {
  if (net.children !== undefined)
    return net
      .children(input)
      .flatMap(({ inputs, kind, name, net: inner, output }) =>
        inner === undefined
          ? [{ path: [...path, name], kind, inputs, output, parameters: 0 }]
          : describe(inner, inputs[0] ?? [], [...path, name]),
      )
  const { params } = net.init(Key.make(0), input)
  const parameters = leaves(params).reduce((total, { shape }) => total + Shape.size(shape), 0)
  return [{ path, kind: net.kind, inputs: [input], output: net.shape(input), parameters }]
}
