/** What a primitive means: from its parameters and its inputs' numbers to the numbers of its result. */
import type { Params, Primitive } from "../language/Primitive.ts"
import type { Storage } from "../types/DType.ts"
import type { NDArray } from "../types/NDArray.ts"
import type { Spec } from "../types/ShapeError.ts"

/** The definition of one primitive; `out` is what its shape rule says of the result. */
export type Definition<P extends Primitive> = (params: Params[P], inputs: ReadonlyArray<NDArray>, out: Spec) => Storage

/** The definitions of a family of primitives. */
export type Definitions<P extends Primitive> = { readonly [Q in P]: Definition<Q> }

/** The numbers of input `i`; shape rules have already counted the inputs. */
export const numbers = (inputs: ReadonlyArray<NDArray>, i: number): Storage => (inputs[i] as NDArray).data
