/** Elementwise operations. Two operands broadcast to one shape as in NumPy; a number takes the dtype of the other. */
import { type Tensor, write } from "../language/Expr.ts"
import type { Binary, Comparison, Unary } from "../language/Primitive.ts"
import { callName, infer } from "../language/ShapeRule.ts"
import type { DType } from "../types/DType.ts"
import * as Shape from "../types/Shape.ts"
import { named, refuse } from "../types/ShapeError.ts"
import { lift, operands, scalar, stretched } from "./operands.ts"
import type { Alike, Broadcast, Operand, Stretches } from "./Typed.ts"

export { scalar }

const map1 =
  (primitive: Unary) =>
  <X extends Tensor>(x: X): Alike<X> =>
    write(primitive, {}, [x]) as Alike<X>

const map2 =
  (primitive: Binary) =>
  <X extends Operand, Y extends Operand>(x: X, y: Y & Stretches<X, Y>): Tensor<Broadcast<X, Y>> =>
    write(primitive, {}, operands(callName(primitive), x, y)) as Tensor<Broadcast<X, Y>>

const compare =
  (primitive: Comparison) =>
  <X extends Operand, Y extends Operand>(x: X, y: Y & Stretches<X, Y>): Tensor<Broadcast<X, Y>> =>
    write(primitive, {}, operands(primitive, x, y)) as Tensor<Broadcast<X, Y>>

/** The comparison with its operands swapped. */
const swapped = (primitive: Comparison, operation: string) =>
  named(operation, <X extends Operand, Y extends Operand>(x: X, y: Y & Stretches<X, Y>): Tensor<Broadcast<X, Y>> => {
    const both = operands(operation, x, y)
    // Checked in the caller's order, since the message says which operand to change.
    infer(primitive, {}, both)
    return write(primitive, {}, [...both].reverse()) as Tensor<Broadcast<X, Y>>
  })

/** -x. */
export const neg = map1("neg")
/** |x|. */
export const abs = map1("abs")
/** -1, 0 or 1 as x is below, at or above zero. */
export const sign = map1("sign")
/** The largest whole number not above x. */
export const floor = map1("floor")
/** eˣ. */
export const exp = map1("exp")
/** eˣ - 1, accurate near zero. */
export const expm1 = map1("expm1")
/** The natural logarithm: -Infinity at 0, NaN below. */
export const log = map1("log")
/** log(1 + x), accurate near zero. */
export const log1p = map1("log1p")
/** The square root: NaN below 0. */
export const sqrt = map1("sqrt")
/** The sine of an angle in radians. */
export const sin = map1("sin")
/** The cosine of an angle in radians. */
export const cos = map1("cos")
/** The angle in radians, from -π/2 to π/2, whose tangent is x. */
export const atan = map1("atan")
/** The hyperbolic tangent. */
export const tanh = map1("tanh")
/** The error function. */
export const erf = map1("erf")
/** 1 / (1 + e⁻ˣ), which does not overflow however large |x| is. */
export const sigmoid = map1("sigmoid")

/** x + y. `Tensor.print(Tensor.add(Tensor.make([1, 2]), 10)) // => "[11, 12]"` */
export const add = map2("add")
/** x - y. */
export const sub = map2("sub")
/** x · y, element by element; `matmul` multiplies matrices. */
export const mul = map2("mul")
const quotientOf = map2("div")

const arraysOf = (...operands: ReadonlyArray<Operand>): ReadonlyArray<Tensor> =>
  operands.filter((operand): operand is Tensor => typeof operand !== "number")

/**
 * x / y of f32 elements. Throws `ShapeError` for integers, whose fraction would be lost silently.
 *
 * ```ts
 * Tensor.div(Tensor.make([1, 2]), 4) // => [0.25, 0.5]
 * Tensor.div(Tensor.range(3), 2) // => throws div got i32[3]; it wants f32 elements
 * Tensor.div(Tensor.cast(Tensor.range(3), "f32"), 2) // => [0, 0.5, 1]
 * ```
 */
