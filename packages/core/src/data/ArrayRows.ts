/** An array in a file whose rows can be read in blocks, as described by the file's header. */
import type { DType } from "../types/DType.ts"
import type * as NDArray from "../types/NDArray.ts"
import type * as Shape from "../types/Shape.ts"

export interface ArrayRows {
  /** The shape of the whole array; its first axis counts the rows. */
  readonly shape: Shape.Shape
  /** Where the first row begins, in bytes from the beginning of the file. */
  readonly offset: number
  /** The type of the elements and the shape, as messages have them. */
  readonly written: string
  /** Bytes of one row. */
  readonly rowBytes: number
  /** The dtype whose elements the bytes are, as they stand; `undefined` where reading converts them. */
  readonly dtype: DType | undefined
  /** The array of `count` rows, from their bytes. */
  readonly read: (bytes: Uint8Array, count: number) => NDArray.NDArray
  /** What depends on all elements, for whole numbers that may need more than 32 bits. */
  readonly wide?: Wide
}

/** Whole numbers that may need more than 32 bits: then all of an array become doubles. */
export interface Wide {
  /** Whether an element of these bytes needs more. */
  readonly isBeyond: (bytes: Uint8Array) => boolean
  /** `read` with doubles, which are exact up to 2^53. */
  readonly asDoubles: (bytes: Uint8Array, count: number) => NDArray.NDArray
  /** `read` with numbers of 32 bits. */
  readonly asInts: (bytes: Uint8Array, count: number) => NDArray.NDArray
}

/** The size of the longest header, in bytes: in .npy version 1 it is at most 64 KiB and 12 bytes. */
export const maxHeaderBytes = 2 ** 16 + 12
