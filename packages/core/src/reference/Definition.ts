/** The definition of a primitive: from its parameters and the elements of its inputs to the elements of its result. */
import { type ImagePrimitive, providedForImages, rowsOf } from "../language/images.ts"
import { providedForLoops } from "../language/loops.ts"
import { providedForMatrices } from "../language/matrices.ts"
import type { Params, Primitive, Program } from "../language/Primitive.ts"
import type { Storage } from "../types/DType.ts"
import type { NDArray } from "../types/NDArray.ts"
import type { Spec } from "../types/ShapeError.ts"
import type { Arithmetic } from "./Arithmetic.ts"

/** The definition of one primitive; `out` is the spec of the result, by its shape rule. */
export type Definition<P extends Primitive> = (params: Params[P], inputs: ReadonlyArray<NDArray>, out: Spec) => Storage

/** The definitions of a family of primitives. */
export type Definitions<P extends Primitive> = { readonly [Q in P]: Definition<Q> }

/** The elements of input `i`. Shape rules have already checked the number of inputs. */
export const numbers = (inputs: ReadonlyArray<NDArray>, i: number): Storage => (inputs[i] as NDArray).data

/** The definitions of images, in an arithmetic. */
export const imageDefinitions = providedForImages<(arithmetic: Arithmetic) => Definitions<ImagePrimitive>>()

/** The definition of `matrix`, in an arithmetic. */
export const matrixDefinition = providedForMatrices<(arithmetic: Arithmetic) => Definition<"matrix">>()

/** The definitions of images in an arithmetic, which are looked up when they are used. */
export const imagesBy = (arithmetic: Arithmetic): Definitions<ImagePrimitive> => {
  let made: Definitions<ImagePrimitive> | undefined
  return rowsOf(() => (made ??= imageDefinitions.get()(arithmetic)))
}

/** The definition of `scan`, in an arithmetic. `prepare` makes a function from the body, which runs each round. */
export type ScanBy = (
  prepare: (body: Program) => (inputs: ReadonlyArray<NDArray>) => ReadonlyArray<NDArray>,
  arithmetic: Arithmetic,
) => Definition<"scan">

export const scanDefinition = providedForLoops<ScanBy>()

/** The definition of `scan`, which is looked up when it is used. */
export const scanBy: ScanBy =
  (...by) =>
  (...of) =>
    scanDefinition.get()(...by)(...of)
