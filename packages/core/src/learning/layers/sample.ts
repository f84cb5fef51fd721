/** The shapes of single samples: checks, and output shapes. */
import type { Tensor } from "../../language/Expr.ts"
import * as T from "../../tensor/Tensor.ts"
import * as Shape from "../../types/Shape.ts"
import { refuse, ShapeError } from "../../types/ShapeError.ts"

/** The output shape of a function of a batch, for the shape of a sample. Its `ShapeError` becomes one with the layer's name and the sample's shape. */
export const ofSample = (kind: string, input: Shape.Shape, f: (x: Tensor) => Tensor): Shape.Shape => {
  try {
    return f(T.zeros([1, ...input])).shape.slice(1)
  } catch (error) {
    if (!(error instanceof ShapeError)) throw error
    return refuse(kind, [{ dtype: "f32", shape: input }], error.wanted, error.hint)
  }
}

const spaces = ["[channels]", "[length, channels]", "[height, width, channels]"]

/** Throws `ShapeError` unless samples have `rank` spatial axes and one axis of channels. */
export const checkAxes = (kind: string, rank: number, input: Shape.Shape): void => {
  if (input.length === rank + 1) return
  const hint =
    input.length === rank
      ? `a reshape to ${Shape.print([...input, 1])} before it, for one channel`
      : rank === 1 && input.length === 3
        ? "conv2d, which is for images"
        : input.length === 1
          ? "dense, which takes any row of numbers; or a reshape before it, where the numbers are an image or a sequence"
          : "a reshape before it"
  refuse(kind, [{ dtype: "f32", shape: input }], `samples of ${spaces[rank]}`, hint)
}
