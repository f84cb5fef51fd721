/** The element types of safetensors files, and how each becomes one of our dtypes. */
import { type DType, fits, type Storage } from "../types/DType.ts"
import { fromBits } from "./float16.ts"

/** The name of an element type in a header. */
export type Code = "F64" | "F32" | "F16" | "BF16" | "I64" | "I32" | "I16" | "I8" | "U64" | "U32" | "U16" | "U8" | "BOOL"

/** The first number that does not fit into a dtype, and its index. */
export interface Misfit {
  readonly value: string
  readonly at: number
}

/** How an element type is read: `read` returns the numbers, or the first one that does not fit. */
export interface Format {
  readonly dtype: DType
  /** Bytes per element. */
  readonly bytes: number
  readonly read: (buffer: ArrayBuffer) => Storage | Misfit
  /** Whether numbers may not fit. */
  readonly isChecked?: true
}

const halves = (buffer: ArrayBuffer): Storage => Float32Array.from(new Uint16Array(buffer), fromBits)

/** The upper half of a float: its bits, with 16 zeros after them. */
const upperHalves = (buffer: ArrayBuffer): Storage =>
  new Float32Array(Uint32Array.from(new Uint16Array(buffer), (bits) => bits << 16).buffer)

/** Reads whole numbers that must fit into a dtype. */
const whole =
  (
    dtype: Exclude<DType, "f32">,
    storage: (length: number) => Int32Array | Uint8Array,
    numbers: (buffer: ArrayBuffer) => ArrayLike<number | bigint>,
  ) =>
  (buffer: ArrayBuffer): Storage | Misfit => {
    const given = numbers(buffer)
    const data = storage(given.length)
    for (let i = 0; i < given.length; i++) {
      const value = given[i] ?? 0
      if (!fits(dtype, Number(value))) return { value: String(value), at: i }
      data[i] = Number(value)
    }
    return data
  }

const i32 = (numbers: (buffer: ArrayBuffer) => ArrayLike<number | bigint>) =>
  whole("i32", (length) => new Int32Array(length), numbers)

export const formats: { readonly [C in Code]: Format } = {
  F64: { dtype: "f32", bytes: 8, read: (buffer) => new Float64Array(buffer) },
  F32: { dtype: "f32", bytes: 4, read: (buffer) => new Float32Array(buffer) },
  F16: { dtype: "f32", bytes: 2, read: halves },
  BF16: { dtype: "f32", bytes: 2, read: upperHalves },
  I64: { dtype: "i32", bytes: 8, read: i32((buffer) => new BigInt64Array(buffer)), isChecked: true },
  I32: { dtype: "i32", bytes: 4, read: (buffer) => new Int32Array(buffer) },
  I16: { dtype: "i32", bytes: 2, read: i32((buffer) => new Int16Array(buffer)) },
  I8: { dtype: "i32", bytes: 1, read: i32((buffer) => new Int8Array(buffer)) },
  U64: { dtype: "i32", bytes: 8, read: i32((buffer) => new BigUint64Array(buffer)), isChecked: true },
  U32: { dtype: "i32", bytes: 4, read: i32((buffer) => new Uint32Array(buffer)), isChecked: true },
  U16: { dtype: "i32", bytes: 2, read: i32((buffer) => new Uint16Array(buffer)) },
  U8: { dtype: "u8", bytes: 1, read: (buffer) => new Uint8Array(buffer) },
  BOOL: {
    dtype: "bool",
    bytes: 1,
    read: whole(
      "bool",
      (length) => new Uint8Array(length),
      (buffer) => new Uint8Array(buffer),
    ),
    isChecked: true,
  },
}

/** Whether the name of an element type in a header is one of these. */
export const isCode = (code: string): code is Code => Object.hasOwn(formats, code)
