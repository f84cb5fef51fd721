/** A hash of the bytes of a file, with which a checkpoint identifies its files. */

/** One round of MurmurHash3 (Appleby, 2011) on a 32-bit word. */
const mix = (hash: number, word: number): number => {
  const k = Math.imul(word, 0xcc9e2d51)
  const h = hash ^ Math.imul((k << 15) | (k >>> 17), 0x1b873593)
  return (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0
}

const finish = (hash: number): string => {
  const h = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  const k = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return ((k ^ (k >>> 16)) >>> 0).toString(16).padStart(8, "0")
}

/**
 * A 64-bit hash in hexadecimal, the same on every machine. It distinguishes files and detects damage; it does not protect
 * against deliberate changes. `contentHash(new Uint8Array()) // => "263f320f70a14f2a"`
 */
export const contentHash = (bytes: Uint8Array): string => {
  let [a, b] = [0x243f6a88, 0x85a308d3]
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const add = (word: number): void => {
    a = mix(a, word)
    b = mix(b, word ^ a)
  }
  const whole = bytes.length - (bytes.length % 4)
  for (let at = 0; at < whole; at += 4) add(view.getInt32(at, true))
  for (let at = whole; at < bytes.length; at++) add(view.getUint8(at))
  add(bytes.length)
  return finish(a) + finish(b)
}