export const div = <X extends Operand, Y extends Operand>(x: X, y: Y & Stretches<X, Y>): Tensor<Broadcast<X, Y>> => {
  const arrays = arraysOf(x, y)
  if (arrays.some(({ dtype }) => dtype !== "f32"))
    refuse(
      "div",
      arrays,
      "f32 elements",
      'Tensor.cast(x, "f32") to divide exactly, or Tensor.quotient to divide whole numbers towards zero',
    )
  return quotientOf<X, Y>(x, y)
}

/**
 * Integer division: x / y truncated towards zero, and 0 where y is 0. With `rem`, x = y · quotient + rem.
 *
 * `Tensor.toArray(Tensor.quotient(Tensor.make([7, -7, 7], "i32"), Tensor.make([2, 2, 0], "i32"))) // => [3, -3, 0]`
 */
export const quotient = named(
  "quotient",
  <X extends Operand, Y extends Operand>(x: X, y: Y & Stretches<X, Y>): Tensor<Broadcast<X, Y>> => {
    const arrays = arraysOf(x, y)
    if (arrays.length === 0 || arrays.some(({ dtype }) => dtype !== "i32"))
      refuse("quotient", arrays, "i32 elements", "Tensor.div of f32 elements, and Tensor.floor of that")
    return quotientOf<X, Y>(x, y)
  },
)
/** The remainder of x / y, with the sign of x. */
export const rem = map2("rem")
/** x to the power y. */
export const pow = map2("pow")
/** The larger of two; NaN where either is. */
export const maximum = map2("max")
/** The smaller of two; NaN where either is. */
export const minimum = map2("min")
/** Both: bools, or the bits of whole numbers. */
export const and = map2("and")
/** Either: bools, or the bits of whole numbers. */
export const or = map2("or")
/** One but not both: bools, or the bits of whole numbers. */
export const xor = map2("xor")
/** The bits of x shifted right by y; new bits are 0. */
export const shiftRight = map2("shiftRight")

/** x = y, as bool. */
export const equal = compare("equal")
/** x < y, as bool. */
export const less = compare("less")
/** x ≤ y, as bool. */
export const lessEqual = compare("lessEqual")
/** x > y, as bool. `Tensor.print(Tensor.greater(Tensor.make([1, 2, 3]), 2)) // => "[false, false, true]"` */
export const greater = swapped("less", "greater")
/** x ≥ y, as bool. */
export const greaterEqual = swapped("lessEqual", "greaterEqual")

/** Not x, of a bool. */
export const not = <X extends Tensor>(x: X): Alike<X> => write("not", {}, [x]) as Alike<X>

/** x ≠ y, as bool. */
export const notEqual = named(
  "notEqual",
  <X extends Operand, Y extends Operand>(x: X, y: Y & Stretches<X, Y>): Tensor<Broadcast<X, Y>> => not(equal<X, Y>(x, y)),
)

/** The elements of `a` where `condition` (bool) is true and of `b` elsewhere; all three broadcast to one shape. */
export const where = (condition: Tensor, a: Operand, b: Operand): Tensor =>
  write("where", {}, stretched("where", [condition, lift("where", a, b), lift("where", b, a)]))

/** The same elements as another dtype: floats are truncated towards zero and clamped to the range, NaN becomes 0; to bool, everything but 0 is true. */
export const cast = <X extends Tensor>(x: X, dtype: DType): Alike<X> =>
  (x.dtype === dtype ? x : write("cast", { dtype }, [x])) as Alike<X>

/** The same elements, constant under differentiation. */
export const stopGradient = <X extends Tensor>(x: X): Alike<X> => write("stop", {}, [x]) as Alike<X>

/** x². */
export const square = named("square", <X extends Tensor>(x: X): Alike<X> => write("mul", {}, [x, x]) as Alike<X>)

/** The smallest whole number not below x. */
export const ceil = named("ceil", <X extends Tensor>(x: X): Alike<X> => neg(floor(neg(x))))

/** x clamped to two bounds. */
export const clamp = named(
  "clamp",
  <X extends Tensor>(x: X, low: number, high: number): Alike<X> => minimum(maximum(x, low), high),
)

/** x broadcast to a shape, as NumPy's `broadcast_to`. Throws `ShapeError` if it does not fit. */
export const broadcastTo = <const S extends Shape.Shape>(x: Tensor, shape: S): Tensor<S> =>
  (Shape.equals(x.shape, shape) ? x : write("broadcast", { shape }, [x])) as Tensor<S>
