/**
 * The operations on matrices that the host computes: decompositions and solutions. As for images (`images.ts`), a page without them
 * loads nothing that they need: `tensor/linalg.ts` provides it when it is loaded.
 */
import { type Provided, provided } from "./provided.ts"

/** The parameters of an operation on the matrices in the last two axes. */
export type MatrixParams =
  /** The eigenvalues and eigenvectors of the symmetric (A + Aᵀ) / 2: [n, n] to [n + 1, n], the values above the vectors. */
  | { readonly operation: "eigh" }
  /** The lower L with L Lᵀ = (A + Aᵀ) / 2: [n, n] to [n, n]. */
  | { readonly operation: "cholesky" }
  /** X with A X = B: [n, n] and [n, k] to [n, k]. */
  | { readonly operation: "solve" }
  /** X with T X = B or Tᵀ X = B, for the lower or the upper triangle T of A: [n, n] and [n, k] to [n, k]. */
  | { readonly operation: "triangularSolve"; readonly lower: boolean; readonly transposed: boolean; readonly unit: boolean }
  /** The determinant, and its m and e with ± m 2^e, ½ ≤ m < 1: [n, n] to [1, 4]; the sign is the first number. */
  | { readonly operation: "determinant" }
  /** Q above R, of at least as many rows as columns: [m, n] to [m + n, n]. */
  | { readonly operation: "qr" }
  /** U above the singular values above Vᵀ, of at least as many rows as columns: [m, n] to [m + 1 + n, n]. */
  | { readonly operation: "svd" }

/** The name of an operation on matrices. */
export type MatrixOperation = MatrixParams["operation"]

/** Something for matrices, which `tensor/linalg.ts` provides. */
export const providedForMatrices = <A>(): Provided<A> => provided("matrices", "tensor/linalg.ts")
