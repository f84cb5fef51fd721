/** The shape rules of operations on matrices. */
import * as Shape from "../../types/Shape.ts"
import { refuse, type Spec } from "../../types/ShapeError.ts"
import type { MatrixOperation } from "../matrices.ts"
import { checkDType, one, type ShapeRule, two } from "./require.ts"

/** The axes of a matrix [rows, columns] behind those of the batch. */
interface Sizes {
  readonly batch: Shape.Shape
  readonly rows: number
  readonly columns: number
}

const sizesOf = (operation: MatrixOperation, inputs: ReadonlyArray<Spec>, { shape }: Spec): Sizes => {
  const [rows, columns] = shape.slice(-2)
  if (rows === undefined || columns === undefined)
    return refuse(operation, inputs, "matrices [..., m, n]", "Tensor.expandAxis makes a vector a matrix")
  return { batch: shape.slice(0, -2), rows, columns }
}

const square = (operation: MatrixOperation, inputs: ReadonlyArray<Spec>, matrix: Spec): Sizes => {
  const { shape } = matrix
  if (shape.length < 2 || shape.at(-1) !== shape.at(-2))
    refuse(operation, inputs, "square matrices [..., n, n]", "Tensor.matmul(Tensor.transpose(x), x)")
  return sizesOf(operation, inputs, matrix)
}

type Rule = (operation: MatrixOperation, inputs: ReadonlyArray<Spec>) => Shape.Shape

const ofSquare =
  (out: (n: number) => Shape.Shape): Rule =>
  (operation, inputs) => {
    const { batch, rows } = square(operation, inputs, one(operation, inputs))
    return [...batch, ...out(rows)]
  }

const tall =
  (out: (m: number, n: number) => Shape.Shape): Rule =>
  (operation, inputs) => {
    const { batch, columns, rows } = sizesOf(operation, inputs, one(operation, inputs))
    if (rows < columns) refuse(operation, inputs, "at least as many rows as columns", "Tensor.swapAxes(x, -1, -2)")
    return [...batch, ...out(rows, columns)]
  }

const solution: Rule = (operation, inputs) => {
  const [a, b] = two(operation, inputs)
  const { batch, rows } = square(operation, inputs, a)
  const right = sizesOf(operation, inputs, b)
  if (right.rows !== rows || !Shape.equals(right.batch, batch))
    refuse(operation, inputs, `right-hand sides [..., ${rows}, k] in the same batch`, "Tensor.broadcastTo, or check the rows")
  return b.shape
}

const rules: { readonly [O in MatrixOperation]: Rule } = {
  eigh: ofSquare((n) => [n + 1, n]),
  cholesky: ofSquare((n) => [n, n]),
  determinant: ofSquare(() => [1, 4]),
  solve: solution,
  triangularSolve: solution,
  qr: tall((m, n) => [m + n, n]),
  svd: tall((m, n) => [m + 1 + n, n]),
}

/** The dtype and shape of the result of an operation on matrices. */
export const matrix: ShapeRule<"matrix"> = ({ operation }, inputs) => {
  checkDType(operation, inputs, ["f32"])
  return { dtype: "f32", shape: rules[operation](operation, inputs) }
}
