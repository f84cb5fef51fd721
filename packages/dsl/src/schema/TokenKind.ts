/** How a text column is cut: `words`, or `{ byte_pairs: 2000 }` with the most tokens to learn. */
import * as Schema from "effect/Schema"
import { isRecord } from "../source/Data.ts"
import { type Codec, note, type Verdict } from "./Annotation.ts"
import * as Fields from "./Fields.ts"
import { unknownName } from "./OneOf.ts"
import { got } from "./Words.ts"

const most = "The most tokens to learn, the most frequent ones."

const sizes: { readonly [kind: string]: Codec } = {
  characters: Fields.described(Fields.integer({ minimum: 1, maximum: 2 ** 20 }), most),
  words: Fields.described(Fields.integer({ minimum: 1, maximum: 2 ** 20 }), most),
  byte_pairs: Fields.described(
    Fields.integer({ minimum: 257, maximum: 2 ** 20 }),
    "The most tokens: 256 bytes, and pairs of tokens.",
  ),
}

const bare = ["bytes", "characters", "words"] as const

const names = [...bare, "byte_pairs"]

const synonyms = {
  bytes: ["byte", "utf8", "utf-8"],
  characters: ["char", "chars", "character", "letters"],
  words: ["word", "whitespace"],
  byte_pairs: ["bpe", "bytes_pairs", "byte_pair", "bytepairs", "subword", "subwords", "wordpiece", "unigram", "sentencepiece"],
}

/** What is wanted, in words. */
export const wanted = "bytes, characters or words, or { byte_pairs: 2000 }, { words: 5000 } or { characters: 200 }"

const forms: { readonly [kind: string]: Codec } = Object.fromEntries(
  Object.entries(sizes).map(([name, size]) => [name, Schema.Struct({ [name]: size })]),
)

const dispatch = (value: unknown): Verdict => {
  if (typeof value === "string") {
    if (value === "byte_pairs")
      return {
        _tag: "Nothing",
        code: "S103",
        message: "`byte_pairs` needs the number of tokens to learn",
        help: "write `{ byte_pairs: 2000 }`",
        rewrite: "{ byte_pairs: 2000 }",
      }
    return (bare as ReadonlyArray<string>).includes(value)
      ? { _tag: "Meant", schema: Schema.Literals(bare), input: value }
      : unknownName("kind of tokens", value, names, { on: "value", synonyms, accepts: (name) => name !== "byte_pairs" })
  }
  const [key] = isRecord(value) ? Object.keys(value) : []
  if (key === undefined)
    return { _tag: "Nothing", code: "S103", message: `expected a kind of tokens, got ${got(value)}`, help: `write ${wanted}` }
  const form = Object.hasOwn(forms, key) ? forms[key] : undefined
  return form === undefined
    ? unknownName("kind of tokens with a number", key, Object.keys(forms), { on: "key", synonyms })
    : { _tag: "Meant", schema: form, input: value }
}

/** The schema of an option of this kind. */
export const tokens: Codec = note(Schema.Union([Schema.Literals(bare), ...Object.values(forms)]), {
  wanted,
  dispatch,
}) as unknown as Codec
