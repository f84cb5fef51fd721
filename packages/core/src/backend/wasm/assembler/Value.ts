/**
 * WebAssembly expressions as typed data: `f32x4.add(v128.load(p, 16), x)` is a tree that describes a computation, and
 * `Code` writes it where it is used. A value used twice is computed twice, and reads memory and locals as they are
 * where it is written; `Code.let` computes it once and keeps it in a local.
 *
 * Arguments stand in the order of the operands, immediates (offset, lane) after them: `v128.load(address, offset)`,
 * `f32x4.extract_lane(x, lane)`. A JavaScript number is a constant, in every lane where the instruction names its lanes:
 * `f32x4.mul(x, 0.5)`.
 */
import { type Immediate, type Instruction, type Lanes, type Operand, structure, type ValueType, values } from "./opcodes.ts"

/** What a node has besides its operands: an instruction's immediate, a constant, or the index of a local, global or function. */
export type Form = Immediate | ValueType | "index" | "local"

/** An expression that leaves a value of type `T`. */
export class Value<T extends ValueType = ValueType> {
  readonly type: T
  readonly code: number
  readonly form: Form
  readonly operands: ReadonlyArray<Value>
  /** The offset, lane, index or constant. */
  readonly immediate: number
  /** An immediate that is not a number: a 64-bit or 128-bit constant, the lanes of a shuffle. */
  readonly wide: bigint | Uint8Array | undefined
  readonly align: number
  readonly lane: number

  constructor(
    type: T,
    code: number,
    form: Form,
    operands: ReadonlyArray<Value>,
    immediate = 0,
    wide: bigint | Uint8Array | undefined = undefined,
    align = 0,
    lane = 0,
  ) {
    this.type = type
    this.code = code
    this.form = form
    this.operands = operands
    this.immediate = immediate
    this.wide = wide
    this.align = align
    this.lane = lane
  }
}

export type I32 = Value<"i32">
export type I64 = Value<"i64">
export type F32 = Value<"f32">
export type F64 = Value<"f64">
export type V128 = Value<"v128">

/** A variable of a function. It lives as long as the scope it was made in; used later it throws. */
export class Local<T extends ValueType = ValueType> extends Value<T> {
  released = false

  constructor(type: T, index: number) {
    super(type, structure["local.get"], "local", [], index)
  }
}

/** A local that may be set again. For vectors that is a type of its own: see `Code.variable`. */
export class Variable<T extends ValueType = ValueType> extends Local<T> {
  readonly isVariable = true
}

/** What may stand for an operand: a value of its type, or a number. */
export type Argument<O extends Operand> = O extends "v128"
  ? V128
  : O extends "i64"
    ? I64 | bigint
    : O extends "i64x2"
      ? V128 | bigint
      : O extends Lanes
        ? V128 | number
        : O extends ValueType
          ? Value<O> | number
          : never

interface Immediates {
  readonly none: []
  readonly memory: [offset?: number]
  readonly lane: [lane: number]
  readonly memoryLane: [lane: number, offset?: number]
  readonly shuffle: [lanes: ReadonlyArray<number>]
  readonly zero: []
  readonly zeros: []
}

/** The arguments of an instruction: its operands, then its immediates. */
export type Arguments<I extends Instruction> =
  I extends Instruction<infer O, infer _, infer M>
    ? [...{ -readonly [K in keyof O]: O[K] extends Operand ? Argument<O[K]> : never }, ...Immediates[M]]
    : never

type Builder<I extends Instruction> =
  I extends Instruction<infer _O, infer R, infer _M> ? (...args: Arguments<I>) => R extends ValueType ? Value<R> : never : never

type Builders<Table> = {
  readonly [N in keyof Table]: {
    readonly [M in keyof Table[N]]: Table[N][M] extends Instruction ? Builder<Table[N][M]> : never
  }
}

const noOperands: ReadonlyArray<Value> = []

const lanesOf = (count: 2 | 4 | 8 | 16, set: (view: DataView, at: number, lane: number) => void): V128 => {
  const bytes = new Uint8Array(16)
  const view = new DataView(bytes.buffer)
  for (let lane = 0; lane < count; lane++) set(view, (lane * 16) / count, lane)
  return new Value("v128", structure["v128.const"], "v128", [], 0, bytes)
}

