/** Joins: how branches of a net come together into one. */
import type { Tensor } from "../language/Expr.ts"
import * as T from "../tensor/Tensor.ts"
import * as Shape from "../types/Shape.ts"
import { refuse, type Spec } from "../types/ShapeError.ts"

/** Makes one value of several. Shapes are those of one sample. */
export interface Joining {
  /** Throws `ShapeError` for shapes that do not go together. */
  readonly shape: (inputs: ReadonlyArray<Shape.Shape>) => Shape.Shape
  readonly apply: (xs: ReadonlyArray<Tensor>) => Tensor
}

/** The sum, the product, or one after the other along the last axis. */
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
        refuse("concat", specs(inputs), "shapes that agree but for their last axis", "flatten or reshape the odd one")
      return [...first, inputs.reduce((total, shape) => total + (shape.at(-1) ?? 0), 0)]
    },
    apply: (xs) => T.concat(xs, -1),
  },
}
