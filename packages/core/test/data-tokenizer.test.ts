import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import * as Tokenizer from "../src/data/Tokenizer.ts"
import { firstMerge, type Merge } from "../src/data/tokens/bytePairs.ts"
import { encode as bytesOf } from "../src/data/tokens/bytes.ts"
import { heap } from "../src/data/tokens/Heap.ts"
import { pieces, words } from "../src/data/tokens/pieces.ts"

/** Any text, surrogates without a partner included. */
const anyText = fc
  .array(fc.oneof(fc.integer({ min: 0, max: 0xffff }), fc.constantFrom(32, 97, 98, 0xd83d, 0xde42)), { maxLength: 30 })
  .map((codes) => String.fromCharCode(...codes))

/** Texts in which pairs repeat. */
const dull = fc.string({ unit: fc.constantFrom("a", "b", "c", " "), maxLength: 24 })

/** The merge of a pair in a list of tokens, from left to right. */
const replaced = (tokens: ReadonlyArray<number>, [left, right]: Merge, merged: number): ReadonlyArray<number> => {
  const out: Array<number> = []
  for (let i = 0; i < tokens.length; i++)
    if (tokens[i] === left && tokens[i + 1] === right) {
      out.push(merged)
      i++
    } else out.push(tokens[i] ?? 0)
  return out
}

const start = (piece: string): ReadonlyArray<number> => Array.from(bytesOf(piece), (byte) => byte + 1)

/** The definition: counts all pairs anew for each merge. */
const slowMerges = (texts: ReadonlyArray<string>, count: number): ReadonlyArray<Merge> => {
  let all = texts.flatMap(pieces).map(start)
  const merges: Array<Merge> = []
  while (merges.length < count) {
    const counts = new Map<string, { readonly pair: Merge; n: number }>()
    for (const tokens of all)
      for (let i = 0; i + 1 < tokens.length; i++) {
        const pair = [tokens[i] ?? 0, tokens[i + 1] ?? 0] as const
        const found = counts.get(pair.join())
        if (found === undefined) counts.set(pair.join(), { pair, n: 1 })
        else found.n++
      }
    const [best] = [...counts.values()].sort((a, b) => b.n - a.n || a.pair[0] - b.pair[0] || a.pair[1] - b.pair[1])
    if (best === undefined || best.n < 2) break
    const merged = firstMerge + merges.length
    merges.push(best.pair)
    all = all.map((tokens) => replaced(tokens, best.pair, merged))
  }
  return merges
}

