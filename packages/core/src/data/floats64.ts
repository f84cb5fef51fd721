/** Arrays of f32 as base64 text, for records in JSON: a third longer than the bytes, and exact. */

/** Bytes that one call turns into text: a call may have so many arguments. */
const atOnce = 2 ** 13

/** The little-endian bytes of the numbers, in base64. `encode(new Float32Array([1])) // => "AACAPw=="` */
export const encode = (numbers: Float32Array): string => {
  const bytes = new Uint8Array(numbers.length * 4)
  const view = new DataView(bytes.buffer)
  for (let i = 0; i < numbers.length; i++) view.setFloat32(4 * i, numbers[i] ?? 0, true)
  let text = ""
  for (let from = 0; from < bytes.length; from += atOnce) text += String.fromCharCode(...bytes.subarray(from, from + atOnce))
  return btoa(text)
}

/** The numbers of `encode`. `decode("AACAPw==") // => new Float32Array([1])` */
export const decode = (text: string): Float32Array => {
  const characters = atob(text)
  const view = new DataView(new ArrayBuffer(4))
  const numbers = new Float32Array(characters.length / 4)
  for (let i = 0; i < numbers.length; i++) {
    for (let k = 0; k < 4; k++) view.setUint8(k, characters.charCodeAt(4 * i + k))
    numbers[i] = view.getFloat32(0, true)
  }
  return numbers
}

/** Whether a text holds `count` finite numbers. */
export const isValid = (text: string, count: number): boolean =>
  text.length === Math.ceil((count * 4) / 3) * 4 && /^[A-Za-z0-9+/]*={0,2}$/.test(text) && decode(text).every(Number.isFinite)
