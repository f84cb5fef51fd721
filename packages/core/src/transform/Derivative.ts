/**
 * The derivative of every primitive: from the cotangent of its result to the cotangents of its inputs, in the tensor language
 * itself, so that derivatives can be differentiated again. `undefined` is no cotangent.
 */

import { providedForCustom } from "../language/custom.ts"
import { type Tensor, write } from "../language/Expr.ts"
import type { Binary, Comparison, Params, Primitive, Reduction, Unary } from "../language/Primitive.ts"
import { matrixDerivative } from "../tensor/linalgDerivative.ts"
import * as T from "../tensor/Tensor.ts"
import type * as Shape from "../types/Shape.ts"

/** A use of a primitive: its parameters, inputs and result. */
export interface Use<P extends Primitive> {
  readonly params: Params[P]
  readonly inputs: ReadonlyArray<Tensor>
  readonly output: Tensor
}

/** From the cotangent of the result to those of the inputs, in order. */
export type Derivative<P extends Primitive> = (cotangent: Tensor, use: Use<P>) => ReadonlyArray<Tensor | undefined>

/** The derivatives of some primitives. */
export type Derivatives<P extends Primitive> = { readonly [Q in P]: Derivative<Q> }

/** The derivative of values with one of their own. */
export const customDerivative = providedForCustom<Derivative<"custom">>()

const none = (): ReadonlyArray<undefined> => []

/** Input `i`. Shape rules have already checked the number of inputs. */
const input = ({ inputs }: { readonly inputs: ReadonlyArray<Tensor> }, i = 0): Tensor => inputs[i] as Tensor

const slope =
  (f: (x: Tensor, y: Tensor) => Tensor): Derivative<Unary> =>
  (cotangent, use) => [T.mul(cotangent, f(input(use), use.output))]

const unary: Derivatives<Unary> = {
  neg: (cotangent) => [T.neg(cotangent)],
  abs: slope((x) => T.sign(x)),
  sign: none,
  floor: none,
  exp: slope((_, y) => y),
  // Not y + 1, which loses the digits of eˣ below 0: at -18 it is 0.
  expm1: slope((x) => T.exp(x)),
  log: (cotangent, use) => [T.div(cotangent, input(use))],
  log1p: (cotangent, use) => [T.div(cotangent, T.add(input(use), 1))],
  sqrt: (cotangent, { output }) => [T.div(T.mul(cotangent, 0.5), output)],
  sin: slope((x) => T.cos(x)),
  cos: slope((x) => T.neg(T.sin(x))),
  atan: (cotangent, use) => [T.div(cotangent, T.add(T.square(input(use)), 1))],
  tanh: slope((_, y) => T.sub(1, T.square(y))),
  erf: slope((x) => T.mul(T.exp(T.neg(T.square(x))), 2 / Math.sqrt(Math.PI))),
  sigmoid: slope((_, y) => T.mul(y, T.sub(1, y))),
}

/** The cotangent where this input was selected, half of it for ties. */
const chosen = (cotangent: Tensor, wins: Tensor, ties: Tensor): Tensor =>
  T.where(wins, cotangent, T.where(ties, T.mul(cotangent, 0.5), 0))

