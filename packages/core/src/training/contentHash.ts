/** A hash of the bytes of a file, with which a checkpoint identifies its files. */

import { inPieces, type Pieces } from "../types/Pieces.ts"

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

/** The bytes between two turns of others, a multiple of four: a millisecond of code that the host has not optimized yet. */
const pieceBytes = 2 ** 14

/** Adds whole words to both halves of a hash. */
const addWords = (halves: Int32Array, view: DataView, from: number, end: number): void => {
  let [a = 0, b = 0] = halves
  for (let at = from; at < end; at += 4) {
    const word = view.getInt32(at, true)
    a = mix(a, word)
    b = mix(b, word ^ a)
  }
  halves[0] = a
  halves[1] = b
}

function* hashing(bytes: Uint8Array): Pieces<string> {
  const halves = Int32Array.of(0x243f6a88, 0x85a308d3)
  const whole = bytes.length - (bytes.length % 4)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (let from = 0; from < whole; from += pieceBytes) {
    if (from > 0) yield
    addWords(halves, view, from, Math.min(whole, from + pieceBytes))
  }
  // The last bytes and the length are a word each.
  const words = [...bytes.subarray(whole), bytes.length]
  const last = new DataView(new ArrayBuffer(4 * words.length))
  for (const [i, word] of words.entries()) last.setInt32(4 * i, word, true)
  addWords(halves, last, 0, last.byteLength)
  const [a = 0, b = 0] = halves
  return finish(a) + finish(b)
}

/**
 * A 64-bit hash in hexadecimal, the same on every machine. It distinguishes files and detects damage; it does not protect
 * against deliberate changes. It can be computed in pieces. `contentHash(new Uint8Array()) // => "263f320f70a14f2a"`
 */
export const contentHash = inPieces(hashing)
