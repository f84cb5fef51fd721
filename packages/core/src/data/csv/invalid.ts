/** Finds bytes that are no text. */
import * as Text from "../Text.ts"

/** Whether bytes are UTF-8. Node has a function that makes no string. */
const isUtf8 = (bytes: Uint8Array): boolean => {
  const native = globalThis.process?.getBuiltinModule?.("node:buffer").isUtf8
  if (native !== undefined) return native(bytes)
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes)
    return true
  } catch {
    return false
  }
}

/** The position of the first NUL or the first byte that is not UTF-8; -1 if there is none. */
export const invalidAt = (bytes: Uint8Array): number => {
  const nul = bytes.indexOf(0)
  const text = nul < 0 ? bytes : bytes.subarray(0, nul)
  return isUtf8(text) ? nul : Text.firstMalformed(text)
}

/** The number of bytes at the end that belong to an incomplete character. */
export const incomplete = (bytes: Uint8Array): number => {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] as number
    if (byte < 0x80) return 0
    if (byte < 0xc0) continue
    const length = byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4
    return back < length ? back : 0
  }
  return 0
}
