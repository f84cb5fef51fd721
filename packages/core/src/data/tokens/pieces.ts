/** Texts cut into pieces: words as tokens, and the pieces that byte pairs never cross. */

/**
 * The words of a text. A word is a run of letters, marks, digits and `_`, with apostrophes between letters (don't). Every other
 * character that is no space, such as a comma or an emoji, is a word of its own.
 *
 * `words("Don't panic!") // => ["Don't", "panic", "!"]`
 */
export const words = (text: string): ReadonlyArray<string> =>
  text.match(/[\p{L}\p{M}\p{N}_]+(?:['’][\p{L}\p{M}]+)*|[^\s]/gu) ?? []

/**
 * The pieces of a text, which together are the text: runs of letters, of digits and of other characters, each with the space
 * before it, and runs of spaces. After the pattern of GPT-2 (Radford et al., Language models are unsupervised multitask learners,
 * 2019), without its English contractions.
 *
 * `pieces("it was  2019.") // => ["it", " was", " ", " 2019", "."]`
 */
export const pieces = (text: string): ReadonlyArray<string> =>
  text.match(/ ?[\p{L}\p{M}]+| ?\p{N}+| ?[^\s\p{L}\p{M}\p{N}]+|\s+(?!\S)|\s+/gu) ?? []

/** The characters of a text: code points, so an emoji of one code point is one. `characters("a🙂") // => ["a", "🙂"]` */
export const characters = (text: string): ReadonlyArray<string> => Array.from(text)
