/** Unpacks LZ4 frames (Collet, 2013) of a known length, as Arrow files have them. Checksums are not compared. */

const wrong = (what: string): never => {
  throw new RangeError(`LZ4 data with ${what}`)
}

/** A length that goes on in the next bytes while they are 255. */
const longer = (bytes: Uint8Array, at: number, length: number): readonly [at: number, length: number] => {
  if (length < 15) return [at, length]
  let sum = length
  let next = at
  for (;;) {
    const byte = bytes[next++] ?? wrong("a length that is cut off")
    sum += byte
    if (byte < 255) return [next, sum]
  }
}

/** Unpacks a block to `out` from `start` on; returns where it ends there. Copies may reach into blocks before it. */
const block = (bytes: Uint8Array, out: Uint8Array, start: number): number => {
  let to = start
  for (let at = 0; at < bytes.length; ) {
    const token = bytes[at++] ?? 0
    const [from, literals] = longer(bytes, at, token >> 4)
    if (from + literals > bytes.length || to + literals > out.length) wrong("too many bytes")
    out.set(bytes.subarray(from, from + literals), to)
    to += literals
    at = from + literals
    // The last sequence has no copy.
    if (at === bytes.length) break
    if (at + 2 > bytes.length) wrong("a copy that is cut off")
    const distance = (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8)
    const [next, rest] = longer(bytes, at + 2, token & 15)
    at = next
    const length = rest + 4
    if (distance === 0 || distance > to || to + length > out.length) wrong("a copy from outside")
    for (let i = 0; i < length; i++, to++) out[to] = out[to - distance] as number
  }
  return to
}

const magic = 0x184d2204

/** Exactly `length` bytes. Throws `RangeError` for other data. */
export const unpack = (bytes: Uint8Array, length: number): Uint8Array => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (view.getUint32(0, true) !== magic) wrong("no frame")
  const flags = view.getUint8(4)
  const [hasChecksums, hasSize, hasDictionary] = [(flags & 16) !== 0, (flags & 8) !== 0, (flags & 1) !== 0]
  const out = new Uint8Array(length)
  let to = 0
  for (let at = 7 + (hasSize ? 8 : 0) + (hasDictionary ? 4 : 0); ; ) {
    const head = view.getUint32(at, true)
    if (head === 0) break
    const size = head & 0x7fffffff
    if (at + 4 + size > bytes.length) wrong("a block that is cut off")
    const own = bytes.subarray(at + 4, at + 4 + size)
    if (head >>> 31 === 0) to = block(own, out, to)
    else {
      if (to + size > length) wrong("too many bytes")
      out.set(own, to)
      to += size
    }
    at += 4 + size + (hasChecksums ? 4 : 0)
  }
  return to === length ? out : wrong(`${to} of ${length} bytes`)
}
