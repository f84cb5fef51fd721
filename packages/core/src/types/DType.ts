/**
 * The four element types. `f32` is for all learning, `i32` for counts and indices, `bool` for selection. `u8` stores images
 * and labels in one byte per element until a program casts them.
 */
export type DType = "f32" | "i32" | "bool" | "u8"

/**
 * The typed array behind an array. An engine stores `f32` in a `Float32Array`; Reference, which defines every result, stores
 * it in doubles. `i32` is in an `Int32Array`, `bool` (0 or 1) and `u8` in a `Uint8Array`.
 */
export type Storage = Float32Array | Float64Array | Int32Array | Uint8Array

/** All dtypes, in the order of their range. */
export const all: ReadonlyArray<DType> = ["bool", "u8", "i32", "f32"]

/** New zeroed storage of `length` elements, in doubles for `f32`. */
export const allocate = (dtype: DType, length: number): Storage => storages[dtype](length)

const storages: { readonly [D in DType]: (length: number) => Storage } = {
  f32: (length) => new Float64Array(length),
  i32: (length) => new Int32Array(length),
  bool: (length) => new Uint8Array(length),
  u8: (length) => new Uint8Array(length),
}

/** Whether this storage can hold elements of this dtype. */
export const holds = (dtype: DType, storage: Storage): boolean =>
  dtype === "f32"
    ? storage instanceof Float64Array || storage instanceof Float32Array
    : dtype === "i32"
      ? storage instanceof Int32Array
      : storage instanceof Uint8Array

const ranges: { readonly [D in Exclude<DType, "f32">]: readonly [low: number, high: number] } = {
  i32: [-(2 ** 31), 2 ** 31 - 1],
  u8: [0, 255],
  bool: [0, 1],
}

/** Whether a number is an element of this dtype without rounding or wrapping. `fits("u8", 256) // => false` */
export const fits = (dtype: DType, x: number): boolean =>
  dtype === "f32" || (Number.isInteger(x) && x >= ranges[dtype][0] && x <= ranges[dtype][1])

/** A description of the elements of a dtype. `range("u8") // => "a whole number from 0 to 255"` */
export const range = (dtype: DType): string =>
  dtype === "f32" ? "a number" : dtype === "bool" ? "0 or 1" : `a whole number from ${ranges[dtype].join(" to ")}`

/** The bytes of an element in an engine. */
export const bytes: { readonly [D in DType]: number } = { f32: 4, i32: 4, bool: 1, u8: 1 }