const binary: Derivatives<Binary> = {
  add: (cotangent) => [cotangent, cotangent],
  sub: (cotangent) => [cotangent, T.neg(cotangent)],
  mul: (cotangent, use) => [T.mul(cotangent, input(use, 1)), T.mul(cotangent, input(use, 0))],
  div: (cotangent, use) => {
    const scaled = T.div(cotangent, input(use, 1))
    return [scaled, T.neg(T.mul(scaled, use.output))]
  },
  rem: (cotangent, use) => {
    // The integer quotient of x and y; the division may round it.
    const whole = T.floor(T.add(T.div(T.sub(input(use, 0), use.output), input(use, 1)), 0.5))
    return [cotangent, T.neg(T.mul(cotangent, whole))]
  },
  pow: (cotangent, use) => {
    const [x, y] = [input(use, 0), input(use, 1)]
    // x⁰ is constant in x and 0ʸ is constant in y: the formulas, and their derivatives, would give 0 · Infinity.
    const flat = T.equal(y, 0)
    const byBase = T.where(flat, 0, T.mul(y, T.pow(x, T.where(flat, T.onesLike(y), T.sub(y, 1)))))
    const byExponent = T.where(T.equal(x, 0), 0, T.mul(T.log(T.where(T.equal(x, 0), T.onesLike(x), x)), use.output))
    return [T.mul(cotangent, byBase), T.mul(cotangent, byExponent)]
  },
  max: (cotangent, use) => {
    const [x, y] = [input(use, 0), input(use, 1)]
    return [chosen(cotangent, T.greater(x, y), T.equal(x, y)), chosen(cotangent, T.less(x, y), T.equal(x, y))]
  },
  min: (cotangent, use) => {
    const [x, y] = [input(use, 0), input(use, 1)]
    return [chosen(cotangent, T.less(x, y), T.equal(x, y)), chosen(cotangent, T.greater(x, y), T.equal(x, y))]
  },
  and: none,
  or: none,
  xor: none,
  shiftRight: none,
}

const comparison: Derivatives<Comparison> = { equal: none, less: none, lessEqual: none }

const kept = (shape: Shape.Shape, axes: Shape.Shape): Shape.Shape => shape.map((n, i) => (axes.includes(i) ? 1 : n))

/** A reduced tensor, broadcast over the reduced axes. */
const unreduce = (x: Tensor, shape: Shape.Shape, axes: Shape.Shape): Tensor =>
  T.broadcastTo(T.reshape(x, kept(shape, axes)), shape)

/** The cotangent, divided evenly among all elements equal to the maximum or minimum. */
const extreme: Derivative<"reduceMax" | "reduceMin"> = (cotangent, use) => {
  const x = input(use)
  const { axes } = use.params
  const ties = T.cast(T.equal(x, unreduce(use.output, x.shape, axes)), "f32")
  const each = T.div(cotangent, T.sum(ties, { axes }))
  return [T.mul(ties, unreduce(each, x.shape, axes))]
}

const reduction: Derivatives<Reduction> = {
  reduceSum: (cotangent, use) => [unreduce(cotangent, input(use).shape, use.params.axes)],
  reduceMax: extreme,
  reduceMin: extreme,
  argMax: none,
}

/** The axes of the result along which an array was broadcast. */
const stretchedAxes = (from: Shape.Shape, to: Shape.Shape): ReadonlyArray<number> =>
  to.flatMap((n, axis) => {
    const own = from[axis - (to.length - from.length)]
    return own === undefined || (own === 1 && n !== 1) ? [axis] : []
  })

const swap = (x: Tensor): Tensor => T.swapAxes(x, -1, -2)

type Structural = Exclude<Primitive, Unary | Binary | Comparison | Reduction | "scan">

