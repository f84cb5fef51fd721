/**
 * Tokenizers: text as tokens, which are whole numbers for an embedding. `fit` learns from training texts alone; the tokenizer that
 * it returns is plain JSON, and gives the same tokens for a text wherever it is used. Token 0 is the padding, so no text has it.
 *
 * ```ts
 * const tokenizer = Tokenizer.fit("words", ["the cat", "the dog"])
 * Tokenizer.encode(tokenizer, "the bird") // => [2, 1]
 * ```
 */
import * as BytePairs from "./tokens/bytePairs.ts"
import * as Bytes from "./tokens/bytes.ts"
import * as Pieces from "./tokens/pieces.ts"

export type { Merge } from "./tokens/bytePairs.ts"

/** How a text is changed before it is cut into tokens: first normalization, then small letters. */
export interface Changes {
  /** Unicode's normalization forms: `nfc` joins a letter and its accent, `nfkc` also replaces variants such as ﬁ or ². */
  readonly normalize: "none" | "nfc" | "nfkc"
  readonly lower: boolean
}

/** A tokenizer, as plain JSON. `vocabulary` is in the order of tokens, from 2 on; the merge i makes the token 257 + i. */
export type Tokenizer = Changes &
  (
    | { readonly kind: "bytes" }
    | { readonly kind: "characters" | "words"; readonly vocabulary: ReadonlyArray<string> }
    | { readonly kind: "byte_pairs"; readonly merges: ReadonlyArray<BytePairs.Merge> }
  )

/** A kind of tokens: with `{ words: 1000 }` at most so many are learned, the most frequent ones. */
export type Tokens =
  | "bytes"
  | "characters"
  | "words"
  | { readonly characters: number }
  | { readonly words: number }
  | { readonly byte_pairs: number }

/** The padding, which no text has. */
export const padding = 0

/** The token of characters and words that no training text has. */
export const unknown = 1

/** The first token of a vocabulary. */
const firstKnown = 2

/** The most tokens of a vocabulary that sets no number. */
export const usual = { characters: 5000, words: 10_000 } as const

const unchanged: Changes = { normalize: "none", lower: false }

/** The text whose tokens are taken. */
const changed = ({ lower, normalize }: Changes, text: string): string => {
  const small = lower ? text.toLowerCase() : text
  return normalize === "none" ? small : small.normalize(normalize === "nfc" ? "NFC" : "NFKC")
}

/** The most frequent names, at most `most`; of equally frequent ones the first in the order of code units. */
const frequent = (names: Iterable<string>, most: number): ReadonlyArray<string> => {
  const counts = new Map<string, number>()
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1)
  return [...counts]
    .sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1))
    .slice(0, most)
    .map(([name]) => name)
}

const cuts = { characters: Pieces.characters, words: Pieces.words } as const

/** All characters or words of texts. */
function* named(kind: keyof typeof cuts, texts: Iterable<string>): Iterable<string> {
  for (const text of texts) yield* cuts[kind](text)
}

/**
 * Learns a tokenizer from training texts. `bytes` learns nothing. The order of texts does not matter for `characters` and `words`,
 * and ties have one order, so equal texts give equal tokenizers.
 *
 * `{ byte_pairs: n }` is at most n tokens besides the padding: 256 bytes and the pairs that are merged most often (Sennrich et al.,
 * Neural machine translation of rare words with subword units, 2016; on bytes: Radford et al., 2019).
 *
 * ```ts
 * const tokenizer = Tokenizer.fit({ byte_pairs: 258 }, ["low lower lowest"])
 * Tokenizer.encode(tokenizer, "lows") // => [258, 116]
 * ```
 */
export const fit = (tokens: Tokens, texts: Iterable<string>, changes: Partial<Changes> = {}): Tokenizer => {
  const own = { ...unchanged, ...changes }
  const all = Array.from(texts, (text) => changed(own, text))
  if (tokens === "bytes") return { kind: "bytes", ...own }
  if (typeof tokens === "object" && "byte_pairs" in tokens)
    return { kind: "byte_pairs", ...own, merges: BytePairs.learn(all, tokens.byte_pairs) }
  const kind = typeof tokens === "string" ? tokens : "words" in tokens ? "words" : "characters"
  const most = typeof tokens === "string" ? usual[tokens] : "words" in tokens ? tokens.words : tokens.characters
  return { kind, ...own, vocabulary: frequent(named(kind, all), most) }
}

/** The number of tokens with the padding: what an embedding counts. `size(fit("bytes", [])) // => 257` */
export const size = (tokenizer: Tokenizer): number =>
  tokenizer.kind === "bytes"
    ? BytePairs.firstMerge
    : tokenizer.kind === "byte_pairs"
      ? BytePairs.firstMerge + tokenizer.merges.length
      : firstKnown + tokenizer.vocabulary.length

/** Encodes many texts: `encode` with what it needs made once. */
export const encoder = (tokenizer: Tokenizer): ((text: string) => ReadonlyArray<number>) => {
  const { kind } = tokenizer
  if (kind === "bytes") return (text) => Array.from(Bytes.encode(changed(tokenizer, text)), (byte) => BytePairs.firstByte + byte)
  if (kind === "byte_pairs") {
    const encodePairs = BytePairs.encoder(tokenizer.merges)
    return (text) => encodePairs(changed(tokenizer, text))
  }
  const known = new Map(tokenizer.vocabulary.map((name, i) => [name, firstKnown + i]))
  return (text) => cuts[kind](changed(tokenizer, text)).map((name) => known.get(name) ?? unknown)
}

/** The tokens of a text. `encode(fit("bytes", []), "hé") // => [105, 196, 170]` */
export const encode = (tokenizer: Tokenizer, text: string): ReadonlyArray<number> => encoder(tokenizer)(text)

/**
 * The text of tokens; padding is left out. For bytes and byte pairs it is the text that was encoded. An unknown character or word
 * is U+FFFD, and words have single spaces between them.
 *
 * `decode(fit("bytes", []), [105, 196, 170, 0]) // => "hé"`
 */
export const decode = (tokenizer: Tokenizer, tokens: Iterable<number>): string => {
  const { kind } = tokenizer
  if (kind === "bytes") return Bytes.decode(BytePairs.bytesOf([], tokens))
  if (kind === "byte_pairs") return Bytes.decode(BytePairs.bytesOf(tokenizer.merges, tokens))
  const names = Array.from(tokens)
    .filter((token) => token !== padding)
    .map((token) => tokenizer.vocabulary[token - firstKnown] ?? "\uFFFD")
  return names.join(kind === "words" ? " " : "")
}
