/**
 * What each WebAssembly instruction of the assembler computes, said a second time in plain JavaScript: from the bytes of its
 * operands (each in 16 bytes, scalars in the first ones) to the elements of its result. A model that throws says that the
 * instruction traps.
 */
const views = {
  i8: Int8Array,
  u8: Uint8Array,
  i16: Int16Array,
  u16: Uint16Array,
  i32: Int32Array,
  u32: Uint32Array,
  i64: BigInt64Array,
  u64: BigUint64Array,
  f32: Float32Array,
  f64: Float64Array,
} as const

type Element = keyof typeof views
type NumberOf<E extends Element> = E extends "i64" | "u64" ? bigint : number
export type Elements = ArrayLike<number | bigint>
export type Model = (operands: ReadonlyArray<Uint8Array<ArrayBuffer>>, immediate: number) => Elements

const view = <E extends Element>(element: E, bytes: Uint8Array<ArrayBuffer>): Array<NumberOf<E>> =>
  Array.from(new views[element](bytes.buffer, bytes.byteOffset, 16 / views[element].BYTES_PER_ELEMENT) as never)

/** Elements of a kind, wrapped or rounded as storing them does. */
export const as = (element: Element, values: ReadonlyArray<number | bigint>): Elements =>
  new views[element](values as never) as unknown as Elements

/** The same function of each lane. */
const lanes =
  <A extends Element>(from: A, to: Element, f: (...lane: Array<NumberOf<A>>) => number | bigint): Model =>
  (operands) => {
    const inputs = operands.map((bytes) => view(from, bytes))
    return as(
      to,
      (inputs[0] ?? []).map((_, i) => f(...inputs.map((input) => input[i] as NumberOf<A>))),
    )
  }

/** A function of the first elements. */
const scalar =
  <A extends Element>(from: A, to: Element, f: (...values: Array<NumberOf<A>>) => number | bigint): Model =>
  (operands) =>
    as(to, [f(...operands.map((bytes) => view(from, bytes)[0] as NumberOf<A>))])

/** A function of all lanes at once. */
const whole =
  <A extends Element>(from: A, to: Element, f: (...inputs: Array<Array<NumberOf<A>>>) => ReadonlyArray<number | bigint>): Model =>
  (operands) =>
    as(to, f(...operands.map((bytes) => view(from, bytes))))

const shifted =
  <A extends Element>(element: A, f: (lane: NumberOf<A>, count: number) => number | bigint): Model =>
  ([bytes, count]) =>
    as(
      element,
      view(element, bytes as Uint8Array<ArrayBuffer>).map((lane) =>
        f(lane, view("i32", count as Uint8Array<ArrayBuffer>)[0] ?? 0),
      ),
    )

const splat =
  (element: Element): Model =>
  ([bytes]) => {
    const all = view(element, bytes as Uint8Array<ArrayBuffer>)
    return as(element, new Array(all.length).fill(all[0]))
  }

const extract =
  (element: Element, to: Element = element): Model =>
  ([bytes], lane) =>
    as(to, [view(element, bytes as Uint8Array<ArrayBuffer>)[lane] ?? 0])

const replace =
  (element: Element): Model =>
  ([bytes, value], lane) => {
    const all = view(element, bytes as Uint8Array<ArrayBuffer>)
    all[lane] = view(element, value as Uint8Array<ArrayBuffer>)[0] ?? 0
    return as(element, all)
  }

const low = <A>(xs: ReadonlyArray<A>): ReadonlyArray<A> => xs.slice(0, xs.length / 2)
const high = <A>(xs: ReadonlyArray<A>): ReadonlyArray<A> => xs.slice(xs.length / 2)
const clamp = (least: number, most: number) => (x: number) => Math.min(Math.max(x, least), most)
const truth = (x: boolean): number => (x ? 1 : 0)
const mask = (x: boolean): number => (x ? -1 : 0)
const bigMask = (x: boolean): bigint => (x ? -1n : 0n)

