/** The definition of every elementwise primitive: computed in doubles, one element at a time, and rounded when stored. */
import type { Binary, Comparison, Primitive, Unary } from "../language/Primitive.ts"
import type { DType } from "../types/DType.ts"
import * as Shape from "../types/Shape.ts"
import type { Arithmetic } from "./Arithmetic.ts"
import { type Definition, type Definitions, numbers } from "./Definition.ts"
import { erf } from "./erf.ts"

const unaryFunctions: { readonly [P in Unary]: (x: number) => number } = {
  neg: (x) => -x,
  abs: Math.abs,
  sign: Math.sign,
  floor: Math.floor,
  exp: Math.exp,
  expm1: Math.expm1,
  log: Math.log,
  log1p: Math.log1p,
  sqrt: Math.sqrt,
  sin: Math.sin,
  cos: Math.cos,
  atan: Math.atan,
  tanh: Math.tanh,
  erf,
  sigmoid: (x) => (x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x))),
}

/** By IEEE 754: 1 to any power is 1, and so is -1 to an infinite one (NaN in ECMAScript). */
const power = (x: number, y: number): number => (x === 1 || (x === -1 && Math.abs(y) === Number.POSITIVE_INFINITY) ? 1 : x ** y)

/** Each function for floats, and for integers if it differs (integers wrap; a division by zero is zero). */
const binaryFunctions: {
  readonly [P in Binary]: { readonly float: (x: number, y: number) => number; readonly whole?: (x: number, y: number) => number }
} = {
  add: { float: (x, y) => x + y },
  sub: { float: (x, y) => x - y },
  mul: { float: (x, y) => x * y, whole: Math.imul },
  div: { float: (x, y) => x / y, whole: (x, y) => (y === 0 ? 0 : x / y) },
  rem: { float: (x, y) => x % y, whole: (x, y) => (y === 0 ? 0 : x % y) },
  pow: { float: power },
  max: { float: Math.max },
  min: { float: Math.min },
  and: { float: (x, y) => x & y },
  or: { float: (x, y) => x | y },
  xor: { float: (x, y) => x ^ y },
  shiftRight: { float: (x, y) => x >>> y },
}

const comparisonFunctions: { readonly [P in Comparison]: (x: number, y: number) => boolean } = {
  equal: (x, y) => x === y,
  less: (x, y) => x < y,
  lessEqual: (x, y) => x <= y,
}

/** Conversion to each dtype: truncates towards zero and clamps to the range; NaN becomes 0. */
const casts: { readonly [D in DType]: (x: number) => number } = {
  f32: (x) => x,
  i32: (x) => Math.min(Math.max(Math.trunc(x) || 0, -(2 ** 31)), 2 ** 31 - 1),
  u8: (x) => Math.min(Math.max(Math.trunc(x) || 0, 0), 255),
  bool: (x) => (x === 0 ? 0 : 1),
}

type Elementwise = Unary | Binary | Comparison | "not" | "where" | "cast" | "identity" | "stop" | "custom"

const table = <N extends Primitive, F>(
  functions: { readonly [P in N]: F },
  definition: (f: F) => Definition<Primitive>,
): Definitions<N> =>
  Object.fromEntries(Object.entries(functions).map(([name, f]) => [name, definition(f as F)])) as unknown as Definitions<N>

/** The definitions of elementwise primitives, in the given arithmetic. */
export const elementwise = ({ allocate }: Arithmetic): Definitions<Elementwise> => {
  const mapping =
    (f: (x: number) => number): Definition<Primitive> =>
    (_, inputs, { dtype, shape }) => {
      const x = numbers(inputs, 0)
      const out = allocate(dtype, Shape.size(shape))
      for (let i = 0; i < out.length; i++) out[i] = f(x[i] as number)
      return out
    }

  const zipping =
    (float: (x: number, y: number) => number, whole = float): Definition<Primitive> =>
    (_, inputs, { dtype, shape }) => {
      const x = numbers(inputs, 0)
      const y = numbers(inputs, 1)
      const f = dtype === "f32" ? float : whole
      const out = allocate(dtype, Shape.size(shape))
      for (let i = 0; i < out.length; i++) out[i] = f(x[i] as number, y[i] as number)
      return out
    }

  const same = mapping((x) => x)

  return {
    ...table(unaryFunctions, mapping),
    ...table(binaryFunctions, ({ float, whole }) => zipping(float, whole)),
    ...table(comparisonFunctions, (f) => zipping((x, y) => (f(x, y) ? 1 : 0))),
    not: mapping((x) => 1 - x),
    identity: same,
    stop: same,
    custom: same,
    cast: ({ dtype }, inputs, out) => mapping(casts[dtype])({}, inputs, out),
    where: (_, inputs, { dtype, shape }) => {
      const [condition, a, b] = [numbers(inputs, 0), numbers(inputs, 1), numbers(inputs, 2)]
      const out = allocate(dtype, Shape.size(shape))
      for (let i = 0; i < out.length; i++) out[i] = (condition[i] === 1 ? a[i] : b[i]) as number
      return out
    },
  }
}
