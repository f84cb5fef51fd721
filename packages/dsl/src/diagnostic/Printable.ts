/**
 * Makes text from files safe for a terminal. It must not control the terminal, end
 * the line, turn the direction of reading or be invisible.
 */
import { unsafe } from "@adjoint/core/types/escaped"

/** The text with a blank for each tab and U+FFFD for every other unsafe character. `printable("a\u001bb") // => "a\ufffdb"` */
export const printable = (text: string): string => text.replaceAll("\t", " ").replaceAll(unsafe, "\u{fffd}")

const isWide = (code: number): boolean =>
  (code >= 0x1100 && code <= 0x115f) ||
  (code >= 0x2e80 && code <= 0xa4cf) ||
  (code >= 0xac00 && code <= 0xd7a3) ||
  (code >= 0xf900 && code <= 0xfaff) ||
  (code >= 0xfe30 && code <= 0xfe6f) ||
  (code >= 0xff00 && code <= 0xff60) ||
  (code >= 0x1f300 && code <= 0x1faff) ||
  (code >= 0x20000 && code <= 0x3fffd)

/** Columns a text takes in a terminal: two for a wide character, none for a combining mark. `columns("日本") // => 4` */
export const columns = (text: string): number => {
  let n = 0
  for (const char of text) n += /\p{Mark}/u.test(char) ? 0 : isWide(char.codePointAt(0) ?? 0) ? 2 : 1
  return n
}
