/** What a primitive means: from its parameters and its inputs' numbers to the numbers of its result. */
import type { Params, Primitive } from "../language/Primitive.ts"
import type { Storage } from "../words/DType.ts"
import type { NDArray } from "../words/NDArray.ts"
import type { Spec } from "../words/ShapeError.ts"

/** The meaning of one primitive; `out` is what its shape rule says of the result. */
export type Meaning<P extends Primitive> = (params: Params[P], inputs: ReadonlyArray<NDArray>, out: Spec) => Storage

/** The meanings of a family of primitives. */
export type Meanings<P extends Primitive> = { readonly [Q in P]: Meaning<Q> }

/** The numbers of input `i`; shape rules have already counted the inputs. */
export const numbers = (inputs: ReadonlyArray<NDArray>, i: number): Storage => (inputs[i] as NDArray).data
