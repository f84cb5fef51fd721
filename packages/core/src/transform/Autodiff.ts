/**
 * Automatic differentiation. Expressions keep their recipes, so a reverse pass walks back over them and builds new
 * expressions, which can be differentiated again, in any nesting.
 */

import { type Extent, endless, openExtent, type Tensor } from "../language/Expr.ts"
import { refill, tensors } from "../language/TensorTree.ts"
import { iota, zerosLike } from "../tensor/create.ts"
import { cast, equal } from "../tensor/elementwise.ts"
import { reshape, stack } from "../tensor/structure.ts"
import { toEnd } from "../types/Pieces.ts"
import * as Shape from "../types/Shape.ts"
import { printSpec, refuse } from "../types/ShapeError.ts"
import * as Tree from "../types/Tree.ts"
import { gathered, gradientInPieces, type ValueAndGrad } from "./gradientInPieces.ts"
import { pullBack, variables } from "./Tape.ts"

export type { ValueAndGrad } from "./gradientInPieces.ts"

/** The cotangent of a value: a tensor of any static shape for a tensor, else a tree of the same structure. */
export type Cotangent<Y> = Y extends Tensor ? Tensor : Y

/** A function's value and its pullback: from a cotangent of the value to the cotangents of the inputs. */
export interface Pullback<X, Y> {
  readonly value: Y
  readonly pull: (cotangent: Cotangent<Y>) => X
}

/**
 * Reverse mode: the value of `f` at a tensor or a tree of tensors, and its pullback, the transposed Jacobian as a function.
 * Only f32 leaves have derivatives; others get zeros. Throws `ShapeError` for a cotangent of another structure or shape than
 * the value.
 *
 * `vjp((x) => Tensor.square(x), Tensor.make([1, 2])).pull(Tensor.make([1, 10])) // => [2, 40]`
 */
export const vjp: {
  <Y>(f: (x: Tensor) => Y, x: Tensor): Pullback<Tensor, Y>
  <X, Y>(f: (x: X) => Y, x: NoInfer<X>): Pullback<X, Y>
} = <X, Y>(f: (x: X) => Y, x: X): Pullback<X, Y> => pullback(f, x, endless())

const pullback = <X, Y>(f: (x: X) => Y, x: X, extent: Extent): Pullback<X, Y> => {
  const from = variables(tensors(x), extent)
  const value = f(refill(x, from))
  extent.running = false
  const outputs = tensors(value)
  const pull = (cotangent: Cotangent<Y>): X => {
    const given = tensors(cotangent)
    checkLike("vjp", value, outputs, cotangent, given)
    return gathered(x, from, pullBack(from, outputs, given))
  }
  return { value, pull }
}

/** Throws `ShapeError` unless one tree has the structure, dtypes and shapes of another. */
const checkLike = (
  operation: string,
  wanted: unknown,
  wantedLeaves: ReadonlyArray<Tensor>,
  got: unknown,
  gotLeaves: ReadonlyArray<Tensor>,
): void => {
  const like =
    Tree.structure(wanted) === Tree.structure(got) &&
    gotLeaves.every((x, i) => x.dtype === wantedLeaves[i]?.dtype && Shape.equals(x.shape, wantedLeaves[i].shape))
  if (!like)
    refuse(
      operation,
      gotLeaves,
      `${wantedLeaves.map(printSpec).join(" and ") || "nothing"}${Tree.isLeaf(wanted) ? "" : ` in ${Tree.structure(wanted)}`}`,
      "a tree of the same structure: that of the value for a cotangent, that of the argument for a tangent",
    )
}

/** `grad` that returns the value too. Throws `ShapeError` if `f` does not return one f32 number. */
export const valueAndGrad =
  <X, Rest extends ReadonlyArray<unknown>>(f: (x: X, ...rest: Rest) => Tensor) =>
  (x: X, ...rest: Rest): Omit<ValueAndGrad<X>, "aux"> => {
    const { grad, value } = valueAndGradAux((at: X) => ({ value: f(at, ...rest), aux: undefined }))(x)
    return { value, grad }
  }

/** `valueAndGrad` of a function that returns auxiliary data with its value: predictions, or a net's new state. */
export const valueAndGradAux =
  <X, A, Rest extends ReadonlyArray<unknown>>(f: (x: X, ...rest: Rest) => { readonly value: Tensor; readonly aux: A }) =>
  (x: X, ...rest: Rest): ValueAndGrad<X, A> =>
    toEnd(gradientInPieces((at: X) => f(at, ...rest), x))

/**
 * The gradient of a function of a tree of tensors that returns one f32 number: for each leaf, the derivative of the value by
 * each element. Further arguments are passed on. Throws `ShapeError` if the value is not one f32 number.
 *
 * `Tensor.toNumber(Autodiff.grad((x: Tensor.Tensor) => Tensor.mul(x, x))(Tensor.scalar(3))) // => 6`
 */
export const grad =
  <X, Rest extends ReadonlyArray<unknown>>(f: (x: X, ...rest: Rest) => Tensor) =>
  (x: X, ...rest: Rest): X =>
    valueAndGrad(f)(x, ...rest).grad

/** A function's value and its tangent. */
export interface Pushed<Y> {
  readonly value: Y
  readonly tangent: Y
}

/**
 * Forward mode: the value of `f` at `x` and the Jacobian times the tangent, computed by transposing twice. Throws `ShapeError`
 * for a tangent of another structure or shape than `x`.
 *
 * `jvp((x) => Tensor.square(x), Tensor.make([1, 2]), Tensor.make([1, 10])).tangent // => [2, 40]`
 */
export const jvp: {
  <Y>(f: (x: Tensor) => Y, x: Tensor, tangent: Tensor): Pushed<Y>
  <X, Y>(f: (x: X) => Y, x: NoInfer<X>, tangent: NoInfer<X>): Pushed<Y>
} = <X, Y>(f: (x: X) => Y, x: X, tangent: X): Pushed<Y> => {
  checkLike("jvp", x, tensors(x), tangent, tensors(tangent))
  const [outer, inner] = [openExtent(), openExtent()]
  const { pull, value } = pullback(f, x, outer)
  const direction = refill(value, tensors(value).map(zerosLike)) as Cotangent<Y>
  const { pull: push } = pullback(pull, direction, inner)
  const moved = push(tangent as Cotangent<X>)
  for (const extent of [inner, outer]) extent.open = false
  return { value, tangent: moved as Y }
}

/** The second derivatives of a function of one tensor that returns one number: shape [...x, ...x]. */
export const hessian =
  (f: (x: Tensor) => Tensor) =>
  (x: Tensor): Tensor => {
    const n = Shape.size(x.shape)
    const basis = (i: number): Tensor => reshape(cast(equal(iota([n]), i), "f32"), x.shape)
    const rows = Array.from({ length: n }, (_, i) => jvp(grad(f), x, basis(i)).tangent)
    return reshape(stack(rows), [...x.shape, ...x.shape])
  }
