/**
 * Every elementwise primitive on four elements at once. In a register f32 is four floats, i32 and u8 are four integers,
 * and bool is four masks of all ones or all zeros.
 */

import type { Elementwise } from "../../../compiler/Plan.ts"
import type { DType } from "../../../types/DType.ts"
import type { Code } from "../assembler/Code.ts"
import { f32x4, type I32, i32, i32x4, select, type V128, v128 } from "../assembler/Value.ts"
import { type BinaryName, binaryFunctions, type UnaryName, unaryFunctions } from "./math/functions.ts"

interface Use {
  readonly code: Code
  /** The dtype of the first input. */
  readonly from: DType
  /** The dtype of the result. */
  readonly to: DType
  /** The second input, where it is a known number. */
  readonly second?: number | undefined
}

type Lanes = (use: Use, ...inputs: ReadonlyArray<V128>) => V128

/** A function of floats that WebAssembly lacks. */
const float1 =
  (name: UnaryName): Lanes =>
  ({ code }, x) =>
    unaryFunctions[name](code, x as V128)

const float2 =
  (name: BinaryName): Lanes =>
  ({ code }, x, y) =>
    binaryFunctions[name](code, x as V128, y as V128)

/** A function of two integers, lane by lane. */
const integersByLane =
  (f: (x: I32, y: I32) => I32) =>
  ({ code }: Use, x?: V128, y?: V128): V128 => {
    const result = (lane: number): I32 =>
      f(code.let(i32x4.extract_lane(x as V128, lane)), code.let(i32x4.extract_lane(y as V128, lane)))
    const out = code.variable(i32x4.splat(result(0)))
    for (const lane of [1, 2, 3]) code.set(out, i32x4.replace_lane(out, result(lane), lane))
    return out
  }

/** Division by zero gives zero, and the one quotient that does not fit wraps: neither may trap. */
const guarded =
  (operation: (x: I32, y: I32) => I32, byMinusOne: (x: I32) => I32) =>
  (x: I32, y: I32): I32 => {
    const safe = select(i32.le_u(i32.add(y, 1), 1), i32.const(1), y)
    return select(i32.eqz(y), i32.const(0), select(i32.eq(y, -1), byMinusOne(x), operation(x, safe)))
  }

const quotients = integersByLane(guarded(i32.div_s, (x) => i32.sub(0, x)))
const remainders = integersByLane(guarded(i32.rem_s, () => i32.const(0)))

const zero = f32x4.const(0)
const signBit = i32x4.const(-0x80000000)

/** -1 or 1 with the sign of x; x itself where it is ±0 or NaN. */
const floatSign = (x: V128): V128 =>
  v128.bitselect(x, v128.or(v128.and(x, signBit), f32x4.const(1)), v128.or(f32x4.eq(x, zero), f32x4.ne(x, x)))

const integerSign = (x: V128): V128 => i32x4.sub(i32x4.lt_s(x, 0), i32x4.gt_s(x, 0))

/** One instruction for floats, another for integers. */
const either =
  (floats: (...inputs: ReadonlyArray<never>) => V128, integers: (...inputs: ReadonlyArray<never>) => V128): Lanes =>
  ({ from }, ...inputs) => {
    const f = from === "f32" ? floats : integers
    return f(...(inputs as ReadonlyArray<never>))
  }

const plain =
  (f: (...inputs: ReadonlyArray<never>) => V128): Lanes =>
  (_, ...inputs) =>
    f(...(inputs as ReadonlyArray<never>))

const floatOrInteger =
  (floats: Lanes, integers: Lanes): Lanes =>
  (use, x, y) =>
    use.from === "f32" ? floats(use, x as V128, y as V128) : integers(use, x as V128, y as V128)

/** Whether a number is known and as a float neither −0 nor NaN. Hosts compare with it by one or two instructions instead of nine. */
const isPlain = (x: number | undefined): boolean => x !== undefined && !Number.isNaN(x) && !Object.is(Math.fround(x), -0)

/** The larger of two floats. Of −0 and 0 `pmax` takes the first, so 0 is added, which makes it 0. */
const largerOf: Lanes = ({ second }, x, y) => {
  if (!isPlain(second)) return f32x4.max(x as V128, y as V128)
  const larger = f32x4.pmax(x as V128, y as V128)
  return Math.fround(second ?? 0) === 0 ? f32x4.add(larger, 0) : larger
}

