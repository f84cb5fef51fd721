/**
 * The instructions the engine writes, as one table: code, operands, result, immediate. The builders of `Code`, the
 * disassembler and the tests are all derived from it; a further instruction is one further row.
 *
 * Codes are those of the WebAssembly 3.0 specification, with the prefix byte (`fc` general, `fd` SIMD, `fe` threads) in
 * the upper half: `0xfd_00e4` is `f32x4.add`.
 */

/** The types of values on WebAssembly's stack. */
export type ValueType = "i32" | "i64" | "f32" | "f64" | "v128"

/** How a v128 is divided. To the machine it is one type; an operand that names its lanes also takes a number for all of them. */
export type Lanes = "i8x16" | "i16x8" | "i32x4" | "i64x2" | "f32x4" | "f64x2"

/** What an operand takes. */
export type Operand = ValueType | Lanes

/** What follows the code of an instruction in the binary. */
export type Immediate = "none" | "memory" | "lane" | "memoryLane" | "shuffle" | "zero" | "zeros"

export interface Instruction<
  O extends ReadonlyArray<Operand> = ReadonlyArray<Operand>,
  R extends ValueType | "none" = ValueType | "none",
  I extends Immediate = Immediate,
> {
  readonly code: number
  readonly operands: O
  readonly result: R
  readonly immediate: I
  /** Of a memory access: the binary logarithm of the bytes it touches. */
  readonly align: number
}

const plain = <const O extends ReadonlyArray<Operand>, const R extends ValueType | "none">(
  code: number,
  operands: O,
  result: R,
): Instruction<O, R, "none"> => ({ code, operands, result, immediate: "none", align: 0 })

const withImmediate = <const O extends ReadonlyArray<Operand>, const R extends ValueType | "none", const I extends Immediate>(
  code: number,
  operands: O,
  result: R,
  immediate: I,
): Instruction<O, R, I> => ({ code, operands, result, immediate, align: 0 })

/** A read or write: the address is the first operand, `align` the binary logarithm of the bytes touched. */
const access = <const O extends ReadonlyArray<Operand>, const R extends ValueType | "none">(
  code: number,
  operands: readonly ["i32", ...O],
  result: R,
  align: number,
): Instruction<readonly ["i32", ...O], R, "memory"> => ({ code, operands, result, immediate: "memory", align })

const accessLane = <const R extends ValueType | "none">(
  code: number,
  result: R,
  align: number,
): Instruction<readonly ["i32", "v128"], R, "memoryLane"> => ({
  code,
  operands: ["i32", "v128"],
  result,
  immediate: "memoryLane",
  align,
})

/** The shapes of operations that come in families: one operand or two, of one type, with a result of that type or a bool. */
const family = <const T extends Operand, const R extends ValueType>(type: T, result: R) => ({
  unary: (code: number) => plain(code, [type], result),
  binary: (code: number) => plain(code, [type, type], result),
  ternary: (code: number) => plain(code, [type, type, type], result),
  shift: (code: number) => plain(code, [type, "i32"], result),
  test: (code: number) => plain(code, [type], "i32"),
  compare: (code: number) => plain(code, [type, type], "i32"),
})

const ofI32 = family("i32", "i32")
const ofI64 = family("i64", "i64")
const ofF32 = family("f32", "f32")
const ofF64 = family("f64", "f64")
const ofV128 = family("v128", "v128")
const ofI32x4 = family("i32x4", "v128")
const ofI64x2 = family("i64x2", "v128")
const ofF32x4 = family("f32x4", "v128")
const ofF64x2 = family("f64x2", "v128")

