/** The entropy-coded part of a JPEG file: bits with stuffed bytes, and codes of Huffman (ITU-T T.81, annexes C and F). */

/** What is wrong within a scan; never leaves the decoder. */
export class Damaged extends Error {}

/** A table of codes of Huffman: for each length the smallest code, the largest, and where its values start. */
export interface Codes {
  /** For each 8 bits: length << 8 | value of the code that they begin with, 0 where it is longer. */
  readonly quick: Uint16Array
  readonly smallest: Int32Array
  readonly largest: Int32Array
  readonly first: Int32Array
  readonly values: Uint8Array
}

/** The codes of `counts` [16], the number of codes of each length, and their values; `undefined` where codes overflow. */
export const codesOf = (counts: Uint8Array, values: Uint8Array): Codes | undefined => {
  const quick = new Uint16Array(256)
  const [smallest, largest, first] = [new Int32Array(17), new Int32Array(17).fill(-1), new Int32Array(17)]
  let code = 0
  let at = 0
  for (let length = 1; length <= 16; length++) {
    const count = counts[length - 1] ?? 0
    if (code + count > 2 ** length) return undefined
    smallest[length] = code
    first[length] = at
    if (count > 0) largest[length] = code + count - 1
    for (let i = 0; i < count; i++, code++, at++)
      if (length <= 8) quick.fill((length << 8) | (values[at] ?? 0), code << (8 - length), (code + 1) << (8 - length))
    code <<= 1
  }
  return { quick, smallest, largest, first, values }
}

/** Reads bits until a marker. */
export interface Bits {
  /** One value of these codes. */
  readonly value: (codes: Codes) => number
  /** A number of `size` bits. */
  readonly bits: (size: number) => number
  /** A signed number of `size` bits (T.81, table F.1). */
  readonly signed: (size: number) => number
  /** Goes behind the next restart marker, and drops the bits before it. */
  readonly restart: () => void
  /** Where the next marker is. */
  readonly end: () => number
}

/** The bits from a byte on. Throws `Damaged` where bits are missing or are no code. */
export const bitsOf = (bytes: Uint8Array, start: number): Bits => {
  let at = start
  let buffer = 0
  let held = 0
  /** Bits of zero that were added after the end; a decoder may look at some, and uses none. */
  let added = 0

  const fill = (): void => {
    while (held <= 16) {
      const byte = bytes[at]
      const next = bytes[at + 1]
      if (byte === undefined || (byte === 0xff && next !== 0)) {
        buffer <<= 8
        added += 8
      } else {
        buffer = (buffer << 8) | byte
        at += byte === 0xff ? 2 : 1
      }
      held += 8
    }
  }
  const take = (size: number): void => {
    held -= size
    if (held < added) throw new Damaged("a scan that ends in the middle")
  }
  const peek = (size: number): number => {
    if (held < size) fill()
    return (buffer >> (held - size)) & ((1 << size) - 1)
  }
  const bits = (size: number): number => {
    if (size === 0) return 0
    const value = peek(size)
    take(size)
    return value
  }
  return {
    bits,
    value: ({ first, largest, quick, smallest, values }) => {
      const entry = quick[peek(8)] as number
      if (entry !== 0) {
        take(entry >> 8)
        return entry & 255
      }
      for (let length = 9; length <= 16; length++) {
        const code = peek(length)
        if (code <= (largest[length] as number) && code >= (smallest[length] as number)) {
          take(length)
          return values[(first[length] as number) + code - (smallest[length] as number)] as number
        }
      }
      if (added > 0) throw new Damaged("a scan that ends in the middle")
      throw new Damaged("bits that are no code")
    },
    signed: (size) => {
      const value = bits(size)
      return size === 0 || value >= 1 << (size - 1) ? value : value - (1 << size) + 1
    },
    restart: () => {
      buffer = 0
      held = 0
      added = 0
      while (at < bytes.length && !(bytes[at] === 0xff && bytes[at + 1] !== 0 && bytes[at + 1] !== 0xff)) at++
      const marker = bytes[at + 1] ?? 0
      if (marker < 0xd0 || marker > 0xd7) throw new Damaged("a scan without a restart marker")
      at += 2
    },
    end: () => {
      while (at < bytes.length && !(bytes[at] === 0xff && bytes[at + 1] !== 0 && bytes[at + 1] !== 0xff)) at++
      return at
    },
  }
}
