/** The place of a layer inside a net: the name in its errors, its part of the parameters, and its own context. */
import type { Tensor } from "../../language/Expr.ts"
import { tensors } from "../../language/TensorTree.ts"
import * as Key from "../../tensor/Key.ts"
import { refuse, ShapeError } from "../../types/ShapeError.ts"
import * as ShapeTree from "../../types/ShapeTree.ts"
import * as Tree from "../../types/Tree.ts"
import type { Params } from "../Params.ts"
import type { Context, Net } from "./Net.ts"

/** The result of `f`. A `ShapeError` from `f` gets the name of the layer. */
export const within = <A>(layer: string | number, f: () => A): A => {
  try {
    return f()
  } catch (error) {
    if (!(error instanceof ShapeError)) throw error
    const { operation } = error
    throw error.with({ operation: `${layer}${operation.includes(": ") ? "." : ": "}${operation}` })
  }
}

/** The part of a tree of parameters or state that belongs to a layer. */
export const child = (tree: Params, name: string | number): Params => {
  const found = Object.hasOwn(tree, name) ? (tree as { readonly [name: string | number]: Params })[name] : undefined
  return (
    found ?? refuse("apply", [], `parameters and state of a layer ${JSON.stringify(name)}`, "use the result of this net's init")
  )
}

/** The context of a layer, with its own key: its randomness does not depend on its siblings. */
export const contextOf = ({ observe, probe, ...rest }: Context, name: string | number): Context => {
  const inner = {
    ...(observe === undefined ? {} : { observe: (layer: string, y: Tensor) => observe(`${name}.${layer}`, y) }),
    ...(probe === undefined ? {} : { probe: (layer: string, y: Tensor) => probe(`${name}.${layer}`, y) }),
  }
  return rest.mode === "train" ? { ...inner, mode: "train", key: Key.fold(rest.key, name) } : { ...inner, mode: "infer" }
}

/** The output of a layer as the context probes it; each of its tensors is reported. */
export const observed = <Y>({ observe, probe }: Context, name: string | number, y: Y): Y => {
  const probed = probe === undefined ? y : (Tree.map(y as unknown, (leaf: Tensor) => probe(String(name), leaf)) as Y)
  if (observe !== undefined) for (const leaf of tensors(probed)) observe(String(name), leaf)
  return probed
}

/** Throws `ShapeError` if the output of a layer for a batch is not what the layer's `shape` says. */
export const checkOutput = (kind: string, x: unknown, y: unknown, wanted: ShapeTree.ShapeTree): void => {
  const [rows] = tensors(x)[0]?.shape ?? []
  const outputs: ReadonlyArray<Tensor> = tensors(y)
  if (outputs.every(({ shape }) => shape[0] === rows) && ShapeTree.equals(ShapeTree.ofRows(y) as ShapeTree.ShapeTree, wanted))
    return
  const said = ShapeTree.print(ShapeTree.ofRows(x) as ShapeTree.ShapeTree)
  refuse(
    kind,
    outputs,
    `an output of ${rows} rows of ${ShapeTree.print(wanted)}${Tree.isLeaf(y) ? "" : `, not ${Tree.structure(y)}`}: so says its \`shape\` for ${said}`,
    `correct \`shape\` or \`apply\` of ${JSON.stringify(kind)}, which must agree`,
  )
}

/** The output of a net for a batch. Throws `ShapeError` if it is not what the net's `shape` says. */
export const checkNet = <P, S, X, Y>(net: Net<P, S, X, Y>, x: X, y: Y): Y => {
  checkOutput(net.kind, x, y, net.shape(ShapeTree.ofRows(x)) as ShapeTree.ShapeTree)
  return y
}
