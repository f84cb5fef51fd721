/**
 * Text as bytes of UTF-8. A surrogate without its partner has the three bytes that its code point would have (WTF-8), so every
 * text comes back from its bytes unchanged, which `TextEncoder` does not guarantee.
 */

/** The bytes of a text. `encode("aé") // => new Uint8Array([97, 195, 169])` */
export const encode = (text: string): Uint8Array => {
  const bytes = new Uint8Array(3 * text.length)
  let at = 0
  for (let i = 0; i < text.length; i++) {
    const code = text.codePointAt(i) ?? 0
    if (code < 0x80) bytes[at++] = code
    else if (code < 0x800) {
      bytes[at++] = 0xc0 | (code >> 6)
      bytes[at++] = 0x80 | (code & 0x3f)
    } else {
      if (code < 0x10000) bytes[at++] = 0xe0 | (code >> 12)
      else {
        i++
        bytes[at++] = 0xf0 | (code >> 18)
        bytes[at++] = 0x80 | ((code >> 12) & 0x3f)
      }
      bytes[at++] = 0x80 | ((code >> 6) & 0x3f)
      bytes[at++] = 0x80 | (code & 0x3f)
    }
  }
  return bytes.slice(0, at)
}

const replacement = "\uFFFD"

/** The least code point of a character of 2, 3 and 4 bytes: shorter ones have shorter forms. */
const least = [0x80, 0x800, 0x10000] as const

/** The text of bytes; a byte that belongs to no character becomes U+FFFD. `decode([97, 195, 169, 255]) // => "aé\uFFFD"` */
export const decode = (bytes: ArrayLike<number>): string => {
  const parts: Array<string> = []
  let i = 0
  while (i < bytes.length) {
    const first = bytes[i] ?? 0
    const more = first < 0x80 ? 0 : first < 0xc2 ? -1 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : first < 0xf5 ? 3 : -1
    let code = more <= 0 ? first : first & (0x3f >> more)
    let isWhole = more >= 0
    for (let k = 1; k <= more && isWhole; k++) {
      const next = bytes[i + k] ?? 0
      isWhole = (next & 0xc0) === 0x80
      code = (code << 6) | (next & 0x3f)
    }
    if (more > 0 && (code < (least[more - 1] ?? 0) || code > 0x10ffff)) isWhole = false
    parts.push(isWhole ? String.fromCodePoint(code) : replacement)
    i += isWhole ? more + 1 : 1
  }
  return parts.join("")
}
