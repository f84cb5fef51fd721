/** What is wrong with the arrays of a `state_dict`, as values with proposals. */
import { nearest } from "../data/Nearest.ts"
import type { NDArray } from "../types/NDArray.ts"
import * as Shape from "../types/Shape.ts"
import { printSpec } from "../types/ShapeError.ts"
import type { Problem } from "./StateDictError.ts"
import type { Flattened, Module } from "./stateDictLayers.ts"
import type { LayerShapes } from "./stateDictRules.ts"

type Arrays = ReadonlyMap<string, NDArray>

/** The module of an array: its name without the last part. */
export const moduleName = (array: string): string => array.split(".").slice(0, -1).join(".")

/** An array that a layer needs and the file lacks. */
export const missing = (name: string, shape: Shape.Shape, leaf: string, layer: string): Problem => ({
  _tag: "Missing",
  name,
  got: "no array of this name",
  wanted: `f32${Shape.print(shape)} for ${leaf}`,
  hint: `names: { ${JSON.stringify(layer)}: "…" }, or keep: [${JSON.stringify(layer)}] for initial weights`,
})

/** An array of another shape or type than a layer needs. */
export const wrong = (
  tag: "WrongType" | "WrongShape",
  name: string,
  array: NDArray,
  shape: Shape.Shape,
  leaf: string,
): Problem => ({
  _tag: tag,
  name,
  got: printSpec(array),
  wanted: `f32${Shape.print(shape)} for ${leaf}`,
  hint:
    tag === "WrongType"
      ? "the module of this layer; weights are floats"
      : "the options of the PyTorch module for this layer, and its input shape",
})

/** An array that no layer reads. */
export const unexpected = (name: string, arrays: Arrays, modules: ReadonlySet<string>): Problem => {
  const module = moduleName(name)
  const isKnown = modules.has(module)
  return {
    _tag: "Unexpected",
    name,
    got: printSpec(arrays.get(name) as NDArray),
    wanted: isKnown
      ? `no such array, since the layer of ${JSON.stringify(module)} has no place for it`
      : "an array that a layer reads",
    hint:
      isKnown && name.endsWith(".bias")
        ? "bias: true for that layer"
        : `ignore: [${JSON.stringify(isKnown ? name : module || name)}]`,
  }
}

/** A GRU of the form that PyTorch does not have. */
export const notConvertible = (layer: string): Problem => ({
  _tag: "NotConvertible",
  name: layer,
  got: 'a GRU with reset: "before"',
  wanted: "one whose reset gate acts after the product, as in PyTorch",
  hint: 'reset: "after"',
})

/** The image of a dense layer, flattened before it or made of its outputs, whose size is not that of the layer. */
export const wrongImages = (layer: string, { flattened, kind, reshaped, shapes }: LayerShapes): ReadonlyArray<Problem> => {
  const [inputs, outputs] = kind === "dense" ? (shapes.w ?? []) : []
  const check = (
    option: string,
    image: Shape.Shape | undefined,
    size: number | undefined,
    what: string,
  ): ReadonlyArray<Problem> =>
    image === undefined || Shape.size(image) === size
      ? []
      : [
          {
            _tag: "WrongShape",
            name: layer,
            got: `${option}: ${Shape.print(image)}`,
            wanted: size === undefined ? "a dense layer" : `the shape of an image of the ${size} ${what} of the layer`,
            hint: "[height, width, channels] of the image",
          },
        ]
  return [...check("flattened", flattened, inputs, "inputs"), ...check("reshaped", reshaped, outputs, "outputs")]
}

/** An array of a layer for which the layer's rule has no conversion. */
export const notConverted = (leaf: string, kind: string): Problem => ({
  _tag: "NotConvertible",
  name: leaf,
  got: `a rule for ${JSON.stringify(kind)} without a conversion of it`,
  wanted: "a conversion of each array of the layer",
  hint: `rules: { ${JSON.stringify(kind)}: … }`,
})

/** A name in the options that no layer has. */
export const unknownLayer = (name: string, known: ReadonlyArray<string>): Problem => {
  const near = nearest(name, known)
  const others = near.length > 0 ? near : known.filter((layer) => layer !== "").slice(0, 8)
  return {
    _tag: "UnknownLayer",
    name,
    got: "a name that no layer has",
    wanted: "names of layers of the net",
    hint: others.map((layer) => JSON.stringify(layer)).join(", "),
  }
}

/** Flattened images whose order of elements nothing says: PyTorch has the channels first, so weights after them are in another order. */
export const unclearOrders = (images: ReadonlyArray<Flattened>, modules: ReadonlyArray<Module>): ReadonlyArray<Problem> => {
  const clear = modules.flatMap(({ flattened, reshaped }) => [flattened, reshaped].filter((shape) => shape !== undefined))
  return images
    .filter(({ image }) => !clear.some((shape) => Shape.equals(shape, image)))
    .map(({ dense, image, path }) => ({
      _tag: "UnclearOrder",
      name: path,
      got: `images ${Shape.print(image)} with the channels last`,
      wanted: "the order in which PyTorch flattens them, channels first",
      hint:
        dense === undefined
          ? `names: { LAYER: { module: "…", reshaped: ${Shape.print(image)} } } for the dense layer before it`
          : `names: { ${JSON.stringify(dense.path.join("."))}: { module: ${JSON.stringify(dense.module.module)}, flattened: ${Shape.print(image)} } }`,
    }))
}

/** A problem with a missing array, with the arrays that would fit it: spare ones of its shape, or of a similar name. */
export const proposed = (problem: Problem, arrays: Arrays, spare: ReadonlyArray<string>): Problem => {
  if (problem._tag !== "Missing") return problem
  const shape = /^f32(\[[^\]]*\])/.exec(problem.wanted)?.[1] ?? ""
  const fitting = spare.filter((name) => Shape.print(arrays.get(name)?.shape ?? []) === shape)
  const near = nearest(problem.name, spare)
  const other = near.find((name) => fitting.includes(name)) ?? fitting[0] ?? near[0]
  if (other === undefined) return problem
  const last = (name: string): string | undefined => name.split(".").at(-1)
  const hint =
    last(other) === last(problem.name) ? problem.hint.replace('"…"', () => JSON.stringify(moduleName(other))) : problem.hint
  return { ...problem, hint: `${JSON.stringify(other)}${fitting.includes(other) ? ", which has this shape" : ""}: ${hint}` }
}
