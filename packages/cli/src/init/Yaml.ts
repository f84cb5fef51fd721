/** Texts of a table as YAML, which a model file is. */

/** A value as JSON, which YAML reads too. Control characters, which no model file may have as they are, are escapes. */
export const quoted = (value: unknown, replacer?: (key: string, value: unknown) => unknown): string =>
  JSON.stringify(value, replacer).replaceAll(
    /\p{Cc}/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  )

/** A name as a key. Words that YAML reads as something else, and numbers, are quoted. `[key("size"), key("yes")] // => ["size", '"yes"']` */
export const key = (text: string): string =>
  /^(?:\.{0,2}\/)?[A-Za-z_][\w./-]*$/.test(text) && !/^(?:true|false|null|yes|no|on|off|y|n)$/i.test(text) ? text : quoted(text)

/** A text as a value of a model file, where a dollar sign starts a variable unless it is doubled. */
export const scalar = (text: string): string => key(text.replaceAll("$", "$$$$"))

/** A text in a comment, which ends with its line. */
export const comment = (text: string): string => text.replaceAll(/[\s\p{Cc}]+/gu, " ")
