/**
 * A net is three functions: the shape it makes of a shape, the parameters it starts from, and what it does to a batch.
 * It holds no numbers itself: parameters, state, randomness and mode come in as arguments, results and new state go out.
 */
import type { Tensor } from "../language/Expr.ts"
import * as Key from "../tensor/Key.ts"
import * as Shape from "../types/Shape.ts"
import { refuse, ShapeError } from "../types/ShapeError.ts"
import type * as Tree from "../types/Tree.ts"
import { type Join, joins } from "./Join.ts"
import { leaves, type None, none, type Params } from "./Params.ts"

/** Is told what each layer made, by its name (`block.0.dense1`), inner layers before those they are in. For looking, not for changing. */
export type Observe = (layer: string, y: Tensor) => void

/** Learning, with a key for what is random then, or applying what was learned, where nothing is random. */
export type Context = { readonly observe?: Observe } & (
  | { readonly mode: "infer" }
  | { readonly mode: "train"; readonly key: Key.Key }
)

/** What a net starts from. */
export interface Initial<P, S> {
  /** What it learns. */
  readonly params: P
  /** What it remembers from batch to batch without learning it, such as running means. */
  readonly state: S
}

/** What a net made of a batch. */
export interface Applied<S> {
  readonly y: Tensor
  readonly state: S
}

/**
 * A function with parameters `P` and state `S`. Shapes are those of one sample; tensors have the batch as one more axis
 * in front. Its functions are written as methods so that a net of particular parameters still counts as a `Net`: what
 * `apply` is given is what the same net's `init` made.
 */
export interface Net<P = Params, S = Params> {
  /** What it is, in one word: `dense`. Layers without a name of their own are named after it. */
  readonly kind: string
  /** The shape it makes of a sample's shape. Throws `ShapeError` for one that it cannot take. */
  shape(input: Shape.Shape): Shape.Shape
  /** Parameters and state for samples of a shape. The same key gives the same numbers. Throws `ShapeError`. */
  init(key: Key.Key, input: Shape.Shape): Initial<P, S>
  /** What becomes of x [batch, ...input], and the state for the next batch. Throws `ShapeError`. */
  apply(params: P, state: S, x: Tensor, context: Context): Applied<S>
  /** Of a net made of others: these, in order, for samples of a shape. */
  parts?(input: Shape.Shape): ReadonlyArray<Part>
}

/** One of the nets that a net is made of. */
export interface Part {
  readonly name: string | number
  readonly kind: string
  readonly inputs: ReadonlyArray<Shape.Shape>
  readonly output: Shape.Shape
  /** Absent for a join, which learns nothing. */
  readonly net?: Net
}

/** What a net learns. */
export type ParamsOf<N> = N extends Net<infer P, infer _> ? P : never

/** What a net remembers. */
export type StateOf<N> = N extends Net<infer _, infer S> ? S : never

/** A net that learns but remembers nothing. */
export interface Stateless<P> {
  readonly kind: string
  readonly shape: (input: Shape.Shape) => Shape.Shape
  readonly init: (key: Key.Key, input: Shape.Shape) => P
  readonly apply: (params: P, x: Tensor, context: Context) => Tensor
}

/** A net out of one that remembers nothing. */
export const stateless = <P>({ apply, init, kind, shape }: Stateless<P>): Net<P, None> => ({
  kind,
  shape,
  init: (key, input) => ({ params: init(key, input), state: none }),
  apply: (params, _, x, context) => ({ y: apply(params, x, context), state: none }),
})

/** A net that neither learns nor remembers: a function of a batch, and the shape it makes of a sample's (the same unless given). */
export const pure = (
  kind: string,
  apply: (x: Tensor, context: Context) => Tensor,
  shape: (input: Shape.Shape) => Shape.Shape = (input) => input,
): Net<None, None> => stateless({ kind, shape, init: () => none, apply: (_, x, context) => apply(x, context) })

