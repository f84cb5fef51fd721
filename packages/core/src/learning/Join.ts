/** Joins: how a net combines several branches into one. */
import type { Tensor } from "../language/Expr.ts"
import * as T from "../tensor/Tensor.ts"
import * as Shape from "../types/Shape.ts"
import { refuse, type Spec } from "../types/ShapeError.ts"

/** Combines several values into one. Shapes are those of one sample. */
export interface Joining {
  /** The shape of the result. Throws `ShapeError` for shapes that cannot be joined. */
  readonly shape: (inputs: ReadonlyArray<Shape.Shape>) => Shape.Shape
  readonly apply: (xs: ReadonlyArray<Tensor>) => Tensor
}

/** The sum, the product, or the concatenation along the last axis. */
export type Join = "add" | "multiply" | "concat"

const specs = (shapes: ReadonlyArray<Shape.Shape>): ReadonlyArray<Spec> => shapes.map((shape) => ({ dtype: "f32", shape }))

const elementwise = (operation: Join, f: (x: Tensor, y: Tensor) => Tensor): Joining => ({
  shape: (inputs) => {
    const [first = []] = inputs
    return inputs.every((shape) => Shape.equals(shape, first))
      ? first
      : refuse(operation, specs(inputs), "equal shapes", "give the layers that end in it the same units or filters")
  },
  apply: ([first = T.scalar(0), ...rest]) => rest.reduce<Tensor>(f, first),
})

/** Every join. */
export const joins: { readonly [J in Join]: Joining } = {
  add: elementwise("add", (x, y) => T.add(x, y)),
  multiply: elementwise("multiply", (x, y) => T.mul(x, y)),
  concat: {
    shape: (inputs) => {
      const leading = inputs.map((shape) => shape.slice(0, -1))
      const [first = []] = leading
      if (inputs.some(({ length }) => length === 0) || !leading.every((shape) => Shape.equals(shape, first)))
        refuse("concat", specs(inputs), "shapes that agree except in their last axis", "flatten or reshape the one that differs")
      return [...first, inputs.reduce((total, shape) => total + (shape.at(-1) ?? 0), 0)]
    },
    apply: (xs) => T.concat(xs, -1),
  },
}
