/** A hash of 96 bits for a cell: equal hashes count as equal cells, of a hundred million cells with a chance of 10^-13 that two differ. */

/** The three words of the last hash. */
export const hash = /* @__PURE__ */ new Int32Array(3)

const double = /* @__PURE__ */ new Float64Array(1)
const words = /* @__PURE__ */ new Int32Array(double.buffer)

/** A mixing of 32 bits (Wellons, lowbias32). */
const mixed = (n: number): number => {
  let x = Math.imul(n ^ (n >>> 16), 0x7feb352d)
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b)
  return x ^ (x >>> 16)
}

/** Hashes a number, as the text that it prints as: each word depends on all bits, and two of them say which number it was. */
export const hashNumber = (value: number): void => {
  // The negative zero prints as 0.
  double[0] = value + 0
  const [low, high] = [words[0] as number, words[1] as number]
  const a = low ^ mixed(high)
  const b = high ^ mixed(a)
  hash[0] = a
  hash[1] = b
  hash[2] = mixed(a ^ Math.imul(b, 0x9e3779b1))
}

const [minus, zero, nine] = [45, 48, 57]

/** Hashes a text; one that a number prints as has the hash of the number. */
export const hashText = (text: string): void => {
  const first = text.charCodeAt(0)
  if (first === minus || (first >= zero && first <= nine)) {
    const value = Number(text)
    if (String(value) === text) {
      hashNumber(value)
      return
    }
  }
  // FNV-1a with three offsets and factors.
  let [a, b, c] = [0x811c9dc5, 0x01000193, 0x9e3779b9]
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    a = Math.imul(a ^ code, 0x01000193)
    b = Math.imul(b ^ code, 0x85ebca6b)
    c = Math.imul(c ^ code, 0xc2b2ae35)
    b ^= b >>> 13
    c ^= c >>> 16
  }
  hash[0] = a
  hash[1] = b
  hash[2] = c ^ text.length
}

/** Where a search for three words begins. */
export const slotOf = (a: number, b: number, c: number): number => {
  const mixed = Math.imul(a ^ Math.imul(b, 0x9e3779b1) ^ Math.imul(c, 0x85ebca6b), 0x2c1b3c6d)
  return mixed ^ (mixed >>> 15)
}
