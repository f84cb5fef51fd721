/** A net as a table of its layers. */
import * as Key from "../../tensor/Key.ts"
import * as Shape from "../../types/Shape.ts"
import * as ShapeTree from "../../types/ShapeTree.ts"
import type * as Tree from "../../types/Tree.ts"
import { leaves } from "../Params.ts"
import type { Net, TreeNet } from "./Net.ts"

/** A layer as a row of a table. */
export interface Row {
  readonly path: Tree.Path
  readonly kind: string
  readonly inputs: ReadonlyArray<Shape.Shape>
  /** The shapes of its outputs: one, unless it gives a tree. */
  readonly outputs: ReadonlyArray<Shape.Shape>
  /** The number of its parameters. */
  readonly parameters: number
}

/** The layers of a net, including nested ones, for samples of these shapes. Computes no numbers. Throws `ShapeError`. */
export const describe = <P, S, X, Y>(net: Net<P, S, X, Y>, input: ShapeTree.Of<X>): ReadonlyArray<Row> =>
  rows(net as unknown as TreeNet, input as ShapeTree.ShapeTree, [])

const rows = (net: TreeNet, input: ShapeTree.ShapeTree, path: Tree.Path): ReadonlyArray<Row> => {
  if (net.children !== undefined)
    return net
      .children(input)
      .flatMap(({ inner, inputs, kind, name, outputs }) =>
        inner === undefined
          ? [{ path: [...path, name], kind, inputs, outputs, parameters: 0 }]
          : rows(inner.net, inner.input, [...path, name]),
      )
  const { params } = net.init(Key.make(0), input)
  const parameters = leaves(params).reduce((total, { shape }) => total + Shape.size(shape), 0)
  return [{ path, kind: net.kind, inputs: ShapeTree.leaves(input), outputs: ShapeTree.leaves(net.shape(input)), parameters }]
}