describe("tokenizers", () => {
  it("bytes and byte pairs give every text back", () => {
    fc.assert(
      fc.property(fc.array(anyText, { maxLength: 5 }), anyText, fc.integer({ min: 256, max: 300 }), (texts, text, most) => {
        for (const tokenizer of [Tokenizer.fit("bytes", texts), Tokenizer.fit({ byte_pairs: most }, texts)]) {
          const tokens = Tokenizer.encode(tokenizer, text)
          expect(Tokenizer.decode(tokenizer, [...tokens, 0, 0])).toBe(text)
          expect(tokens.every((token) => token >= 1 && token < Tokenizer.size(tokenizer))).toBe(true)
        }
      }),
    )
  })

  it("merges are those of the definition, which counts anew each time", () => {
    fc.assert(
      fc.property(fc.array(dull, { maxLength: 6 }), fc.integer({ min: 0, max: 20 }), (texts, count) => {
        const tokenizer = Tokenizer.fit({ byte_pairs: 256 + count }, texts)
        expect(tokenizer).toMatchObject({ merges: slowMerges(texts, count) })
      }),
    )
  })

  it("encoding is the merges applied one after the other", () => {
    fc.assert(
      fc.property(fc.array(dull, { minLength: 1, maxLength: 6 }), dull, (texts, text) => {
        const merges = slowMerges(texts, 20)
        const tokenizer: Tokenizer.Tokenizer = { kind: "byte_pairs", merges, normalize: "none", lower: false }
        const wanted = pieces(text).flatMap((piece) =>
          merges.reduce((tokens, merge, i) => replaced(tokens, merge, firstMerge + i), start(piece)),
        )
        expect(Tokenizer.encode(tokenizer, text)).toEqual(wanted)
      }),
    )
  })

  it("the example of Sennrich et al.: es, est, lo, low, and of the pairs with frequency 6 that of the smallest tokens", () => {
    const texts = [
      ..."low ".repeat(5).split(" "),
      "lower",
      "lower",
      ..."newest ".repeat(6).split(" "),
      "widest",
      "widest",
      "widest",
    ]
    expect(Tokenizer.fit({ byte_pairs: 261 }, texts)).toMatchObject({
      merges: [
        [102, 116],
        [257, 117],
        [109, 112],
        [259, 120],
        [102, 120],
      ],
    })
  })

  it("no merge crosses the pieces of a text, and the pieces are the text", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(pieces(text).join("")).toBe(text)
      }),
    )
    expect(pieces("don't  stop: 100 €\n")).toEqual(["don", "'", "t", " ", " stop", ":", " 100", " €", "\n"])
  })

  it("bytes are those of UTF-8 for text without lone surrogates", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect([...bytesOf(text)]).toEqual([...new TextEncoder().encode(text)])
      }),
    )
    expect([...bytesOf("\ud800")]).toEqual([0xed, 0xa0, 0x80])
  })

  it("bytes that are no text become U+FFFD", () => {
    const bytes = Tokenizer.fit("bytes", [])
    for (const wrong of [[0xff], [0xc0, 0x80], [0xe2, 0x82], [0xf5, 0x80], [0xf4, 0x90, 0x80, 0x80]]) {
      const text = Tokenizer.decode(
        bytes,
        [...wrong, 97].map((byte) => byte + 1),
      )
      expect(text).toBe(`${"\uFFFD".repeat(wrong.length)}a`)
    }
  })

  it("characters are code points, the frequent ones first, ties in the order of code units", () => {
    const tokenizer = Tokenizer.fit("characters", ["b🙂a", "🙂"])
    expect(tokenizer).toMatchObject({ vocabulary: ["🙂", "a", "b"] })
    expect(Tokenizer.encode(tokenizer, "a🙂z")).toEqual([3, 2, 1])
    expect(Tokenizer.decode(tokenizer, [3, 2, 1, 0])).toBe("a🙂\uFFFD")
    expect(Tokenizer.size(tokenizer)).toBe(5)
  })

  it("words keep letters, marks, digits and inner apostrophes together, and other characters apart", () => {
    expect(words("Don't stop, l’été n°2 – naïve_1 🙂🙂!")).toEqual([
      "Don't",
      "stop",
      ",",
      "l’été",
      "n",
      "°",
      "2",
      "–",
      "naïve_1",
      "🙂",
      "🙂",
      "!",
    ])
    expect(words(" \n ")).toEqual([])
  })

  it("a vocabulary has at most so many names, whatever the order of the texts", () => {
    fc.assert(
      fc.property(fc.array(dull, { maxLength: 8 }), fc.integer({ min: 1, max: 5 }), (texts, most) => {
        const tokenizer = Tokenizer.fit({ words: most }, texts)
        expect(Tokenizer.fit({ words: most }, texts.toReversed())).toEqual(tokenizer)
        expect(Tokenizer.size(tokenizer)).toBe(2 + Math.min(most, new Set(texts.flatMap(words)).size))
      }),
    )
  })

  it("texts are normalized and made small before they are cut", () => {
    const tokenizer = Tokenizer.fit("characters", ["É"], { normalize: "nfc", lower: true })
    expect(tokenizer).toMatchObject({ vocabulary: ["é"] })
    expect(Tokenizer.encode(tokenizer, "E\u0301é")).toEqual([2, 2])
    expect(Tokenizer.encode(Tokenizer.fit("words", ["ﬁn"], { normalize: "nfkc" }), "fin")).toEqual([2])
  })

  it("a tokenizer is the same after JSON", () => {
    const tokenizer = Tokenizer.fit({ byte_pairs: 260 }, ["abab abab"])
    expect(JSON.parse(JSON.stringify(tokenizer))).toEqual(tokenizer)
  })

  it("a heap gives numbers in their order", () => {
    fc.assert(
      fc.property(fc.array(fc.integer()), (numbers) => {
        const queue = heap()
        for (const each of numbers) queue.push(each)
        expect(numbers.map(() => queue.pop())).toEqual([...numbers].sort((a, b) => a - b))
        expect(queue.pop()).toBeUndefined()
      }),
    )
  })
})
