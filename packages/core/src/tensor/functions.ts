/** Functions of numbers that are written in primitives: trigonometry, logarithms and rounding. */
import type { Tensor } from "../language/Expr.ts"
import { named } from "../types/ShapeError.ts"
import {
  abs,
  add,
  and,
  atan,
  ceil,
  cos,
  div,
  equal,
  exp,
  expm1,
  floor,
  greater,
  less,
  log,
  log1p,
  maximum,
  mul,
  neg,
  notEqual,
  or,
  pow,
  rem,
  sign,
  sin,
  sqrt,
  sub,
  where,
} from "./elementwise.ts"
import { checkFloats, operands } from "./operands.ts"
import type { Alike, Broadcast, Operand, Stretches } from "./Typed.ts"

/** A function of floats, whose errors have its name. */
const ofFloats = (operation: string, f: (x: Tensor) => Tensor): (<X extends Tensor>(x: X) => Alike<X>) =>
  named(operation, <X extends Tensor>(x: X): Alike<X> => {
    checkFloats(operation, [x])
    return f(x) as Alike<X>
  })

/** A function of two floats that broadcast to one shape. */
const ofTwoFloats = (operation: string, f: (x: Tensor, y: Tensor) => Tensor) =>
  named(operation, <X extends Operand, Y extends Operand>(x: X, y: Y & Stretches<X, Y>): Tensor<Broadcast<X, Y>> => {
    const [a, b] = operands(operation, x, y) as readonly [Tensor, Tensor]
    checkFloats(operation, [a, b])
    return f(a, b) as Tensor<Broadcast<X, Y>>
  })

/** |x| with the slope 1 at 0, for odd functions: `oddly` gives the result its sign again. */
const distance = (x: Tensor): Tensor => where(less(x, 0), neg(x), x)
const oddly = (x: Tensor, y: Tensor): Tensor => where(less(x, 0), neg(y), y)

/** The tangent of an angle in radians. */
export const tan = ofFloats("tan", (x) => div(sin(x), cos(x)))

/** The angle in radians, from -π/2 to π/2, whose sine is x; NaN outside [-1, 1]. */
export const asin = ofFloats("asin", (x) => mul(atan(div(x, add(sqrt(mul(sub(1, x), add(x, 1))), 1))), 2))

/** The angle in radians, from 0 to π, whose cosine is x; NaN outside [-1, 1]. `Tensor.print(Tensor.acos(Tensor.make([1, 0]))) // => "[0, 1.5708]"` */
export const acos = ofFloats("acos", (x) => mul(atan(div(sqrt(sub(1, x)), sqrt(add(x, 1)))), 2))

/** Whether x is below zero, or -0. */
const isNegative = (x: Tensor): Tensor => or(less(x, 0), less(div(1, x), 0))

/**
 * The angle in radians, from -π to π, of the point (x, y): the arctangent of y / x in the quadrant of the point, as NumPy's
 * `arctan2`. From the point (0, 0) nothing flows back. Throws `ShapeError` for other than f32.
 *
 * `Tensor.print(Tensor.atan2(Tensor.make([1, 1, -1]), Tensor.make([1, -1, -1]))) // => "[0.7854, 2.3562, -2.3562]"`
 */
export const atan2 = ofTwoFloats("atan2", (y, x) => {
  const [high, wide] = [abs(y), abs(x)]
  const isSteep = greater(high, wide)
  const [small, large] = [where(isSteep, wide, high), where(isSteep, high, wide)]
  // The quotients 0 / 0 and Infinity / Infinity are those of a level and of a diagonal line.
  const areInfinite = equal(small, Number.POSITIVE_INFINITY)
  const quotient = div(where(areInfinite, 1, small), where(or(areInfinite, equal(large, 0)), 1, large))
  const level = atan(quotient)
  const ahead = where(isSteep, sub(Math.PI / 2, level), level)
  const turned = where(isNegative(x), sub(Math.PI, ahead), ahead)
  return where(isNegative(y), neg(turned), turned)
})

/** Beyond this the exponential of the half is squared, since the exponential of the whole would overflow too early. */
const large = 80

/** e^|x| / 2 for large |x|, without overflow before the result; 1/2 elsewhere. */
const halfExponential = (x: Tensor, isLarge: Tensor): Tensor => {
  const root = exp(mul(abs(where(isLarge, x, 0)), 0.5))
  return mul(mul(root, 0.5), root)
}

/** The hyperbolic sine. */
export const sinh = ofFloats("sinh", (x) => {
  const isLarge = greater(abs(x), large)
  const inner = where(isLarge, 0, x)
  return where(isLarge, mul(sign(x), halfExponential(x, isLarge)), mul(sub(expm1(inner), expm1(neg(inner))), 0.5))
})

/** The hyperbolic cosine. */
export const cosh = ofFloats("cosh", (x) => {
  const isLarge = greater(abs(x), large)
  const inner = where(isLarge, 0, x)
  return where(isLarge, halfExponential(x, isLarge), mul(add(exp(inner), exp(neg(inner))), 0.5))
})