/** Instructions that leave a value. */
export const values = {
  i32: {
    eqz: ofI32.test(0x45),
    eq: ofI32.compare(0x46),
    ne: ofI32.compare(0x47),
    lt_s: ofI32.compare(0x48),
    lt_u: ofI32.compare(0x49),
    gt_s: ofI32.compare(0x4a),
    gt_u: ofI32.compare(0x4b),
    le_s: ofI32.compare(0x4c),
    le_u: ofI32.compare(0x4d),
    ge_s: ofI32.compare(0x4e),
    add: ofI32.binary(0x6a),
    sub: ofI32.binary(0x6b),
    mul: ofI32.binary(0x6c),
    div_s: ofI32.binary(0x6d),
    div_u: ofI32.binary(0x6e),
    rem_s: ofI32.binary(0x6f),
    rem_u: ofI32.binary(0x70),
    and: ofI32.binary(0x71),
    or: ofI32.binary(0x72),
    xor: ofI32.binary(0x73),
    shl: ofI32.binary(0x74),
    shr_u: ofI32.binary(0x76),
    wrap_i64: plain(0xa7, ["i64"], "i32"),
    load: access(0x28, ["i32"], "i32", 2),
    load8_s: access(0x2c, ["i32"], "i32", 0),
    load8_u: access(0x2d, ["i32"], "i32", 0),
    load16_s: access(0x2e, ["i32"], "i32", 1),
    load16_u: access(0x2f, ["i32"], "i32", 1),
  },
  i64: {
    ne: ofI64.compare(0x52),
    add: ofI64.binary(0x7c),
    sub: ofI64.binary(0x7d),
    and: ofI64.binary(0x83),
    or: ofI64.binary(0x84),
    shl: ofI64.binary(0x86),
    shr_u: ofI64.binary(0x88),
    extend_i32_u: plain(0xad, ["i32"], "i64"),
    load: access(0x29, ["i32"], "i64", 3),
  },
  f32: {
    eq: ofF32.compare(0x5b),
    ne: ofF32.compare(0x5c),
    gt: ofF32.compare(0x5e),
    add: ofF32.binary(0x92),
    mul: ofF32.binary(0x94),
    convert_i32_s: plain(0xb2, ["i32"], "f32"),
    load: access(0x2a, ["i32"], "f32", 2),
  },
  f64: {
    add: ofF64.binary(0xa0),
    convert_i32_s: plain(0xb7, ["i32"], "f64"),
    load: access(0x2b, ["i32"], "f64", 3),
  },
  v128: {
    load: access(0xfd_0000, ["i32"], "v128", 4),
    load8x8_s: access(0xfd_0001, ["i32"], "v128", 3),
    load8x8_u: access(0xfd_0002, ["i32"], "v128", 3),
    load8_splat: access(0xfd_0007, ["i32"], "v128", 0),
    load32_splat: access(0xfd_0009, ["i32"], "v128", 2),
    load64_splat: access(0xfd_000a, ["i32"], "v128", 3),
    load32_zero: access(0xfd_005c, ["i32"], "v128", 2),
    load64_zero: access(0xfd_005d, ["i32"], "v128", 3),
    load8_lane: accessLane(0xfd_0054, "v128", 0),
    load32_lane: accessLane(0xfd_0056, "v128", 2),
    load64_lane: accessLane(0xfd_0057, "v128", 3),
    not: ofV128.unary(0xfd_004d),
    and: ofV128.binary(0xfd_004e),
    andnot: ofV128.binary(0xfd_004f),
    or: ofV128.binary(0xfd_0050),
    xor: ofV128.binary(0xfd_0051),
    /** The bits of the first operand where the third has ones, of the second where it has zeros. */
    bitselect: ofV128.ternary(0xfd_0052),
  },
  i8x16: {
    shuffle: withImmediate(0xfd_000d, ["v128", "v128"], "v128", "shuffle"),
  },
  i16x8: {
    extend_low_i8x16_u: plain(0xfd_0089, ["i8x16"], "v128"),
  },
  i32x4: {
    splat: plain(0xfd_0011, ["i32"], "v128"),
    extract_lane: withImmediate(0xfd_001b, ["v128"], "i32", "lane"),
    replace_lane: withImmediate(0xfd_001c, ["v128", "i32"], "v128", "lane"),
    eq: ofI32x4.binary(0xfd_0037),
    ne: ofI32x4.binary(0xfd_0038),
    lt_s: ofI32x4.binary(0xfd_0039),
    gt_s: ofI32x4.binary(0xfd_003b),
    le_s: ofI32x4.binary(0xfd_003d),
    ge_u: ofI32x4.binary(0xfd_0040),
    abs: ofI32x4.unary(0xfd_00a0),
    bitmask: ofI32x4.test(0xfd_00a4),
    extend_low_i16x8_u: plain(0xfd_00a9, ["i16x8"], "v128"),
    shl: ofI32x4.shift(0xfd_00ab),
    shr_s: ofI32x4.shift(0xfd_00ac),
    shr_u: ofI32x4.shift(0xfd_00ad),
    add: ofI32x4.binary(0xfd_00ae),
    sub: ofI32x4.binary(0xfd_00b1),
    mul: ofI32x4.binary(0xfd_00b5),
    min_s: ofI32x4.binary(0xfd_00b6),
    max_s: ofI32x4.binary(0xfd_00b8),
    trunc_sat_f32x4_s: plain(0xfd_00f8, ["f32x4"], "v128"),
  },
  i64x2: {
    bitmask: ofI64x2.test(0xfd_00c4),
    shl: ofI64x2.shift(0xfd_00cb),
    shr_u: ofI64x2.shift(0xfd_00cd),
    add: ofI64x2.binary(0xfd_00ce),
    sub: ofI64x2.binary(0xfd_00d1),
  },
  f32x4: {
    splat: plain(0xfd_0013, ["f32"], "v128"),
    extract_lane: withImmediate(0xfd_001f, ["v128"], "f32", "lane"),
    eq: ofF32x4.binary(0xfd_0041),
    ne: ofF32x4.binary(0xfd_0042),
    lt: ofF32x4.binary(0xfd_0043),
    gt: ofF32x4.binary(0xfd_0044),
    le: ofF32x4.binary(0xfd_0045),
    ge: ofF32x4.binary(0xfd_0046),
    demote_f64x2_zero: plain(0xfd_005e, ["f64x2"], "v128"),
    floor: ofF32x4.unary(0xfd_0068),
    trunc: ofF32x4.unary(0xfd_0069),
    abs: ofF32x4.unary(0xfd_00e0),
    neg: ofF32x4.unary(0xfd_00e1),
    sqrt: ofF32x4.unary(0xfd_00e3),
    add: ofF32x4.binary(0xfd_00e4),
    sub: ofF32x4.binary(0xfd_00e5),
    mul: ofF32x4.binary(0xfd_00e6),
    div: ofF32x4.binary(0xfd_00e7),
    min: ofF32x4.binary(0xfd_00e8),
    max: ofF32x4.binary(0xfd_00e9),
    /** The second operand if it is less than the first, else the first: one machine instruction where `min` takes several. */
    pmin: ofF32x4.binary(0xfd_00ea),
    /** The second operand if it is greater than the first, else the first. */
    pmax: ofF32x4.binary(0xfd_00eb),
    convert_i32x4_s: plain(0xfd_00fa, ["i32x4"], "v128"),
    /** a × b + c, rounded once or twice as the host likes: the bits differ between hosts. */
    relaxed_madd: ofF32x4.ternary(0xfd_0105),
    /** −(a × b) + c, rounded once or twice as the host likes. */
    relaxed_nmadd: ofF32x4.ternary(0xfd_0106),
  },
  f64x2: {
    lt: ofF64x2.binary(0xfd_0049),
    ge: ofF64x2.binary(0xfd_004c),
    promote_low_f32x4: plain(0xfd_005f, ["f32x4"], "v128"),
    trunc: ofF64x2.unary(0xfd_007a),
    nearest: ofF64x2.unary(0xfd_0094),
    abs: ofF64x2.unary(0xfd_00ec),
    add: ofF64x2.binary(0xfd_00f0),
    sub: ofF64x2.binary(0xfd_00f1),
    mul: ofF64x2.binary(0xfd_00f2),
    div: ofF64x2.binary(0xfd_00f3),
    pmin: ofF64x2.binary(0xfd_00f6),
    pmax: ofF64x2.binary(0xfd_00f7),
  },
  /** On shared memory; the read-modify-write instructions return what was there. */
  atomic: {
    /** Wakes at most `count` waiters on an address; returns how many. */
    notify: access(0xfe_0000, ["i32", "i32"], "i32", 2),
    /** Waits while the address holds the expected value, at most so many nanoseconds (forever if negative): 0 woken, 1 other value, 2 late. */
    wait: access(0xfe_0001, ["i32", "i32", "i64"], "i32", 2),
    load: access(0xfe_0010, ["i32"], "i32", 2),
    add: access(0xfe_001e, ["i32", "i32"], "i32", 2),
    sub: access(0xfe_0025, ["i32", "i32"], "i32", 2),
    and: access(0xfe_002c, ["i32", "i32"], "i32", 2),
    or: access(0xfe_0033, ["i32", "i32"], "i32", 2),
    xor: access(0xfe_003a, ["i32", "i32"], "i32", 2),
    exchange: access(0xfe_0041, ["i32", "i32"], "i32", 2),
    /** Stores the third operand if the address holds the second. */
    compareExchange: access(0xfe_0048, ["i32", "i32", "i32"], "i32", 2),
    load64: access(0xfe_0011, ["i32"], "i64", 3),
    compareExchange64: access(0xfe_0049, ["i32", "i64", "i64"], "i64", 3),
  },
} as const