/**
 * A place in a graph: a net fed by the value of that name (by the node before it unless given), or a join of several.
 * `input` is what the graph itself is given.
 */
export type Node = { readonly net: Net; readonly from?: string } | { readonly join: Join; readonly from: ReadonlyArray<string> }

/** Things by name, in order. */
export type Named<A> = ReadonlyArray<readonly [name: string, value: A]>

const inputName = "input"

/** A node with every name it reads from, and one face for nets and joins. */
interface Step {
  readonly name: string
  readonly kind: string
  readonly from: ReadonlyArray<string>
  readonly net: Net | undefined
  readonly shape: (inputs: ReadonlyArray<Shape.Shape>) => Shape.Shape
}

const misnamed = (wanted: string, hint: string): never => refuse("Net.graph", [], wanted, hint)

const steps = (nodes: Named<Node>): ReadonlyArray<Step> => {
  const known = new Set([inputName])
  let before = inputName
  return nodes.map(([name, node]) => {
    const from = "join" in node ? node.from : [node.from ?? before]
    const missing = from.find((source) => !known.has(source))
    if (missing !== undefined)
      misnamed(`names of nodes above ${JSON.stringify(name)}, not ${JSON.stringify(missing)}`, [...known].join(", "))
    if (from.length === 0) misnamed(`something for ${JSON.stringify(name)} to join`, [...known].join(", "))
    if (known.has(name)) misnamed(`a name of its own for each node, not two ${JSON.stringify(name)}`, "rename one of them")
    known.add(name)
    before = name
    if ("join" in node) return { name, kind: node.join, from, net: undefined, shape: joins[node.join].shape }
    const { net } = node
    return { name, kind: net.kind, from, net, shape: ([input = []]) => net.shape(input) }
  })
}

/** What `f` gives; a `ShapeError` it throws says in which layer. */
const within = <A>(layer: string | number, f: () => A): A => {
  try {
    return f()
  } catch (error) {
    if (!(error instanceof ShapeError)) throw error
    const { got, hint, operation, wanted } = error
    throw new ShapeError({ operation: `${layer}${operation.includes(": ") ? "." : ": "}${operation}`, got, wanted, hint })
  }
}

/** Visits the steps in order, handing each the values it reads, and returns the last one's. */
const walk = <A>(order: ReadonlyArray<Step>, input: A, visit: (step: Step, inputs: ReadonlyArray<A>) => A): A => {
  const values = new Map([[inputName, input]])
  let last = input
  for (const step of order) {
    const inputs = step.from.map((source) => values.get(source) ?? input)
    last = within(step.name, () => visit(step, inputs))
    values.set(step.name, last)
  }
  return last
}

const child = (tree: Params, name: string | number): Params => {
  const found = Object.hasOwn(tree, name) ? (tree as { readonly [name: string | number]: Params })[name] : undefined
  return (
    found ?? refuse("apply", [], `parameters and state of a layer ${JSON.stringify(name)}`, "give what this net's own init made")
  )
}

/** The context of a part: its randomness is its own, whatever stands beside it. */
const contextOf = (context: Context, name: string | number): Context => {
  const observe: Observe | undefined = context.observe && ((layer, y) => context.observe?.(`${name}.${layer}`, y))
  const inner = observe === undefined ? {} : { observe }
  return context.mode === "train" ? { ...inner, mode: "train", key: Key.fold(context.key, name) } : { ...inner, mode: "infer" }
}

/**
 * A net out of named nodes, each fed by nodes above it; the last one's value is the result. Keys are folded with the
 * names, so a node more or less leaves the other nodes' randomness as it is. Throws `ShapeError` for two nodes of one
 * name and for a name that is not above.
 */
