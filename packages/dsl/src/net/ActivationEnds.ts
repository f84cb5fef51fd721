/** The ends of bounded activations, by the names of the layers that have them. */
import * as Entry from "@adjoint/core/learning/Entry"
import { make } from "@adjoint/core/tensor/create"
import { read } from "@adjoint/core/tensor/read"
import type { Ends } from "@adjoint/core/training/Spread"
import type { Named } from "../Document.ts"
import { useOf } from "../Document.ts"
import type { Catalogue } from "../schema/Catalogue.ts"
import { find, type Node } from "./Nodes.ts"
import { use } from "./Uses.ts"

/** Far enough from 0 for every activation that ends somewhere. */
const far = 1e4

/** The activation of a node: its own, or the node itself. */
const activationOf = (node: Node | undefined, { activation }: Catalogue): Named | undefined => {
  if (node?._tag !== "Net") return undefined
  if (Object.hasOwn(activation, node.kind)) return { [node.kind]: node.options }
  const own = Object.hasOwn(node.options, "activation") ? node.options.activation : undefined
  return typeof own === "object" && own !== null ? (own as Named) : undefined
}

/** From the name of a layer to the ends of its activation; `undefined` for one that is not bounded. */
export const endsOf =
  (nodes: ReadonlyArray<Node>, catalogue: Catalogue) =>
  (layer: string): Ends | undefined => {
    const named = activationOf(find(nodes, layer), catalogue)
    if (named === undefined || !Object.hasOwn(catalogue.activation, useOf(named).name)) return undefined
    const activation = Entry.make(catalogue.activation, use(catalogue, catalogue.activation, named))
    if (activation.saturates !== true || activation.section !== undefined) return undefined
    const [low = 0, high = 0] = read(activation(make([-far, far]))).data
    return low < high ? [low, high] : undefined
  }