const smallerOf: Lanes = ({ second }, x, y) => (isPlain(second) ? f32x4.pmin : f32x4.min)(x as V128, y as V128)

/** A bool is less than another where it is false and the other true. */
const compared =
  (floats: (x: V128, y: V128) => V128, integers: (x: V128, y: V128) => V128, bools: (x: V128, y: V128) => V128): Lanes =>
  ({ from }, x, y) => {
    const f = from === "f32" ? floats : from === "bool" ? bools : integers
    return f(x as V128, y as V128)
  }

const clampToByte = (x: V128): V128 => i32x4.min_s(i32x4.max_s(x, 0), 255)
const ones = i32x4.const(1)

type Casts = { readonly [From in DType]: { readonly [To in DType]: (x: V128) => V128 } }

const casts: Casts = {
  f32: {
    f32: (x) => x,
    i32: (x) => i32x4.trunc_sat_f32x4_s(x),
    u8: (x) => clampToByte(i32x4.trunc_sat_f32x4_s(x)),
    bool: (x) => f32x4.ne(x, zero),
  },
  i32: {
    f32: (x) => f32x4.convert_i32x4_s(x),
    i32: (x) => x,
    u8: (x) => clampToByte(x),
    bool: (x) => i32x4.ne(x, 0),
  },
  u8: {
    f32: (x) => f32x4.convert_i32x4_s(x),
    i32: (x) => x,
    u8: (x) => x,
    bool: (x) => i32x4.ne(x, 0),
  },
  bool: {
    f32: (x) => v128.and(x, f32x4.const(1)),
    i32: (x) => v128.and(x, ones),
    u8: (x) => v128.and(x, ones),
    bool: (x) => x,
  },
}

const table: { readonly [P in Elementwise]: Lanes } = {
  neg: either(
    (x: V128) => f32x4.neg(x),
    (x: V128) => i32x4.sub(0, x),
  ),
  abs: either(
    (x: V128) => f32x4.abs(x),
    (x: V128) => i32x4.abs(x),
  ),
  sign: either(floatSign, integerSign),
  floor: plain((x: V128) => f32x4.floor(x)),
  sqrt: plain((x: V128) => f32x4.sqrt(x)),
  exp: float1("exp"),
  expm1: float1("expm1"),
  log: float1("log"),
  log1p: float1("log1p"),
  sin: float1("sin"),
  cos: float1("cos"),
  atan: float1("atan"),
  tanh: float1("tanh"),
  erf: float1("erf"),
  sigmoid: float1("sigmoid"),
  add: either(f32x4.add, i32x4.add),
  sub: either(f32x4.sub, i32x4.sub),
  mul: either(f32x4.mul, i32x4.mul),
  div: floatOrInteger(plain(f32x4.div), quotients),
  rem: floatOrInteger(float2("rem"), remainders),
  pow: float2("pow"),
  max: floatOrInteger(largerOf, plain(i32x4.max_s)),
  min: floatOrInteger(smallerOf, plain(i32x4.min_s)),
  and: plain(v128.and),
  or: plain(v128.or),
  xor: plain(v128.xor),
  shiftRight: (use, x, y) =>
    use.second === undefined ? integersByLane(i32.shr_u)(use, x as V128, y as V128) : i32x4.shr_u(x as V128, use.second),
  equal: compared(f32x4.eq, i32x4.eq, i32x4.eq),
  less: compared(f32x4.lt, i32x4.lt_s, (x, y) => v128.andnot(y, x)),
  lessEqual: compared(f32x4.le, i32x4.le_s, (x, y) => v128.or(y, v128.not(x))),
  not: plain(v128.not),
  where: plain((condition: V128, a: V128, b: V128) => v128.bitselect(a, b, condition)),
  cast: ({ from, to }, x) => casts[from][to](x as V128),
}

/** A primitive applied to four elements of each input. */
export const applyLanes = (primitive: Elementwise, use: Use, inputs: ReadonlyArray<V128>): V128 =>
  table[primitive](use, ...inputs)

/** Primitives that are computed lane by lane, in doubles or in branches, which no host packs. */
const byLane: ReadonlySet<Elementwise> = new Set(["sin", "cos", "pow", "rem"])

/** Whether a primitive is computed for all lanes alike, so that a host may pack it; `second` is its second input, where that is known. */
export const isUniform = (primitive: Elementwise, second: number | undefined): boolean =>
  primitive === "shiftRight" ? second !== undefined : !byLane.has(primitive)
