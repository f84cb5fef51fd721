/** A value and its gradient in two pieces, between which other work may run: the function, and the reverse pass. */
import { isTensor, marker, openExtent, type Tensor } from "../language/Expr.ts"
import { refill, tensors } from "../language/TensorTree.ts"
import { full, zerosLike } from "../tensor/create.ts"
import type { Pieces } from "../types/Pieces.ts"
import { refuse } from "../types/ShapeError.ts"
import { pullBack, variables } from "./Tape.ts"

/** A value, its gradient and auxiliary data. */
export interface ValueAndGrad<X, A = never> {
  readonly value: Tensor
  readonly grad: X
  readonly aux: A
}

/** The tree with the cotangent of each variable at its leaf, zeros where there is none. */
export const gathered = <X>(x: X, from: ReadonlyArray<Tensor>, back: ReadonlyArray<Tensor | undefined>): X =>
  refill(
    x,
    from.map((variable, i) => back[i] ?? zerosLike(variable)),
  )

const scalarOnly = (value: Tensor): Tensor =>
  isTensor(value) && value.shape.length === 0 && value.dtype === "f32"
    ? value
    : refuse("grad", isTensor(value) ? [value] : [], "a function that gives one f32 number", "Tensor.sum or Tensor.mean of it")

/** Marks an intermediate tensor: the result has the same values, and the cotangent of this use alone is returned too. */
export type Mark = (y: Tensor) => Tensor

/**
 * The value of a function of a tree, its gradient, its auxiliary data, and the cotangents of the tensors that the function marks.
 * Throws `ShapeError` if the value is not one f32 number.
 */
export function* gradientInPieces<X, A>(
  f: (x: X, mark: Mark) => { readonly value: Tensor; readonly aux: A },
  x: X,
): Pieces<ValueAndGrad<X, A> & { readonly marked: ReadonlyArray<Tensor> }> {
  const extent = openExtent()
  const from = variables(tensors(x), extent)
  const marks = new Set<Tensor>()
  const { aux, value } = f(refill(x, from), (y) => {
    const marked = marker(y, extent)
    marks.add(marked)
    return marked
  })
  const cost = scalarOnly(value)
  yield
  const cotangents = new Map<Tensor, Tensor>()
  const back = pullBack(from, [cost], [full([], 1)], marks, (mark, cotangent) => cotangents.set(mark, cotangent))
  extent.open = false
  const marked = Array.from(marks, (mark) => cotangents.get(mark) ?? zerosLike(mark))
  return { value, grad: gathered(x, from, back), aux, marked }
}