export const graph = (nodes: Named<Node>): Net => {
  const order = steps(nodes)
  return {
    kind: "graph",
    shape: (input) => walk(order, input, (step, inputs) => step.shape(inputs)),
    init: (key, input) => {
      const made: Array<readonly [string, Initial<Params, Params>]> = []
      walk(order, input, ({ name, net, shape }, inputs) => {
        made.push([name, net?.init(Key.fold(key, name), inputs[0] ?? []) ?? { params: none, state: none }])
        return shape(inputs)
      })
      return {
        params: Object.fromEntries(made.map(([name, { params }]) => [name, params])),
        state: Object.fromEntries(made.map(([name, { state }]) => [name, state])),
      }
    },
    apply: (params, state, x, context) => {
      const states: Array<readonly [string, Params]> = []
      const y = walk(order, x, ({ kind, name, net }, inputs) => {
        const [first = x] = inputs
        const applied = net?.apply(child(params, name), child(state, name), first, contextOf(context, name))
        const made = applied?.y ?? joins[kind as Join].apply(inputs)
        states.push([name, applied?.state ?? none])
        context.observe?.(name, made)
        return made
      })
      return { y, state: Object.fromEntries(states) }
    },
    parts: (input) => {
      const found: Array<Part> = []
      walk(order, input, ({ kind, name, net, shape }, inputs) => {
        const output = shape(inputs)
        found.push({ name, kind, inputs, output, ...(net === undefined ? {} : { net }) })
        return output
      })
      return found
    },
  }
}

/** Names for nets that have none: what they are and which of these they are: `dense1`, `dropout1`, `dense2`. */
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
  /** Named layers; the types of their parameters are kept. */
  <L extends Layers>(layers: L): Net<{ readonly [K in keyof L]: ParamsOf<L[K]> }, { readonly [K in keyof L]: StateOf<L[K]> }>
  /** Layers named after their kinds: `dense1`, `dense2`. */
  (layers: ReadonlyArray<Net>): Net
}

/** One layer after the other. */
export const sequential = ((layers: ReadonlyArray<Net> | Layers): Net => {
  const named = Array.isArray(layers) ? numbered(layers) : Object.entries(layers)
  return { ...graph(named.map(([name, net]) => [name, { net }])), kind: "sequential" }
}) as Sequential

/** The same net several times in a row, each time with parameters of its own: a list of them. */
export const repeat = <P, S>(times: number, net: Net<P, S>): Net<ReadonlyArray<P>, ReadonlyArray<S>> => {
  const rounds = Array.from({ length: times }, (_, i) => i)
  return {
    kind: "repeat",
    shape: (input) => rounds.reduce((shape, i) => within(i, () => net.shape(shape)), input),
    init: (key, input) => {
      let shape = input
      const made = rounds.map((i) =>
        within(i, () => {
          const initial = net.init(Key.fold(key, i), shape)
          shape = net.shape(shape)
          return initial
        }),
      )
      return { params: made.map(({ params }) => params), state: made.map(({ state }) => state) }
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
    parts: (input) => {
      let shape = input
      return rounds.map((i) => {
        const part = { name: i, kind: net.kind, inputs: [shape], output: net.shape(shape), net: net as Net }
        shape = part.output
        return part
      })
    },
  }
}

/** A layer as a table shows it. */
export interface Row {
  readonly path: Tree.Path
  readonly kind: string
  readonly inputs: ReadonlyArray<Shape.Shape>
  readonly output: Shape.Shape
  /** How many numbers it learns. */
  readonly parameters: number
}

/** The layers of a net, those inside others too, for samples of a shape. Computes no numbers. Throws `ShapeError`. */
export const describe = (net: Net, input: Shape.Shape, path: Tree.Path = []): ReadonlyArray<Row> => {
  if (net.parts !== undefined)
    return net
      .parts(input)
      .flatMap(({ inputs, kind, name, net: inner, output }) =>
        inner === undefined
          ? [{ path: [...path, name], kind, inputs, output, parameters: 0 }]
          : describe(inner, inputs[0] ?? [], [...path, name]),
      )
  const { params } = net.init(Key.make(0), input)
  const parameters = leaves(params).reduce((total, { shape }) => total + Shape.size(shape), 0)
  return [{ path, kind: net.kind, inputs: [input], output: net.shape(input), parameters }]
}
