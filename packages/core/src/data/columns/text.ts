/** Text as tokens, for an embedding. */
import * as Result from "effect/Result"
import { isBlank } from "../Blank.ts"
import { blankGot } from "../Category.ts"
import { dataError } from "../DataError.ts"
import type { Length } from "../Field.ts"
import type { FittedText } from "../Fitted.ts"
import * as Tokenizer from "../Tokenizer.ts"
import { type Cells, type DataResult, kind } from "./Kind.ts"
import { missing } from "./options.ts"

const fields = {
  tokens: {
    kind: "tokens",
    doc: "How a text is cut: into `bytes`, `characters` or `words`, or into `{ byte_pairs: 2000 }`, which learns so many frequent pieces. `{ words: 5000 }` keeps at most so many of the most frequent.",
    synonyms: ["tokenizer", "level", "analyzer", "split", "vocabulary"],
    default: "words",
  },
  length: {
    kind: "length",
    doc: "The tokens of a row: a number, or a share of the training texts that fit (`95%`). Shorter texts are padded, and longer ones cut.",
    synonyms: ["max_length", "max_len", "sequence_length", "output_sequence_length", "pad_to", "size"],
    default: "95%",
  },
  cut: {
    kind: "choice",
    doc: "The side of a long text that is left out.",
    of: ["end", "start"],
    synonyms: ["truncate", "truncating", "truncation", "truncation_side"],
    default: "end",
  },
  lower: {
    kind: "boolean",
    doc: "Whether capital letters become small ones.",
    synonyms: ["lowercase", "do_lower_case"],
    default: false,
  },
  normalize: {
    kind: "choice",
    doc: "The Unicode form: `nfc` joins a letter and its accent, `nfkc` also replaces variants of letters, `none` changes nothing.",
    of: ["nfc", "nfkc", "none"],
    synonyms: ["unicode", "normalization", "unicode_normalization"],
    default: "nfc",
  },
  missing: missing(["error", "drop", "empty"]),
} as const

/** The most tokens of a row. */
const longest = 2 ** 16

/** The length that this share of the texts fits into, at least 1. */
const lengthOf = (length: Length, lengths: ReadonlyArray<number>): number => {
  if (typeof length === "number") return length
  const sorted = Int32Array.from(lengths).sort()
  const share = Number.parseFloat(length) / 100
  return Math.max(1, sorted[Math.min(sorted.length, Math.max(1, Math.ceil(share * sorted.length - 1e-9))) - 1] ?? 1)
}

/** Calls `each` with the text of every cell; a blank is an empty text, or an error. */
const forEach = (
  { name, place, size, text }: Cells,
  blank: FittedText["blank"],
  each: (text: string, index: number) => void,
): DataResult<void> => {
  for (let i = 0; i < size; i++) {
    const own = text(i)
    const isMissing = isBlank(own)
    if (isMissing && blank === "error") {
      const got = blankGot(own)
      const hint = `\`${name}: { type: text, missing: empty }\` reads it as a text without tokens; \`missing: drop\` drops its row`
      return Result.fail(dataError({ _tag: "BadCell", ...place(i), got, wanted: "a text", hint }))
    }
    each(isMissing ? "" : own, i)
  }
  return Result.succeed(undefined)
}

/** Tokens, with 0 as the padding at the end of short texts. */
export const text = kind<typeof fields, FittedText>({
  doc: "Text as tokens, whole numbers for an `embedding`, padded to one length; the vocabulary is learned from the training rows.",
  advice:
    "An input of its own: `model: { inputs: { review: [review] } }`, then `embedding: 16`, which gets its number of tokens from here, and `gru: 32`. Layers leave out the padding. Words suit short texts of one language, byte pairs anything.",
  synonyms: ["string_sequence", "sentence", "tokens", "document", "textual", "nlp"],
  fields,
  role: "input",
  input: {
    width: ({ length }) => (typeof length === "number" ? length : undefined),
    fit: ({ cut, length, lower, missing: blanks, normalize, tokens }, cells) =>
      Result.gen(function* () {
        const blank = blanks === "empty" ? "empty" : "error"
        const texts: Array<string> = []
        yield* forEach(cells, blank, (each) => texts.push(each))
        const tokenizer = Tokenizer.fit(tokens, texts, { lower, normalize })
        const encode = Tokenizer.encoder(tokenizer)
        const own = lengthOf(length, typeof length === "number" ? [] : texts.map((each) => encode(each).length))
        if (own > longest)
          return yield* Result.fail(
            dataError({
              _tag: "TooLarge",
              what: `the length of the text column \`${cells.name}\``,
              got: BigInt(own),
              limit: longest,
              unit: "tokens",
            }),
          )
        return { type: "text", name: cells.name, tokenizer, length: own, cut, blank }
      }),
    names: ({ length, name }) => Array.from({ length }, (_, i) => `${name} ${i + 1}`),
    tokens: { known: ({ tokens }) => (tokens === "bytes" ? Tokenizer.size(Tokenizer.fit("bytes", [])) : undefined) },
    write: ({ blank, cut, length, tokenizer }, cells, { at, data, width }) => {
      const encode = Tokenizer.encoder(tokenizer)
      return forEach(cells, blank, (each, row) => {
        const tokens = encode(each)
        const first = cut === "start" ? Math.max(0, tokens.length - length) : 0
        const count = Math.min(length, tokens.length - first)
        for (let i = 0; i < count; i++) data[row * width + at + i] = tokens[first + i] ?? 0
      })
    },
  },
})