/** To the nearest whole number, halves to even. */
const nearest = (x: number): number => {
  const down = Math.floor(x)
  const rounded = x - down < 0.5 || (x - down === 0.5 && down % 2 === 0) ? down : down + 1
  return rounded === 0 ? (x < 0 || Object.is(x, -0) ? -0 : 0) : rounded
}

const saturate = (least: number, most: number) => (x: number) => (Number.isNaN(x) ? 0 : Math.trunc(clamp(least, most)(x)))
const toI32 = saturate(-(2 ** 31), 2 ** 31 - 1)
const toU32 = saturate(0, 2 ** 32 - 1)

const orTrap = (x: number): number => {
  if (!(x > -(2 ** 31) - 1 && x < 2 ** 31)) throw new RangeError("traps")
  return Math.trunc(x)
}

const divide = (a: number, b: number, f: (a: number, b: number) => number): number => {
  if (b === 0) throw new RangeError("traps")
  return f(a, b)
}

/** Unlike Math.min and Math.max, which make NaN of NaN. */
const choose = (first: boolean, a: number, b: number): number => (first ? a : b)

const floatUnary = {
  ceil: Math.ceil,
  floor: Math.floor,
  trunc: Math.trunc,
  nearest,
  abs: Math.abs,
  neg: (x: number) => -x,
  sqrt: Math.sqrt,
} as const

const floatBinary = {
  add: (a: number, b: number) => a + b,
  sub: (a: number, b: number) => a - b,
  mul: (a: number, b: number) => a * b,
  div: (a: number, b: number) => a / b,
  min: Math.min,
  max: Math.max,
} as const

const comparisons = {
  eq: (a: number, b: number) => a === b,
  ne: (a: number, b: number) => a !== b,
  lt: (a: number, b: number) => a < b,
  gt: (a: number, b: number) => a > b,
  le: (a: number, b: number) => a <= b,
  ge: (a: number, b: number) => a >= b,
} as const

const mapped = <A>(record: Readonly<Record<string, A>>, f: (value: A) => Model): Record<string, Model> =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, f(value)]))

const floatLanes = (element: "f32" | "f64", whether: Element): Record<string, Model> => ({
  splat: splat(element),
  extract_lane: extract(element),
  replace_lane: replace(element),
  ...mapped(floatUnary, (f) => lanes(element, element, f)),
  ...mapped(floatBinary, (f) => lanes(element, element, f)),
  ...mapped(comparisons, (f) => lanes(element, whether, (a, b) => (whether === "i64" ? bigMask(f(a, b)) : mask(f(a, b))))),
  pmin: lanes(element, element, (a, b) => choose(b < a, b, a)),
  pmax: lanes(element, element, (a, b) => choose(a < b, b, a)),
})

const floats = (element: "f32" | "f64"): Record<string, Model> => ({
  ...mapped(floatUnary, (f) => scalar(element, element, f)),
  ...mapped(floatBinary, (f) => scalar(element, element, f)),
  ...mapped(comparisons, (f) => scalar(element, "i32", (a, b) => truth(f(a, b)))),
})

const ordered = { lt: comparisons.lt, gt: comparisons.gt, le: comparisons.le, ge: comparisons.ge } as const

/** Comparisons of whole numbers, signed and unsigned. */
const wholeOrder = (make: (element: "i32" | "u32", f: (a: number, b: number) => boolean) => Model): Record<string, Model> =>
  Object.fromEntries(
    Object.entries(ordered).flatMap(([name, f]) => [
      [`${name}_s`, make("i32", f)],
      [`${name}_u`, make("u32", f)],
    ]),
  )

const bitmask = (element: Element): Model =>
  whole(element, "i32", (a) => [a.reduce<number>((bits, x, i) => bits | (x < 0 ? 1 << i : 0), 0)])