const nth = <A>(lanes: ReadonlyArray<A>, lane: number): A => {
  const value = lanes[lanes.length === 1 ? 0 : lane]
  if (value === undefined) throw new RangeError(`a vector constant has one lane or all of them, not ${lanes.length}`)
  return value
}

/** Constants: one number for all lanes, or one for each. */
const constants = {
  i32: { const: (value: number): I32 => new Value("i32", structure["i32.const"], "i32", noOperands, value) },
  i64: { const: (value: bigint): I64 => new Value("i64", structure["i64.const"], "i64", [], 0, value) },
  f32: { const: (value: number): F32 => new Value("f32", structure["f32.const"], "f32", noOperands, value) },
  f64: { const: (value: number): F64 => new Value("f64", structure["f64.const"], "f64", noOperands, value) },
  i8x16: { const: (...lanes: ReadonlyArray<number>): V128 => lanesOf(16, (v, at, i) => v.setInt8(at, nth(lanes, i))) },
  i16x8: { const: (...lanes: ReadonlyArray<number>): V128 => lanesOf(8, (v, at, i) => v.setInt16(at, nth(lanes, i), true)) },
  i32x4: { const: (...lanes: ReadonlyArray<number>): V128 => lanesOf(4, (v, at, i) => v.setInt32(at, nth(lanes, i), true)) },
  i64x2: { const: (...lanes: ReadonlyArray<bigint>): V128 => lanesOf(2, (v, at, i) => v.setBigInt64(at, nth(lanes, i), true)) },
  f32x4: { const: (...lanes: ReadonlyArray<number>): V128 => lanesOf(4, (v, at, i) => v.setFloat32(at, nth(lanes, i), true)) },
  f64x2: { const: (...lanes: ReadonlyArray<number>): V128 => lanesOf(2, (v, at, i) => v.setFloat64(at, nth(lanes, i), true)) },
} as const

/** Constants in every lane, cached: kernels use the same few repeatedly. */
const splats: { readonly [L in Lanes]: Map<number | bigint, Value> } = {
  i8x16: new Map(),
  i16x8: new Map(),
  i32x4: new Map(),
  i64x2: new Map(),
  f32x4: new Map(),
  f64x2: new Map(),
}
const splatsKept = 1024

const splat = (lanes: Lanes, argument: number | bigint): Value => {
  const make: (value: never) => Value = constants[lanes].const
  // A Map takes −0 for 0.
  if (Object.is(argument, -0)) return make(argument as never)
  const kept = splats[lanes]
  const known = kept.get(argument)
  if (known !== undefined) return known
  if (kept.size >= splatsKept) kept.clear()
  const made = make(argument as never)
  kept.set(argument, made)
  return made
}

/** An argument as the node it stands for. */
export const operand = (type: Operand, argument: unknown): Value => {
  if (argument instanceof Value) return argument
  switch (type) {
    case "v128":
      throw new TypeError("a v128 whose lanes the instruction does not name cannot be a number")
    case "i32":
    case "f32":
    case "f64":
      return constants[type].const(argument as number)
    case "i64":
      return i64.const(argument as bigint)
    default:
      return splat(type, argument as number | bigint)
  }
}

const offsetOf = (argument: unknown): number => {
  const offset = argument === undefined ? 0 : Number(argument)
  if (!(Number.isInteger(offset) && offset >= 0 && offset < 2 ** 32)) throw new RangeError(`${offset} is not a memory offset`)
  return offset
}

const shuffleLanes = (argument: unknown): Uint8Array => {
  const lanes = Uint8Array.from(argument as ReadonlyArray<number>)
  if (lanes.length !== 16) throw new RangeError(`a shuffle names 16 bytes, not ${lanes.length}`)
  return lanes
}

const zero: I32 = constants.i32.const(0)

/**
 * An access to memory. A constant address becomes part of the offset: V8 13.6 and 14.1 pack neighbouring accesses with different
 * constant addresses wrongly when the upper one comes first, and those with different offsets rightly.
 */
