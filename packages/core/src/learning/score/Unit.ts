/**
 * The original units of targets. A net may learn a standardized price, or its logarithm, while a person reads errors in
 * dollars. A unit is the inverse of that scaling, for one column.
 */
import type { Tensor } from "../../language/Expr.ts"
import * as T from "../../tensor/Tensor.ts"
import * as YeoJohnson from "./YeoJohnson.ts"

/** The inverse of a transform: none, the exponential, that minus 1, x · |x|, or the inverse of the power transform. */
export type Curve = "none" | "exp" | "expm1" | "square" | "power"

/** The map from a net's number to the original unit: curve(scale · x + shift). `lambda` is the exponent of the curve `power`. */
export interface Unit {
  readonly scale: number
  readonly shift: number
  readonly curve: Curve
  readonly lambda?: number
}

const curves: { readonly [C in Curve]: (x: number, lambda: number) => number } = {
  none: (x) => x,
  exp: (x) => Math.exp(x),
  expm1: (x) => Math.expm1(x),
  square: (x) => x * Math.abs(x),
  power: (x, lambda) => YeoJohnson.invert(lambda, x),
}

/** A net's number in the original unit. `Score.restore({ scale: 2, shift: 10, curve: "none" }, 1.5) // => 13` */
export const restore = ({ curve, lambda = 1, scale, shift }: Unit, x: number): number => curves[curve](x * scale + shift, lambda)

const inverses: { readonly [C in Curve]: (x: number, lambda: number) => number } = {
  none: (x) => x,
  exp: (x) => Math.log(x),
  expm1: (x) => Math.log1p(x),
  square: (x) => Math.sign(x) * Math.sqrt(Math.abs(x)),
  power: (x, lambda) => YeoJohnson.apply(lambda, x),
}

/** The number that a net gives for one in the original unit: the inverse of `restore`. `Score.learned({ scale: 2, shift: 10, curve: "none" }, 13) // => 1.5` */
export const learned = ({ curve, lambda = 1, scale, shift }: Unit, x: number): number =>
  (inverses[curve](x, lambda) - shift) / scale

/** Whether differences are the same for the net and in the original unit. A shift does not change differences. */
export const isKept = ({ curve, scale }: Unit): boolean => scale === 1 && curve === "none"

/** One number for each column, or for all of them. */
const row = (values: ReadonlyArray<number>): Tensor =>
  values.every((value) => value === values[0]) ? T.scalar(values[0] ?? 1) : T.make(values)

/** The original unit of the inverse of a power transform, as in `YeoJohnson.invert`. */
const powerOf = (x: Tensor, lambda: number): Tensor => {
  const half = (size: Tensor, power: number): Tensor =>
    Math.abs(power) < Number.EPSILON ? T.expm1(size) : T.expm1(T.div(T.log1p(T.maximum(T.mul(size, power), -1)), power))
  return T.where(T.greaterEqual(x, 0), half(T.maximum(x, 0), lambda), T.neg(half(T.maximum(T.neg(x), 0), 2 - lambda)))
}

/**
 * The difference under one curve of numbers that are apart so much, the second of which is `linear`. Differences are scaled,
 * instead of subtracting scaled numbers, which would lose digits by cancellation: for exponentials the difference is
 * eᵇ (eᵃ⁻ᵇ - 1).
 */
const curved: { readonly [C in Curve]: (apart: Tensor, linear: Tensor, lambda: number) => Tensor } = {
  none: (apart) => apart,
  exp: (apart, linear) => T.mul(T.exp(linear), T.expm1(apart)),
  expm1: (apart, linear) => T.mul(T.exp(linear), T.expm1(apart)),
  square: (apart, linear) => {
    const other = T.add(linear, apart)
    return T.sub(T.mul(other, T.abs(other)), T.mul(linear, T.abs(linear)))
  },
  power: (apart, linear, lambda) => T.sub(powerOf(T.add(linear, apart), lambda), powerOf(linear, lambda)),
}

/**
 * The differences of outputs and targets of the same shape, in the original unit of each column; without units, unchanged.
 */
export const difference = (output: Tensor, target: Tensor, units: ReadonlyArray<Unit> = []): Tensor => {
  if (units.every(isKept)) return T.sub(output, target)
  // One column can have any shape; several are the last axis.
  const columns = (x: Tensor): Tensor => (units.length === 1 ? x : T.reshape(x, [-1, units.length]))
  const scale = row(units.map((unit) => unit.scale))
  const apart = T.mul(T.sub(columns(output), columns(target)), scale)
  if (units.every(({ curve }) => curve === "none")) return apart
  const linear = T.add(T.mul(columns(target), scale), row(units.map(({ shift }) => shift)))
  const isSame = (a: Unit, b: Unit): boolean => a.curve === b.curve && a.lambda === b.lambda
  const kinds = units.filter((unit, i) => units.findIndex((other) => isSame(unit, other)) === i)
  const differenceOf = ({ curve, lambda = 1 }: Unit): Tensor => curved[curve](apart, linear, lambda)
  const columnsOf = (kind: Unit): Tensor =>
    T.make(
      units.map((unit) => isSame(unit, kind)),
      "bool",
    )
  const [first, ...others] = kinds
  return others.reduce(
    (rest, kind) => T.where(columnsOf(kind), differenceOf(kind), rest),
    first === undefined ? apart : differenceOf(first),
  )
}
