/**
 * A column of texts as UTF-8 bytes. While cells repeat, each distinct text is stored once and a row takes 4 bytes; a column of
 * mostly distinct texts takes their bytes and 9 more for each row.
 */
import { Integers, integers, pageSize } from "./Pages.ts"

/** Bytes of one chunk, and the bits of a position in it. A text is within one chunk; a longer one has a chunk of its own. */
const chunkBits = 20
const chunkSize = 2 ** chunkBits

/** Distinct texts after which a column of mostly distinct texts is stored without looking them up. */
const manyDistinct = 2 ** 16

/** Texts longer than this many bytes are not looked up. */
const longest = 255

/** Distinct texts of which decoded strings are kept. */
const mostDecoded = 2 ** 12

const decoder = /* @__PURE__ */ new TextDecoder("utf-8", { ignoreBOM: true })

/** UTF-8 bytes as a text. */
export const decode = (bytes: Uint8Array, start: number, end: number): string => {
  if (end - start > 24) return decoder.decode(bytes.subarray(start, end))
  let text = ""
  for (let at = start; at < end; at++) {
    const byte = bytes[at] as number
    if (byte > 127) return decoder.decode(bytes.subarray(start, end))
    text += String.fromCharCode(byte)
  }
  return text
}

const hashOf = (bytes: Uint8Array, start: number, end: number): number => {
  let hash = end - start
  for (let at = start; at < end; at++) hash = Math.imul(hash ^ (bytes[at] as number), 16777619)
  return hash ^ (hash >>> 15)
}

export class TextStore {
  /** The number of each row's text among the stored texts. */
  readonly #codes = integers()
  readonly #chunks: Array<Uint8Array> = []
  #chunk = new Uint8Array(0)
  #used = 0
  /** Where each text is: the number of its chunk, then the position in it of its length, which comes before its bytes. */
  readonly #places = new Integers()
  #slots = new Int32Array(16).fill(-1)
  #isLookedUp = true
  #distinct = manyDistinct
  readonly #decoded: Array<string | undefined> = []

  grow(room: number): void {
    this.#codes.grow(room)
  }

  /** Sets the text of a row, which is the last row or the next one. */
  set(row: number, bytes: Uint8Array, start: number, end: number): void {
    this.#codes.page[row & (pageSize - 1)] =
      this.#isLookedUp && end - start <= longest ? this.#find(row, bytes, start, end) : this.#add(bytes, start, end)
  }

  text(row: number): string {
    const code = this.#codes.at(row)
    const known = this.#decoded[code]
    if (known !== undefined) return known
    const place = this.#places.at(code)
    const chunk = this.#chunks[place >>> chunkBits] as Uint8Array
    let at = place & (chunkSize - 1)
    let length = 0
    for (let shift = 0; ; shift += 7) {
      const byte = chunk[at++] as number
      length |= (byte & 127) << shift
      if (byte < 128) break
    }
    const text = decode(chunk, at, at + length)
    if (code < mostDecoded) this.#decoded[code] = text
    return text
  }

  /** The code of a text that may be stored already. */
  #find(row: number, bytes: Uint8Array, start: number, end: number): number {
    const mask = this.#slots.length - 1
    let slot = hashOf(bytes, start, end) & mask
    for (;;) {
      const code = this.#slots[slot] as number
      if (code < 0) break
      if (this.#isEqual(code, bytes, start, end)) return code
      slot = (slot + 1) & mask
    }
    const code = this.#add(bytes, start, end)
    this.#slots[slot] = code
    if (code >= this.#distinct) {
      this.#isLookedUp = row > 2 * code
      this.#distinct *= 2
    }
    if (code * 2 > mask) this.#rehash()
    return code
  }

  /** Whether a text is stored under a code. Texts that are looked up have lengths of one or two bytes. */
  #isEqual(code: number, bytes: Uint8Array, start: number, end: number): boolean {
    const place = this.#places.at(code)
    const chunk = this.#chunks[place >>> chunkBits] as Uint8Array
    const length = end - start
    let from = place & (chunkSize - 1)
    if (length < 128) {
      if (chunk[from++] !== length) return false
    } else if (chunk[from++] !== ((length & 127) | 128) || chunk[from++] !== length >>> 7) return false
    for (let i = 0; i < length; i++) if (chunk[from + i] !== bytes[start + i]) return false
    return true
  }

  #rehash(): void {
    const before = this.#slots
    this.#slots = new Int32Array(before.length * 4).fill(-1)
    const mask = this.#slots.length - 1
    for (const code of before) {
      if (code < 0) continue
      const place = this.#places.at(code)
      const chunk = this.#chunks[place >>> chunkBits] as Uint8Array
      let from = place & (chunkSize - 1)
      let length = chunk[from++] as number
      if (length > 127) length = (length & 127) | ((chunk[from++] as number) << 7)
      let slot = hashOf(chunk, from, from + length) & mask
      while ((this.#slots[slot] as number) >= 0) slot = (slot + 1) & mask
      this.#slots[slot] = code
    }
  }

  /** Stores a text; returns its code. */
  #add(bytes: Uint8Array, start: number, end: number): number {
    const length = end - start
    // A length takes at most 5 bytes, 7 bits in each.
    if (this.#used + length + 5 > this.#chunk.length) {
      this.#chunk = new Uint8Array(Math.max(length + 5, Math.min(chunkSize, 2 * this.#chunk.length || 2 ** 6)))
      this.#chunks.push(this.#chunk)
      this.#used = 0
    }
    const chunk = this.#chunk
    this.#places.push(((this.#chunks.length - 1) << chunkBits) | this.#used)
    let at = this.#used
    let rest = length
    for (; rest > 127; rest >>>= 7) chunk[at++] = (rest & 127) | 128
    chunk[at++] = rest
    if (length > 32) chunk.set(bytes.subarray(start, end), at)
    else for (let i = 0; i < length; i++) chunk[at + i] = bytes[start + i] as number
    this.#used = at + length
    return this.#places.size - 1
  }
}