const structural: Derivatives<Structural> = {
  not: none,
  iota: none,
  stop: none,
  custom: (cotangent, use) => customDerivative.get()(cotangent, use),
  threefry: none,
  argsort: none,
  matrix: (cotangent, use) => matrixDerivative.get()(cotangent, use),
  where: (cotangent, use) => [undefined, T.where(input(use), cotangent, 0), T.where(input(use), 0, cotangent)],
  cast: (cotangent, use) => [use.params.dtype === "f32" && input(use).dtype === "f32" ? cotangent : undefined],
  identity: (cotangent) => [cotangent],
  reshape: (cotangent, use) => [T.reshape(cotangent, input(use).shape)],
  transpose: (cotangent, { params }) => [
    T.transpose(
      cotangent,
      params.order.map((_, axis) => params.order.indexOf(axis)),
    ),
  ],
  broadcast: (cotangent, use) => {
    const { shape } = input(use)
    return [T.reshape(T.sum(cotangent, { axes: stretchedAxes(shape, cotangent.shape) }), shape)]
  },
  slice: (cotangent, use) => {
    const { start, stride } = use.params
    const { shape } = input(use)
    const reach = cotangent.shape.map((n, i) => (start[i] ?? 0) + (n === 0 ? 0 : (n - 1) * (stride[i] ?? 1) + 1))
    const high = shape.map((n, i) => n - (reach[i] ?? 0))
    return [write("pad", { low: start, high, interior: stride.map((n) => n - 1), value: 0 }, [cotangent])]
  },
  pad: (cotangent, use) => {
    const { interior, low } = use.params
    const { shape } = input(use)
    const stride = interior.map((n) => n + 1)
    const limit = shape.map((n, i) => (low[i] ?? 0) + (n === 0 ? 0 : (n - 1) * (stride[i] ?? 1) + 1))
    return [T.slice(cotangent, low, limit, stride)]
  },
  concat: (cotangent, { inputs, params: { axis } }) =>
    T.split(
      cotangent,
      inputs.map(({ shape }) => shape[axis] ?? 0),
      axis,
    ),
  reverse: (cotangent, { params }) => [T.flip(cotangent, params.axes)],
  gather: (cotangent, use) => [T.scatterAdd(input(use, 1), cotangent, input(use).shape[0] ?? 0)],
  scatterAdd: (cotangent, use) => {
    const which = input(use)
    const inside = T.and(T.greaterEqual(which, 0), T.less(which, use.params.rows))
    const row = cotangent.shape.slice(1)
    const mask = T.reshape(inside, [...which.shape, ...row.map(() => 1)])
    return [undefined, T.where(mask, T.take(cotangent, which), 0)]
  },
  dot: (cotangent, use) => [T.matmul(cotangent, swap(input(use, 1))), T.matmul(swap(input(use, 0)), cotangent)],
  conv: (cotangent, use) => {
    const [x, kernel] = [input(use, 0), input(use, 1)]
    return [
      write("convInputGrad", { ...use.params, space: x.shape.slice(1, -1) }, [cotangent, kernel]),
      write("convKernelGrad", { ...use.params, window: kernel.shape.slice(0, -2) }, [x, cotangent]),
    ]
  },
  convInputGrad: (cotangent, use) => {
    const { space: _, ...params } = use.params
    const [from, kernel] = [input(use, 0), input(use, 1)]
    return [
      write("conv", params, [cotangent, kernel]),
      write("convKernelGrad", { ...params, window: kernel.shape.slice(0, -2) }, [cotangent, from]),
    ]
  },
  convKernelGrad: (cotangent, use) => {
    const { window: _, ...params } = use.params
    const [x, from] = [input(use, 0), input(use, 1)]
    return [
      write("convInputGrad", { ...params, space: x.shape.slice(1, -1) }, [from, cotangent]),
      write("conv", params, [x, cotangent]),
    ]
  },
  windowSum: (cotangent, use) => [write("windowSumGrad", { ...use.params, space: input(use).shape.slice(1, -1) }, [cotangent])],
  windowSumGrad: (cotangent, use) => {
    const { space: _, ...params } = use.params
    return [write("windowSum", params, [cotangent])]
  },
  windowMax: (cotangent, use) => [write("windowMaxGrad", use.params, [input(use), cotangent])],
  windowMaxGrad: (cotangent, use) => [undefined, write("windowMaxPick", use.params, [input(use), cotangent])],
  windowMaxPick: (cotangent, use) => [undefined, write("windowMaxGrad", use.params, [input(use), cotangent])],
}

/** The derivative of each primitive except `scan`, whose derivative needs the reverse pass itself. */
export const derivatives: Derivatives<Exclude<Primitive, "scan">> = {
  ...unary,
  ...binary,
  ...comparison,
  ...reduction,
  ...structural,
}