const allTrue = (element: Element): Model => whole(element, "i32", (a) => [truth(a.every((x) => Number(x) !== 0))])

export const models: Readonly<Record<string, Readonly<Record<string, Model>>>> = {
  i32: {
    ...mapped({ eq: comparisons.eq, ne: comparisons.ne }, (f) => scalar("i32", "i32", (a, b) => truth(f(a, b)))),
    ...wholeOrder((element, f) => scalar(element, "i32", (a, b) => truth(f(a, b)))),
    eqz: scalar("i32", "i32", (a) => truth(a === 0)),
    clz: scalar("i32", "i32", Math.clz32),
    ctz: scalar("i32", "i32", (a) => (a === 0 ? 32 : 31 - Math.clz32(a & -a))),
    popcnt: scalar("u32", "i32", (a) => a.toString(2).replaceAll("0", "").length),
    add: scalar("i32", "i32", (a, b) => a + b),
    sub: scalar("i32", "i32", (a, b) => a - b),
    mul: scalar("i32", "i32", Math.imul),
    div_s: scalar("i32", "i32", (a, b) => divide(a, b, () => orTrap(a / b))),
    div_u: scalar("u32", "u32", (a, b) => divide(a, b, () => Math.trunc(a / b))),
    rem_s: scalar("i32", "i32", (a, b) => divide(a, b, () => a % b)),
    rem_u: scalar("u32", "u32", (a, b) => divide(a, b, () => a % b)),
    and: scalar("i32", "i32", (a, b) => a & b),
    or: scalar("i32", "i32", (a, b) => a | b),
    xor: scalar("i32", "i32", (a, b) => a ^ b),
    shl: scalar("i32", "i32", (a, b) => a << b),
    shr_s: scalar("i32", "i32", (a, b) => a >> b),
    shr_u: scalar("i32", "i32", (a, b) => a >>> b),
    rotl: scalar("i32", "i32", (a, b) => (a << b) | (b % 32 === 0 ? 0 : a >>> -b)),
    rotr: scalar("i32", "i32", (a, b) => (a >>> b) | (b % 32 === 0 ? 0 : a << -b)),
    wrap_i64: scalar("i64", "i32", (a) => Number(BigInt.asIntN(32, a))),
    trunc_f32_s: scalar("f32", "i32", orTrap),
    trunc_f64_s: scalar("f64", "i32", orTrap),
    trunc_sat_f32_s: scalar("f32", "i32", toI32),
    trunc_sat_f32_u: scalar("f32", "u32", toU32),
    trunc_sat_f64_s: scalar("f64", "i32", toI32),
    reinterpret_f32: scalar("i32", "i32", (a) => a),
  },
  i64: {
    eqz: scalar("i64", "i32", (a) => truth(a === 0n)),
    eq: scalar("i64", "i32", (a, b) => truth(a === b)),
    ne: scalar("i64", "i32", (a, b) => truth(a !== b)),
    lt_s: scalar("i64", "i32", (a, b) => truth(a < b)),
    lt_u: scalar("u64", "i32", (a, b) => truth(a < b)),
    add: scalar("i64", "i64", (a, b) => a + b),
    sub: scalar("i64", "i64", (a, b) => a - b),
    mul: scalar("i64", "i64", (a, b) => a * b),
    and: scalar("i64", "i64", (a, b) => a & b),
    or: scalar("i64", "i64", (a, b) => a | b),
    xor: scalar("i64", "i64", (a, b) => a ^ b),
    shl: scalar("i64", "i64", (a, b) => a << (b & 63n)),
    shr_s: scalar("i64", "i64", (a, b) => a >> (b & 63n)),
    shr_u: scalar("u64", "u64", (a, b) => a >> (b & 63n)),
    extend_i32_s: scalar("i32", "i64", BigInt),
    extend_i32_u: scalar("u32", "i64", BigInt),
    reinterpret_f64: scalar("i64", "i64", (a) => a),
  },
  f32: {
    ...floats("f32"),
    // By their bits, since NaN has a sign too.
    copysign: scalar("u32", "u32", (a, b) => (a & 0x7fffffff) | (b & 0x80000000)),
    convert_i32_s: scalar("i32", "f32", (a) => a),
    convert_i32_u: scalar("u32", "f32", (a) => a),
    demote_f64: scalar("f64", "f32", (a) => a),
    reinterpret_i32: scalar("f32", "f32", (a) => a),
  },
  f64: {
    ...floats("f64"),
    copysign: scalar("u64", "u64", (a, b) => (a & (2n ** 63n - 1n)) | (b & (2n ** 63n))),
    convert_i32_s: scalar("i32", "f64", (a) => a),
    convert_i32_u: scalar("u32", "f64", (a) => a),
    convert_i64_s: scalar("i64", "f64", Number),
    promote_f32: scalar("f32", "f64", (a) => a),
    reinterpret_i64: scalar("f64", "f64", (a) => a),
  },
  v128: {
    not: lanes("u8", "u8", (a) => ~a),
    and: lanes("u8", "u8", (a, b) => a & b),
    andnot: lanes("u8", "u8", (a, b) => a & ~b),
    or: lanes("u8", "u8", (a, b) => a | b),
    xor: lanes("u8", "u8", (a, b) => a ^ b),
    bitselect: lanes("u8", "u8", (a, b, c) => (a & c) | (b & ~c)),
    any_true: whole("u8", "i32", (a) => [truth(a.some((x) => x !== 0))]),
  },
  i8x16: {
    swizzle: whole("u8", "u8", (a, b) => b.map((i) => a[i] ?? 0)),
    splat: splat("u8"),
    extract_lane_s: extract("i8", "i32"),
    extract_lane_u: extract("u8", "i32"),
    replace_lane: replace("u8"),
    eq: lanes("i8", "i8", (a, b) => mask(a === b)),
    ne: lanes("i8", "i8", (a, b) => mask(a !== b)),
    lt_u: lanes("u8", "i8", (a, b) => mask(a < b)),
    gt_u: lanes("u8", "i8", (a, b) => mask(a > b)),
    abs: lanes("i8", "i8", Math.abs),
    neg: lanes("i8", "i8", (a) => -a),
    all_true: allTrue("i8"),
    bitmask: bitmask("i8"),
    narrow_i16x8_s: whole("i16", "i8", (a, b) => [...a, ...b].map(clamp(-128, 127))),
    narrow_i16x8_u: whole("i16", "u8", (a, b) => [...a, ...b].map(clamp(0, 255))),
    add: lanes("i8", "i8", (a, b) => a + b),
    sub: lanes("i8", "i8", (a, b) => a - b),
    min_u: lanes("u8", "u8", Math.min),
    max_u: lanes("u8", "u8", Math.max),
  },
  i16x8: {
    splat: splat("i16"),
    narrow_i32x4_s: whole("i32", "i16", (a, b) => [...a, ...b].map(clamp(-32768, 32767))),
    narrow_i32x4_u: whole("i32", "u16", (a, b) => [...a, ...b].map(clamp(0, 65535))),
    extend_low_i8x16_s: whole("i8", "i16", low),
    extend_high_i8x16_s: whole("i8", "i16", high),
    extend_low_i8x16_u: whole("u8", "i16", low),
    extend_high_i8x16_u: whole("u8", "i16", high),
    add: lanes("i16", "i16", (a, b) => a + b),
    sub: lanes("i16", "i16", (a, b) => a - b),
    mul: lanes("i16", "i16", (a, b) => a * b),
  },
  i32x4: {
    splat: splat("i32"),
    extract_lane: extract("i32"),
    replace_lane: replace("i32"),
    ...mapped({ eq: comparisons.eq, ne: comparisons.ne }, (f) => lanes("i32", "i32", (a, b) => mask(f(a, b)))),
    ...wholeOrder((element, f) => lanes(element, "i32", (a, b) => mask(f(a, b)))),
    abs: lanes("i32", "i32", Math.abs),
    neg: lanes("i32", "i32", (a) => -a),
    all_true: allTrue("i32"),
    bitmask: bitmask("i32"),
    extend_low_i16x8_s: whole("i16", "i32", low),
    extend_high_i16x8_s: whole("i16", "i32", high),
    extend_low_i16x8_u: whole("u16", "i32", low),
    extend_high_i16x8_u: whole("u16", "i32", high),
    shl: shifted("i32", (a, n) => a << n),
    shr_s: shifted("i32", (a, n) => a >> n),
    shr_u: shifted("u32", (a, n) => a >>> n),
    add: lanes("i32", "i32", (a, b) => a + b),
    sub: lanes("i32", "i32", (a, b) => a - b),
    mul: lanes("i32", "i32", Math.imul),
    min_s: lanes("i32", "i32", Math.min),
    min_u: lanes("u32", "u32", Math.min),
    max_s: lanes("i32", "i32", Math.max),
    max_u: lanes("u32", "u32", Math.max),
    trunc_sat_f32x4_s: lanes("f32", "i32", toI32),
    trunc_sat_f32x4_u: lanes("f32", "u32", toU32),
    trunc_sat_f64x2_s_zero: whole("f64", "i32", (a) => [...a.map(toI32), 0, 0]),
  },
  i64x2: {
    splat: splat("i64"),
    extract_lane: extract("i64"),
    replace_lane: replace("i64"),
    neg: lanes("i64", "i64", (a) => -a),
    all_true: allTrue("i64"),
    bitmask: bitmask("i64"),
    extend_low_i32x4_s: whole("i32", "i64", (a) => low(a).map(BigInt)),
    extend_high_i32x4_s: whole("i32", "i64", (a) => high(a).map(BigInt)),
    extend_low_i32x4_u: whole("u32", "i64", (a) => low(a).map(BigInt)),
    extend_high_i32x4_u: whole("u32", "i64", (a) => high(a).map(BigInt)),
    shl: shifted("i64", (a, n) => a << BigInt(n & 63)),
    shr_s: shifted("i64", (a, n) => a >> BigInt(n & 63)),
    shr_u: shifted("u64", (a, n) => a >> BigInt(n & 63)),
    add: lanes("i64", "i64", (a, b) => a + b),
    sub: lanes("i64", "i64", (a, b) => a - b),
    mul: lanes("i64", "i64", (a, b) => a * b),
    eq: lanes("i64", "i64", (a, b) => bigMask(a === b)),
    ne: lanes("i64", "i64", (a, b) => bigMask(a !== b)),
    lt_s: lanes("i64", "i64", (a, b) => bigMask(a < b)),
    gt_s: lanes("i64", "i64", (a, b) => bigMask(a > b)),
    extmul_low_i32x4_u: whole("u32", "u64", (a, b) => low(a).map((x, i) => BigInt(x) * BigInt(b[i] ?? 0))),
    extmul_high_i32x4_u: whole("u32", "u64", (a, b) => high(a).map((x, i) => BigInt(x) * BigInt(b[i + 2] ?? 0))),
  },
  f32x4: {
    ...floatLanes("f32", "i32"),
    demote_f64x2_zero: whole("f64", "f32", (a) => [...a, 0, 0]),
    convert_i32x4_s: lanes("i32", "f32", (a) => a),
    convert_i32x4_u: lanes("u32", "f32", (a) => a),
  },
  f64x2: {
    ...floatLanes("f64", "i64"),
    promote_low_f32x4: whole("f32", "f64", low),
    convert_low_i32x4_s: whole("i32", "f64", low),
    convert_low_i32x4_u: whole("u32", "f64", low),
  },
}
