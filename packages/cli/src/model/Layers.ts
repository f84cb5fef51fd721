/** The layers of a net that compute alone, and how many numbers a net learns. */
import type { TreeNet } from "@adjoint/core/learning/Net"
import { leaves } from "@adjoint/core/learning/Params"
import * as Key from "@adjoint/core/tensor/Key"
import * as Shape from "@adjoint/core/types/Shape"
import type * as ShapeTree from "@adjoint/core/types/ShapeTree"
import type { Built } from "@adjoint/dsl/build/Build"
import type { Sample } from "@adjoint/dsl/prepare/Facts"
import type { Leaf } from "./LayerTimes.ts"
import type { Training } from "./Training.ts"

/** The layers that have no others inside, with their nets: those of `modelRows` that compute alone. */
export const leavesOf = (net: Built["net"], sample: Sample): ReadonlyArray<Leaf> => {
  const below = (own: TreeNet, input: ShapeTree.ShapeTree, path: ReadonlyArray<string>): ReadonlyArray<Leaf> => {
    const children = own.children?.(input) ?? []
    if (children.length === 0) return [{ name: path.join("."), net: own, input }]
    return children.flatMap(({ inner, name }) =>
      inner === undefined ? [] : below(inner.net, inner.input, [...path, String(name)]),
    )
  }
  return below(net as unknown as TreeNet, sample, [])
}

/** How many numbers the net of a training learns. */
export const parametersOf = ({ built, prepared }: Training): number => {
  const { params } = built.net.init(Key.make(0), prepared.facts.sample)
  return leaves(params).reduce((sum, { shape }) => sum + Shape.size(shape), 0)
}
