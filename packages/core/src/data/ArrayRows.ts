/** An array in a file whose rows can be read in blocks, as described by the file's header. */
import type { DType } from "../types/DType.ts"
import type * as NDArray from "../types/NDArray.ts"
import type * as Shape from "../types/Shape.ts"

export interface ArrayRows {
  /** The shape of the whole array; its first axis counts the rows. */
  readonly shape: Shape.Shape
  /** Where the first row begins, in bytes from the beginning of the file. */
  readonly offset: number
  /** Bytes of one row. */
  readonly rowBytes: number
  /** The dtype whose elements the bytes are, as they stand; `undefined` where reading converts them. */
  readonly dtype: DType | undefined
  /** The array of `count` rows, from their bytes. */
  readonly read: (bytes: Uint8Array, count: number) => NDArray.NDArray
}

/** The size of the longest header, in bytes: in .npy version 1 it is at most 64 KiB and 12 bytes. */
export const maxHeaderBytes = 2 ** 16 + 12
