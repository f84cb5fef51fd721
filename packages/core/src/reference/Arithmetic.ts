/**
 * The arithmetic of the definitions' loops. Reference computes in doubles. An engine rounds every product and every sum to f32;
 * the same loops do so when they accumulate in f32 storage.
 */
import { allocate, type DType, type Storage } from "../types/DType.ts"

export interface Arithmetic {
  /** New zeroed storage for results. */
  readonly allocate: (dtype: DType, length: number) => Storage
  /** The product of two numbers, before it is added to others. */
  readonly multiply: (x: number, y: number) => number
}

/** The arithmetic of Reference. */
export const doubles: Arithmetic = { allocate, multiply: (x, y) => x * y }

/**
 * Arithmetic in f32. A sum, product, quotient or root that is computed in doubles and then rounded to f32 equals the one that
 * is rounded directly: doubles have more than twice the digits.
 */
export const floats: Arithmetic = {
  allocate: (dtype, length) => (dtype === "f32" ? new Float32Array(length) : allocate(dtype, length)),
  multiply: (x, y) => Math.fround(x * y),
}
