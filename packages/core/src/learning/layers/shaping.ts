/** Layers that change the shape of a sample, not its elements. */
import * as T from "../../tensor/Tensor.ts"
import * as Shape from "../../types/Shape.ts"
import { refuse } from "../../types/ShapeError.ts"
import { type Net, pure } from "../Net.ts"
import { checkOptions } from "../OptionError.ts"
import type { None } from "../Params.ts"
import { layer, light } from "./Layer.ts"

/** All elements of a sample along one axis: [batch, …] gives [batch, n]. */
export const flatten: Net<None, None> = pure(
  "flatten",
  (x) => T.reshape(x, [x.shape[0] ?? 0, Shape.size(x.shape.slice(1))]),
  (input) => [Shape.size(input)],
)

/** The elements of a sample under another shape of the same size: [batch, …] gives [batch, ...shape]. Throws `ShapeError`. */
export const reshape = (shape: Shape.Shape): Net<None, None> => {
  checkOptions("reshape", reshapeOptions, { shape })
  return pure(
    "reshape",
    (x) => T.reshape(x, [x.shape[0] ?? 0, ...shape]),
    (input) =>
      Shape.size(input) === Shape.size(shape)
        ? shape
        : refuse(
            "reshape",
            [{ dtype: "f32", shape: input }],
            `samples of ${Shape.size(shape)} numbers for ${Shape.print(shape)}`,
            `sizes that multiply to ${Shape.size(input)}`,
          ),
  )
}

/** The options of `reshape` in a model file. */
const reshapeOptions = {
  shape: { kind: "sizes", doc: "The shape of a sample, without the batch.", synonyms: ["target_shape", "size"] },
} as const

/** Layers that change the shape, by their names in a model file. */
export const entries = {
  flatten: layer({
    doc: "All elements of a sample along one axis.",
    formula: "[…] → [n]",
    source: "LeCun, Bottou, Bengio and Haffner, Gradient-based learning applied to document recognition, 1998",
    advice: "Between convolutions and a dense layer. Without it a dense layer applies to the last axis of an image only.",
    options: {},
    traits: { role: "shape", ...light },
    make: (): Net => flatten,
  }),
  reshape: layer({
    doc: "The elements of a sample under another shape, in the same order.",
    formula: "[…] → shape, with the same number of elements",
    source: "Iverson, A programming language, 1962",
    advice: "To turn flat rows into images: [28, 28, 1]. It does not transpose.",
    synonyms: ["view", "unflatten"],
    options: reshapeOptions,
    main: "shape",
    traits: { role: "shape", ...light },
    make: ({ shape }): Net => reshape(typeof shape === "number" ? [shape] : shape),
  }),
}
