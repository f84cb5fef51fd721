/** Eigenvalues and eigenvectors of symmetric matrices. */
import { provideEigen } from "../backend/eigen.ts"
import { type Tensor, write } from "../language/Expr.ts"
import type * as Shape from "../types/Shape.ts"
import { reshape, slice } from "./structure.ts"

provideEigen()

/** The result of `eigh`: eigenvalues [..., n], ascending, and eigenvectors [..., n, n], one in each column. */
export interface Eigh {
  readonly values: Tensor
  readonly vectors: Tensor
}

/**
 * The eigenvalues and eigenvectors of symmetric matrices [..., n, n], as NumPy's and JAX's `eigh`: A = V Λ Vᵀ, with the ascending
 * eigenvalues on the diagonal of Λ and orthonormal eigenvectors in the columns of V. The matrix that is used is (A + Aᵀ) / 2. Of each
 * vector the largest component is positive (the first of those within 1 %), so that the signs are determined. The decomposition
 * is computed in doubles and rounded once. An infinity or NaN in a matrix makes its results NaN.
 *
 * Gradients follow Giles (2008). Between vectors of equal eigenvalues, which may be any basis of one space, nothing flows. Throws
 * `ShapeError` for other than square f32 matrices.
 *
 * `Tensor.print(Tensor.eigh(Tensor.make([[2, 1], [1, 2]])).values) // => "[1, 3]"`
 */
export const eigh = (x: Tensor): Eigh => {
  const both = write("eigh", {}, [x])
  const batch = both.shape.slice(0, -2)
  const n = both.shape.at(-1) ?? 0
  const start = (row: number): Shape.Shape => [...batch.map(() => 0), row, 0]
  return {
    values: reshape(slice(both, start(0), [...batch, 1, n]), [...batch, n]),
    vectors: slice(both, start(1), [...batch, n + 1, n]),
  }
}