const access = (
  type: ValueType,
  { align, code, immediate }: Instruction,
  nodes: Array<Value>,
  offset: number,
  lane = 0,
): Value => {
  const [address] = nodes
  const sum = address?.form === "i32" ? (address.immediate >>> 0) + offset : Number.POSITIVE_INFINITY
  const isWhole = sum < 2 ** 32
  if (isWhole) nodes[0] = zero
  return new Value(type, code, immediate, nodes, isWhole ? sum : offset, undefined, align, lane)
}

/** The node of an instruction applied to arguments. One that leaves nothing has no type of its own: only `Code` makes it. */
export const apply = (instruction: Instruction, args: ReadonlyArray<unknown>): Value => {
  const { code, operands, result, immediate } = instruction
  const count = operands.length
  const nodes: Array<Value> = new Array(count)
  for (let i = 0; i < count; i++) nodes[i] = operand(operands[i] as Operand, args[i])
  const type = result === "none" ? "i32" : result
  switch (immediate) {
    case "none":
    case "zero":
    case "zeros":
      return new Value(type, code, immediate, nodes)
    case "lane":
      return new Value(type, code, immediate, nodes, 0, undefined, 0, args[count] as number)
    case "memory":
      return access(type, instruction, nodes, offsetOf(args[count]))
    case "memoryLane":
      return access(type, instruction, nodes, offsetOf(args[count + 1]), args[count] as number)
    case "shuffle":
      return new Value(type, code, immediate, nodes, 0, shuffleLanes(args[count]))
  }
}

const mapEntries = <A, B>(record: Readonly<Record<string, A>>, f: (value: A) => B): Record<string, B> =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, f(value)]))

const builders = mapEntries(values, (family: Readonly<Record<string, Instruction>>) =>
  mapEntries(
    family,
    (instruction) =>
      (...args: ReadonlyArray<unknown>) =>
        apply(instruction, args),
  ),
) as unknown as Builders<typeof values>

export const i32 = { ...builders.i32, ...constants.i32 } as const
export const i64 = { ...builders.i64, ...constants.i64 } as const
export const f32 = { ...builders.f32, ...constants.f32 } as const
export const f64 = { ...builders.f64, ...constants.f64 } as const
export const v128 = builders.v128

const zeros: V128 = constants.i32x4.const(0)

/** The same vector, computed once more. */
export const copyOf = (x: V128): V128 => builders.v128.or(x, zeros)

/**
 * A vector for a shuffle. Where V8 packs a vector as the lower half of a pair, shuffles of it read another register (seen in V8
 * 13.6, 14.1 and 14.6); all other instructions read the right one.
 */
const apart = (x: V128): V128 => (x.form === "v128" ? x : copyOf(x))

/** Sixteen of the 32 bytes of two vectors, by their numbers. */
const shuffle = (x: V128, y: V128, bytes: ReadonlyArray<number>): V128 => builders.i8x16.shuffle(apart(x), apart(y), bytes)

export const i8x16 = { ...builders.i8x16, ...constants.i8x16, shuffle } as const
export const i16x8 = { ...builders.i16x8, ...constants.i16x8 } as const
export const i32x4 = { ...builders.i32x4, ...constants.i32x4 } as const
export const i64x2 = { ...builders.i64x2, ...constants.i64x2 } as const
export const f32x4 = { ...builders.f32x4, ...constants.f32x4 } as const
export const f64x2 = { ...builders.f64x2, ...constants.f64x2 } as const
/** Each one does something besides leaving a value: bind it with `Code.let` or drop it with `Code.drop`, once. */
export const atomic = builders.atomic

/** The first value if the condition is not zero, else the second; both are computed. */
export const select = <T extends ValueType>(condition: I32, whenTrue: Value<T>, whenFalse: Value<T>): Value<T> =>
  new Value(whenTrue.type, structure.select, "none", [whenTrue, whenFalse, condition])

/** The smaller and the larger of two whole numbers. */
export const smaller = (a: I32, b: I32): I32 => select(i32.lt_s(a, b), a, b)
export const larger = (a: I32, b: I32): I32 => select(i32.gt_s(a, b), a, b)

/** Sets a local and leaves what it was set to. */
export const tee = <T extends ValueType>(local: Local<T>, value: Value<T>): Value<T> =>
  new Value(local.type, structure["local.tee"], "index", [value], local.immediate)
