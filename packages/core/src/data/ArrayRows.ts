/** An array in a file whose rows can be read a few at a time, as the header of the file describes it. */
import type * as NDArray from "../types/NDArray.ts"
import type * as Shape from "../types/Shape.ts"

export interface ArrayRows {
  /** The shape of the whole array; its first axis counts the rows. */
  readonly shape: Shape.Shape
  /** Where the first row begins, in bytes from the beginning of the file. */
  readonly offset: number
  /** Bytes of one row. */
  readonly rowBytes: number
  /** The array that `count` rows of these bytes are. */
  readonly read: (bytes: Uint8Array, count: number) => NDArray.NDArray
}

/** Bytes from the beginning of a file that hold any header: one of .npy is at most 64 KiB and 12 bytes in version 1. */
export const longestHeader = 2 ** 16 + 12
