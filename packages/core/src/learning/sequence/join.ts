/** Joins of branches that are tensors, or padded sequences of the same lengths. */
import type { Tensor } from "../../language/Expr.ts"
import type { Shape } from "../../types/Shape.ts"
import { refuse } from "../../types/ShapeError.ts"
import type { ShapeTree } from "../../types/ShapeTree.ts"
import { type Join, joins } from "../Join.ts"
import { isPadded, isPaddedShape, type Padded } from "./Padded.ts"

const mixed = (join: Join): never =>
  refuse(join, [], "sequences only, or no sequences", "`global_avg_pool`, or a recurrent layer, makes one vector of a sequence")

/** The shape of a join of these shapes. Throws `ShapeError` for shapes that cannot be joined. */
export const joinedShape = (join: Join, inputs: ReadonlyArray<ShapeTree>): ShapeTree => {
  const sequences = inputs.filter(isPaddedShape)
  const [first] = sequences
  if (first === undefined) return joins[join].shape(inputs as ReadonlyArray<Shape>)
  if (sequences.length < inputs.length) return mixed(join)
  return { ...first, x: joins[join].shape(sequences.map(({ x }) => x)) }
}

/** The join of these values. Throws `ShapeError`, also for sequences whose lengths come from different places. */
export const joinedValue = (join: Join, values: ReadonlyArray<Tensor | Padded>): Tensor | Padded => {
  const sequences = values.filter(isPadded)
  const [first] = sequences
  if (first === undefined) return joins[join].apply(values as ReadonlyArray<Tensor>)
  if (sequences.length < values.length) return mixed(join)
  if (sequences.some(({ length, mask }) => length !== first.length || mask !== first.mask))
    refuse(
      join,
      sequences.map(({ x }) => x),
      "sequences with the same lengths, which branches of one input have",
      "layers that keep the time steps, such as a convolution with `pad: same`",
    )
  return { ...first, x: joins[join].apply(sequences.map(({ x }) => x)) }
}
