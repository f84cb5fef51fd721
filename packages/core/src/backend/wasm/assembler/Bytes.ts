const utf8 = new TextEncoder()

/**
 * A growing buffer with the encodings of the WebAssembly binary format: LEB128 integers, little-endian floats, length-prefixed
 * vectors. Nothing is concatenated: what is written stays where it is until the whole is copied out.
 */
export class Bytes {
  #bytes: Uint8Array<ArrayBuffer>
  #view: DataView<ArrayBuffer>
  #length = 0

  constructor(capacity = 1024) {
    this.#bytes = new Uint8Array(capacity)
    this.#view = new DataView(this.#bytes.buffer)
  }

  get length(): number {
    return this.#length
  }

  /** Empties the buffer and keeps its capacity. */
  clear(): void {
    this.#length = 0
  }

  #reserve(count: number): number {
    const at = this.#length
    const wanted = at + count
    if (wanted > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(2 * this.#bytes.length, wanted))
      grown.set(this.#bytes)
      this.#bytes = grown
      this.#view = new DataView(grown.buffer)
    }
    this.#length = wanted
    return at
  }

  u8(value: number): void {
    const at = this.#reserve(1)
    this.#bytes[at] = value
  }

  /** An unsigned LEB128 integer below 2³². */
  u32(value: number): void {
    let rest = value
    while (rest >= 0x80) {
      this.u8((rest & 0x7f) | 0x80)
      rest = Math.floor(rest / 0x80)
    }
    this.u8(rest)
  }

  /** A signed LEB128 integer of 32 bits; a value of 2³¹ or more is the one with the same bits. */
  s32(value: number): void {
    let rest = value | 0
    while (rest < -0x40 || rest >= 0x40) {
      this.u8((rest & 0x7f) | 0x80)
      rest >>= 7
    }
    this.u8(rest & 0x7f)
  }

  /** A signed LEB128 integer of 64 bits; a value of 2⁶³ or more is the one with the same bits. */
  s64(value: bigint): void {
    let rest = BigInt.asIntN(64, value)
    while (rest < -0x40n || rest >= 0x40n) {
      this.u8(Number(rest & 0x7fn) | 0x80)
      rest >>= 7n
    }
    this.u8(Number(rest & 0x7fn))
  }

  f32(value: number): void {
    const at = this.#reserve(4)
    this.#view.setFloat32(at, value, true)
  }

  f64(value: number): void {
    const at = this.#reserve(8)
    this.#view.setFloat64(at, value, true)
  }

  raw(bytes: Uint8Array): void {
    const at = this.#reserve(bytes.length)
    this.#bytes.set(bytes, at)
  }

  /** The contents of another buffer. */
  append(other: Bytes): void {
    const at = this.#reserve(other.#length)
    this.#bytes.set(other.#bytes.subarray(0, other.#length), at)
  }

  /** Some of the contents of another buffer. */
  appendPart(other: Bytes, from: number, to: number): void {
    const at = this.#reserve(to - from)
    this.#bytes.set(other.#bytes.subarray(from, to), at)
  }

  /** The length of another buffer, then its contents. */
  vector(other: Bytes): void {
    this.u32(other.#length)
    this.append(other)
  }

  /** A name in UTF-8 after its length. */
  name(text: string): void {
    const bytes = utf8.encode(text)
    this.u32(bytes.length)
    this.raw(bytes)
  }

  /** A copy of what was written. */
  copy(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.#length)
  }
}
