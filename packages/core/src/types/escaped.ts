/** Text from files in messages: it must not control a terminal, turn the direction of reading, be invisible or fill the screen. */

/** Control characters, format characters (bidi overrides, zero-width ones), line ends and lone surrogates. */
export const unsafe = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu

const hex = (unit: number): string => `\\u${unit.toString(16).padStart(4, "0")}`

/**
 * The text with every unsafe character but the ends of lines as an escape of JSON, so that JSON text reads back as the same value.
 * `escaped("a\u009b") // => "a\\u009b"`
 */
export const escaped = (text: string): string =>
  text.replaceAll(unsafe, (found) =>
    found === "\n" ? found : Array.from({ length: found.length }, (_, i) => hex(found.charCodeAt(i))).join(""),
  )

/** The most characters of a text that a message shows. */
const maxShown = 1000

/** The text escaped, and cut if it is long. `shown("w\u001b[2J") // => "w\\u001b[2J"` */
export const shown = (text: string): string => escaped(text.length > maxShown ? `${text.slice(0, maxShown - 1)}…` : text)
