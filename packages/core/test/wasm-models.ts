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

export const models: Readonly<Record<string, Readonly<Record<string, Model>>>> = {
  i32: {
    ...mapped({ eq: comparisons.eq, ne: comparisons.ne }, (f) => scalar("i32", "i32", (a, b) => truth(f(a, b)))),
    ...wholeOrder((element, f) => scalar(element, "i32", (a, b) => truth(f(a, b)))),
    eqz: scalar("i32", "i32", (a) => truth(a === 0)),
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
    shr_u: scalar("i32", "i32", (a, b) => a >>> b),
    wrap_i64: scalar("i64", "i32", (a) => Number(BigInt.asIntN(32, a))),
  },
  i64: {
    ne: scalar("i64", "i32", (a, b) => truth(a !== b)),
    add: scalar("i64", "i64", (a, b) => a + b),
    sub: scalar("i64", "i64", (a, b) => a - b),
    and: scalar("i64", "i64", (a, b) => a & b),
    or: scalar("i64", "i64", (a, b) => a | b),
    shl: scalar("i64", "i64", (a, b) => a << (b & 63n)),
    shr_u: scalar("u64", "u64", (a, b) => a >> (b & 63n)),
    extend_i32_u: scalar("u32", "i64", BigInt),
  },
  f32: {
    ...floats("f32"),
    convert_i32_s: scalar("i32", "f32", (a) => a),
  },
  f64: {
    ...floats("f64"),
    convert_i32_s: scalar("i32", "f64", (a) => a),
  },
  v128: {
    not: lanes("u8", "u8", (a) => ~a),
    and: lanes("u8", "u8", (a, b) => a & b),
    andnot: lanes("u8", "u8", (a, b) => a & ~b),
    or: lanes("u8", "u8", (a, b) => a | b),
    xor: lanes("u8", "u8", (a, b) => a ^ b),
    bitselect: lanes("u8", "u8", (a, b, c) => (a & c) | (b & ~c)),
  },
  i8x16: {},
  i16x8: {
    extend_low_i8x16_u: whole("u8", "i16", low),
  },
  i32x4: {
    splat: splat("i32"),
    extract_lane: extract("i32"),
    replace_lane: replace("i32"),
    ...mapped({ eq: comparisons.eq, ne: comparisons.ne }, (f) => lanes("i32", "i32", (a, b) => mask(f(a, b)))),
    ...wholeOrder((element, f) => lanes(element, "i32", (a, b) => mask(f(a, b)))),
    abs: lanes("i32", "i32", Math.abs),
    bitmask: bitmask("i32"),
    extend_low_i16x8_u: whole("u16", "i32", low),
    shl: shifted("i32", (a, n) => a << n),
    shr_s: shifted("i32", (a, n) => a >> n),
    shr_u: shifted("u32", (a, n) => a >>> n),
    add: lanes("i32", "i32", (a, b) => a + b),
    sub: lanes("i32", "i32", (a, b) => a - b),
    mul: lanes("i32", "i32", Math.imul),
    min_s: lanes("i32", "i32", Math.min),
    max_s: lanes("i32", "i32", Math.max),
    trunc_sat_f32x4_s: lanes("f32", "i32", toI32),
  },
  i64x2: {
    bitmask: bitmask("i64"),
    shl: shifted("i64", (a, n) => a << BigInt(n & 63)),
    shr_u: shifted("u64", (a, n) => a >> BigInt(n & 63)),
    add: lanes("i64", "i64", (a, b) => a + b),
    sub: lanes("i64", "i64", (a, b) => a - b),
  },
  f32x4: {
    ...floatLanes("f32", "i32"),
    demote_f64x2_zero: whole("f64", "f32", (a) => [...a, 0, 0]),
    convert_i32x4_s: lanes("i32", "f32", (a) => a),
  },
  f64x2: {
    ...floatLanes("f64", "i64"),
    promote_low_f32x4: whole("f32", "f64", low),
  },
}
