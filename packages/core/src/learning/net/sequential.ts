/** Nets of layers in order: different ones, or the same one several times. */
import type { Tensor } from "../../language/Expr.ts"
import * as Key from "../../tensor/Key.ts"
import * as ShapeTree from "../../types/ShapeTree.ts"
import type { Params } from "../Params.ts"
import { graph, type Named } from "./graph.ts"
import type { AnyNet, Child, InputOf, Net, OutputOf, ParamsOf, StateOf, TreeNet } from "./Net.ts"
import { checkNet, contextOf, observed, within } from "./within.ts"

/** Names for nets from their kinds, with a number: `dense1`, `dropout1`, `dense2`. */
export const numbered = <N extends AnyNet>(nets: ReadonlyArray<N>): Named<N> => {
  const counts = new Map<string, number>()
  return nets.map((net) => {
    const count = (counts.get(net.kind) ?? 0) + 1
    counts.set(net.kind, count)
    return [`${net.kind}${count}`, net]
  })
}

type Layers = { readonly [name: string]: Net }

interface Sequential {
  /** Layers named after their kinds: `dense1`, `dense2`. */
  (layers: ReadonlyArray<Net>): Net
  /** Layers of trees, such as padded sequences: it takes what the first layer takes, and gives what the last one gives. */
  <const L extends readonly [AnyNet, ...ReadonlyArray<AnyNet>]>(
    layers: L,
  ): Net<Params, Params, InputOf<L[0]>, L extends readonly [...ReadonlyArray<AnyNet>, infer Last] ? OutputOf<Last> : Tensor>
  /** Named layers. The result keeps the types of their parameters. */
  <L extends Layers>(layers: L): Net<{ readonly [K in keyof L]: ParamsOf<L[K]> }, { readonly [K in keyof L]: StateOf<L[K]> }>
}

/** Applies layers in order. */
export const sequential = ((layers: ReadonlyArray<AnyNet> | Layers): Net => {
  const named: Named<AnyNet> = Array.isArray(layers) ? numbered(layers as ReadonlyArray<AnyNet>) : Object.entries(layers)
  return { ...graph(named.map(([name, net]) => [name, { net }])), kind: "sequential" }
}) as Sequential

/** Applies the same net several times in a row, each time with its own parameters. The parameters are a list. */
export const repeat = <P, S, X>(times: number, net: Net<P, S, X, X>): Net<ReadonlyArray<P>, ReadonlyArray<S>, X, X> => {
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
          checkNet(net, y, applied.y)
          y = observed(context, i, applied.y)
          return applied.state
        }),
      )
      return { y, state: states }
    },
    children: (input) => {
      let shape = input
      return rounds.map((i): Child => {
        const output = net.shape(shape)
        const child = {
          name: i,
          kind: net.kind,
          inputs: ShapeTree.leaves(shape as ShapeTree.ShapeTree),
          outputs: ShapeTree.leaves(output as ShapeTree.ShapeTree),
          inner: { net: net as unknown as TreeNet, input: shape as ShapeTree.ShapeTree },
        }
        shape = output
        return child
      })
    },
  }
}
