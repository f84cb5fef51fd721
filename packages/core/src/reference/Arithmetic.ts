/**
 * In which numbers the loops of the definitions compute. Reference does in doubles; an engine's floats round every product and
 * every sum, which the same loops do when what they add into holds floats.
 */
import { allocate, type DType, type Storage } from "../types/DType.ts"

export interface Arithmetic {
  /** New zeroed storage for results. */
  readonly allocate: (dtype: DType, length: number) => Storage
  /** The product of two numbers, before it is added to others. */
  readonly multiply: (x: number, y: number) => number
}

/** Numbers as Reference has them. */
export const doubles: Arithmetic = { allocate, multiply: (x, y) => x * y }

/**
 * Numbers of 32 bits. A sum, product, quotient or root of two of them that is computed in doubles and then rounded is the
 * one rounded at once: doubles have more than twice the digits.
 */
export const floats: Arithmetic = {
  allocate: (dtype, length) => (dtype === "f32" ? new Float32Array(length) : allocate(dtype, length)),
  multiply: (x, y) => Math.fround(x * y),
}