/** Instructions that leave nothing and change memory. */
export const effects = {
  i32: {
    store: access(0x36, ["i32", "i32"], "none", 2),
    store8: access(0x3a, ["i32", "i32"], "none", 0),
    store16: access(0x3b, ["i32", "i32"], "none", 1),
  },
  i64: { store: access(0x37, ["i32", "i64"], "none", 3) },
  f32: { store: access(0x38, ["i32", "f32"], "none", 2) },
  f64: { store: access(0x39, ["i32", "f64"], "none", 3) },
  v128: {
    store: access(0xfd_000b, ["i32", "v128"], "none", 4),
    store8_lane: accessLane(0xfd_0058, "none", 0),
    store32_lane: accessLane(0xfd_005a, "none", 2),
    store64_lane: accessLane(0xfd_005b, "none", 3),
  },
  memory: {
    /** Destination, source, bytes. */
    copy: withImmediate(0xfc_000a, ["i32", "i32", "i32"], "none", "zeros"),
    /** Destination, byte, count. */
    fill: withImmediate(0xfc_000b, ["i32", "i32", "i32"], "none", "zero"),
  },
  atomic: {
    store: access(0xfe_0017, ["i32", "i32"], "none", 2),
    store64: access(0xfe_0018, ["i32", "i64"], "none", 3),
    fence: withImmediate(0xfe_0003, [], "none", "zero"),
  },
} as const

/** The instructions of structure, which `Code` writes itself. */
export const structure = {
  unreachable: 0x00,
  block: 0x02,
  loop: 0x03,
  if: 0x04,
  else: 0x05,
  end: 0x0b,
  br: 0x0c,
  br_if: 0x0d,
  br_table: 0x0e,
  return: 0x0f,
  call: 0x10,
  drop: 0x1a,
  select: 0x1b,
  "local.get": 0x20,
  "local.set": 0x21,
  "local.tee": 0x22,
  "global.get": 0x23,
  "i32.const": 0x41,
  "i64.const": 0x42,
  "f32.const": 0x43,
  "f64.const": 0x44,
  "v128.const": 0xfd_000c,
} as const

/** The codes of value types. */
export const typeCodes: { readonly [T in ValueType]: number } = { i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c, v128: 0x7b }
