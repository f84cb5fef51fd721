/** The definition of the eigenvalues and eigenvectors of symmetric matrices. */
import * as Shape from "../types/Shape.ts"
import type { Arithmetic } from "./Arithmetic.ts"
import { type Definition, numbers } from "./Definition.ts"
import { symmetricEigen } from "./symmetricEigen.ts"

/** The definition of `eigh`, in the given arithmetic. */
export const eigen =
  ({ allocate }: Arithmetic): Definition<"eigh"> =>
  (_, inputs, out) => {
    const x = numbers(inputs, 0)
    const n = out.shape.at(-1) ?? 0
    const result = allocate(out.dtype, Shape.size(out.shape))
    for (let from = 0, to = 0; to < result.length; from += n * n, to += (n + 1) * n) {
      const { values, vectors } = symmetricEigen(x.subarray(from, from + n * n), n)
      result.set(values, to)
      for (let i = 0; i < n; i++) for (let k = 0; k < n; k++) result[to + (k + 1) * n + i] = vectors[i * n + k] as number
    }
    return result
  }
