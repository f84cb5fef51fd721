/**
 * Copies into and out of shared memory. The copies of typed arrays guard each word against other threads there, which takes three
 * times as long; no other thread works in the memory while these run. Node's buffers copy without guards, by `fill`.
 */

/** The elements of an array in a memory. */
export type Elements = Float32Array | Int32Array | Uint8Array

/** Shorter copies take less time than making buffers of their arrays, in bytes. */
const shortCopy = 2 ** 14

const buffers = (): typeof Buffer | undefined => globalThis.process?.getBuiltinModule?.("node:buffer").Buffer

const isShared = ({ buffer }: Elements): boolean =>
  typeof SharedArrayBuffer === "function" && (buffer as ArrayBufferLike) instanceof SharedArrayBuffer

/** Copies an array of as many elements of the same type. */
const fill = (host: typeof Buffer, to: Elements, from: Elements): void => {
  host.from(to.buffer, to.byteOffset, to.byteLength).fill(host.from(from.buffer, from.byteOffset, from.byteLength))
}

/** A function that replaces the elements of an array in a memory by those of another array. */
export const copierInto = (to: Elements): ((from: ArrayLike<number>) => void) => {
  const host = to.byteLength >= shortCopy && isShared(to) ? buffers() : undefined
  if (host === undefined) return (from) => to.set(from)
  return (from) => {
    if (from.length === to.length && from.constructor === to.constructor) fill(host, to, from as Elements)
    else to.set(from)
  }
}

/** A function that copies an array out of a memory. */
export const copierOf = (from: Elements): (() => Elements) => {
  const host = from.byteLength >= shortCopy && isShared(from) ? buffers() : undefined
  const Same = from.constructor as new (from: number | Elements) => Elements
  // Constructors copy few elements several times as fast as `slice`.
  if (host === undefined) return () => new Same(from)
  return () => {
    const to = new Same(from.length)
    fill(host, to, from)
    return to
  }
}
