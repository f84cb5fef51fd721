/** The definitions of the operations on matrices: each matrix of a batch by itself, in doubles. */
import type { MatrixOperation, MatrixParams } from "../language/matrices.ts"
import * as Shape from "../types/Shape.ts"
import type { Arithmetic } from "./Arithmetic.ts"
import type { Definition } from "./Definition.ts"
import { cholesky } from "./matrix/cholesky.ts"
import { determinant, solve } from "./matrix/elimination.ts"
import type { Matrix } from "./matrix/Matrix.ts"
import { qr } from "./matrix/qr.ts"
import { svd } from "./matrix/svd.ts"
import { triangularSolve } from "./matrix/triangularSolve.ts"
import { symmetricEigen } from "./symmetricEigen.ts"

type Loops<O extends MatrixOperation> = (
  params: Extract<MatrixParams, { readonly operation: O }>,
  a: Matrix,
  b: Matrix,
) => Float64Array

/** The eigenvalues above the eigenvectors, one in each column. */
const eigh = ({ data, rows: n }: Matrix): Float64Array => {
  const { values, vectors } = symmetricEigen(data, n)
  const both = new Float64Array((n + 1) * n)
  both.set(values)
  for (let i = 0; i < n; i++) for (let k = 0; k < n; k++) both[(k + 1) * n + i] = vectors[i * n + k] as number
  return both
}

const loops: { readonly [O in MatrixOperation]: Loops<O> } = {
  eigh: (_, a) => eigh(a),
  cholesky: (_, a) => cholesky(a),
  solve: (_, a, b) => solve(a, b),
  triangularSolve: (params, a, b) => triangularSolve(a, b, params),
  determinant: (_, a) => determinant(a),
  qr: (_, a) => qr(a),
  svd: (_, a) => svd(a),
}

/** The definition of `matrix`, in the given arithmetic. */
export const matrices =
  ({ allocate }: Arithmetic): Definition<"matrix"> =>
  (params, inputs, out) => {
    const result = allocate(out.dtype, Shape.size(out.shape))
    const size = Shape.size(out.shape.slice(-2))
    const compute = loops[params.operation] as Loops<MatrixOperation>
    const matrixOf = (input: number, i: number): Matrix => {
      const { data, shape } = inputs[input] ?? { data: [], shape: [0, 0] }
      const [rows = 0, columns = 0] = shape.slice(-2)
      return { data: Float64Array.from(data.slice(i * rows * columns, (i + 1) * rows * columns), Number), rows, columns }
    }
    if (size > 0)
      for (let i = 0; i * size < result.length; i++) result.set(compute(params, matrixOf(0, i), matrixOf(1, i)), i * size)
    return result
  }