/** The number whose hyperbolic sine is x. */
export const asinh = ofFloats("asinh", (x) => {
  const size = distance(x)
  // √(x² + 1) is |x| to the last digit there, and x² would overflow later.
  const isLarge = greater(size, 2 ** 24)
  const inner = where(isLarge, 1, size)
  const root = sqrt(add(mul(inner, inner), 1))
  const near = log1p(add(inner, mul(inner, div(inner, add(root, 1)))))
  return oddly(x, where(isLarge, add(log(where(isLarge, size, 1)), Math.LN2), near))
})

/** The positive number whose hyperbolic cosine is x; NaN below 1. */
export const acosh = ofFloats("acosh", (x) => {
  const beyond = sub(x, 1)
  return log1p(add(beyond, mul(sqrt(beyond), sqrt(add(x, 1)))))
})

/** The number whose hyperbolic tangent is x; NaN outside [-1, 1]. */
export const atanh = ofFloats("atanh", (x) => mul(sub(log1p(x), log1p(neg(x))), 0.5))

/** The logarithm to base 2. */
export const log2 = ofFloats("log2", (x) => mul(log(x), Math.LOG2E))

/** The logarithm to base 10. */
export const log10 = ofFloats("log10", (x) => mul(log(x), Math.LOG10E))

/** 2 to the power x. */
export const exp2 = ofFloats("exp2", (x) => pow(2, x))

/** 1 / √x. */
export const rsqrt = ofFloats("rsqrt", (x) => div(1, sqrt(x)))

/** √(x² + y²), without overflow before the result. From (0, 0) nothing flows back. */
export const hypot = ofTwoFloats("hypot", (x, y) => {
  const [a, b] = [abs(x), abs(y)]
  const isFirst = greater(a, b)
  const [most, least] = [where(isFirst, a, b), where(isFirst, b, a)]
  const isPlain = and(greater(most, 0), less(most, Number.POSITIVE_INFINITY))
  const ratio = div(least, where(isPlain, most, 1))
  const length = mul(most, sqrt(add(mul(ratio, ratio), 1)))
  const isInfinite = or(equal(a, Number.POSITIVE_INFINITY), equal(b, Number.POSITIVE_INFINITY))
  return where(isInfinite, Number.POSITIVE_INFINITY, where(isPlain, length, add(a, b)))
})

/** log(eˣ + eʸ), without overflow. `Tensor.print(Tensor.logAddExp(Tensor.make([1000]), 1000)) // => "[1000.7]"` */
export const logAddExp = ofTwoFloats("logAddExp", (x, y) => {
  const difference = where(equal(x, y), 0, sub(x, y))
  return add(maximum(x, y), log1p(exp(neg(abs(difference)))))
})

/** The nearest whole number; halves go to the even one, as in NumPy. Nothing flows back. `Tensor.print(Tensor.round(Tensor.make([0.5, 1.5, -2.5]))) // => "[0, 2, -2]"` */
export const round = ofFloats("round", (x) => {
  const below = floor(x)
  const part = sub(x, below)
  const isOdd = notEqual(mul(floor(mul(below, 0.5)), 2), below)
  return where(or(greater(part, 0.5), and(equal(part, 0.5), isOdd)), add(below, 1), below)
})

/** The whole number next to x in the direction of zero. Nothing flows back. */
export const trunc = ofFloats("trunc", (x) => where(less(x, 0), ceil(x), floor(x)))

/**
 * The remainder of x / y with the sign of y, as NumPy's and Python's `%`; `rem` has the sign of x. For integers 0 where y is 0.
 *
 * `Tensor.print(Tensor.mod(Tensor.make([7, -7]), 3)) // => "[1, 2]"`
 */
export const mod = named("mod", <X extends Operand, Y extends Operand>(x: X, y: Y & Stretches<X, Y>): Tensor<Broadcast<X, Y>> => {
  const [a, b] = operands("mod", x, y) as readonly [Tensor, Tensor]
  const rest = rem(a, b)
  const isOpposite = and(notEqual(rest, 0), notEqual(less(rest, 0), less(b, 0)))
  return where(isOpposite, add(rest, b), rest) as Tensor<Broadcast<X, Y>>
})

/** Whether x is NaN, as bool. `Tensor.print(Tensor.isNaN(Tensor.make([1, Number.NaN]))) // => "[false, true]"` */
const areNaN = named("isNaN", <X extends Tensor>(x: X): Alike<X> => notEqual<Tensor, Tensor>(x, x) as Alike<X>)

/** Whether x is neither infinite nor NaN, as bool. */
const areFinite = named(
  "isFinite",
  <X extends Tensor>(x: X): Alike<X> =>
    (x.dtype === "f32" ? less(abs(x), Number.POSITIVE_INFINITY) : equal<Tensor, Tensor>(x, x)) as Alike<X>,
)

export { areFinite as isFinite, areNaN as isNaN }
