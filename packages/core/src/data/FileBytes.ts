/** Bytes that can be read from any offset by the calling thread, such as those of a file. */

/** Bytes that can be read from any offset. */
export interface FileBytes {
  readonly name: string
  readonly size: number
  /** `length` bytes from an offset, in a new array. Throws `DataError` where they cannot be read. */
  readonly read: (offset: number, length: number) => Uint8Array
}

/** A file that grows, and is read. */
export interface GrowingFile {
  readonly path: string
  readonly append: (bytes: Uint8Array) => number
  readonly read: (offset: number, length: number) => Uint8Array
}

/** The bytes of a file that has grown to this size. */
export const grown = ({ path: name, read }: GrowingFile, size: number): FileBytes => ({ name, size, read })
