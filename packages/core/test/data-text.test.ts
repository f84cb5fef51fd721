import * as Result from "effect/Result"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import * as Fitted from "../src/data/Fitted.ts"
import * as Preprocess from "../src/data/Preprocess.ts"
import * as PreprocessTree from "../src/data/PreprocessTree.ts"
import * as Table from "../src/data/Table.ts"
import * as Tensor from "../src/tensor/Tensor.ts"

type Options = Omit<Extract<Preprocess.Column, { readonly type: "text" }>, "type">

const spec = (options: Options) => ({ columns: { t: { type: "text", ...options } } }) as const

const table = (texts: ReadonlyArray<string>) =>
  Table.make(
    ["t"],
    texts.map((text) => [text]),
  )

const fitted = (options: Options, texts: ReadonlyArray<string>, rows?: ReadonlyArray<number>) =>
  Result.getOrThrow(Preprocess.fit(spec(options), table(texts), rows))

const inputs = (options: Options, texts: ReadonlyArray<string>) =>
  Tensor.toArray(Result.getOrThrow(Preprocess.inputs(fitted(options, texts), table(texts))))

const refusal = (result: Result.Result<unknown, { readonly message: string }>): string =>
  Result.match(result, { onFailure: (error) => error.message, onSuccess: () => "accepted" })

const kinds: ReadonlyArray<NonNullable<Options["tokens"]>> = ["bytes", "characters", "words", { byte_pairs: 270 }]

const texts = fc.array(fc.string({ unit: fc.constantFrom("a", "b", " ", "é", "🙂", "1"), maxLength: 12 }), {
  minLength: 1,
  maxLength: 6,
})

describe("a text column", () => {
  it("is i32 tokens, padded with 0, and cut at its end or its start", () => {
    const words = ["a b c d", "b"]
    expect(inputs({ tokens: "words", length: 3 }, words)).toEqual([
      [3, 2, 4],
      [2, 0, 0],
    ])
    expect(inputs({ tokens: "words", length: 3, cut: "start" }, words)).toEqual([
      [2, 4, 5],
      [2, 0, 0],
    ])
    expect(Result.getOrThrow(Preprocess.inputs(fitted({}, words), table(words))).dtype).toBe("i32")
  })

  it("has the length that a share of the training texts fits into", () => {
    const long = ["a", "a a", "a a a", "a a a a"]
    const lengthOf = (length: Options["length"], rows?: ReadonlyArray<number>): ReadonlyArray<number> =>
      Preprocess.sample(fitted(length === undefined ? {} : { length }, long, rows))
    expect([lengthOf("100%"), lengthOf("75%"), lengthOf("50%"), lengthOf("1%"), lengthOf(undefined)]).toEqual([
      [4],
      [3],
      [2],
      [1],
      [4],
    ])
    expect(lengthOf("100%", [0, 1])).toEqual([2])
    expect(lengthOf(7)).toEqual([7])
  })

  it("learns from the training rows alone: other rows do not change what is fitted", () => {
    fc.assert(
      fc.property(texts, texts, fc.constantFrom(...kinds), (train, others, tokens) => {
        const options = { tokens, missing: "empty", length: "90%" } as const
        const rows = train.map((_, i) => i)
        expect(fitted(options, [...train, ...others], rows)).toEqual(fitted(options, train))
      }),
      { numRuns: 50 },
    )
  })

  it("prepares a row alone as among others, and after its record was written and read", () => {
    fc.assert(
      fc.property(texts, fc.constantFrom(...kinds), (all, tokens) => {
        const record = fitted({ tokens, missing: "empty" }, all)
        const read = Result.getOrThrow(Fitted.parse(Fitted.print(record)))
        expect(read).toEqual(record)
        const together = Tensor.toArray(Result.getOrThrow(Preprocess.inputs(record, table(all))))
        const alone = all.map((text) => Tensor.toArray(Result.getOrThrow(Preprocess.inputs(read, table([text])))))
        expect(alone).toEqual((together as ReadonlyArray<unknown>).map((row) => [row]))
      }),
      { numRuns: 50 },
    )
  })

  it("reads a blank as missing says, and names its place without it", () => {
    const rows = table(["a", "", "NA"])
    expect(refusal(Preprocess.fit(spec({}), rows))).toBe(
      "line 2: row 2, column `t`: got a blank, wanted a text; try: `t: { type: text, missing: empty }` reads it as a text without tokens; `missing: drop` drops its row",
    )
    expect(inputs({ missing: "empty", length: 2 }, ["a", "", "NA"])).toEqual([
      [2, 0],
      [0, 0],
      [0, 0],
    ])
    expect(Result.getOrThrow(Preprocess.keep(spec({ missing: "drop" }), rows)).rows).toEqual(Int32Array.of(0))
  })

  it("is an input of its own", () => {
    const rows = Table.make(["t", "n"], [["a", "1"]])
    const columns = { t: "text", n: "number" } as const
    expect(refusal(Preprocess.fit({ columns }, rows))).toBe(
      'column `t`: got tokens in one input with `n`, wanted an input of its own for tokens; try: `model: { inputs: { t: [t], rest: "*" } }`, and `from: t` in the layer that reads it',
    )
    const tree = Result.getOrThrow(PreprocessTree.fit({ columns, inputs: { t: ["t"], rest: ["*"] } }, rows, [0]))
    const prepared = Result.getOrThrow(PreprocessTree.inputs(tree, rows))
    expect([PreprocessTree.arrayOf(prepared, "t").dtype, PreprocessTree.arrayOf(prepared, "rest").dtype]).toEqual(["i32", "f32"])
    expect(PreprocessTree.sequencesOf(tree)).toEqual(new Map([["t", { of: "tokens", tokens: 3 }]]))
  })

  it("refuses a record whose merges use tokens that come later", () => {
    const record = fitted({ tokens: { byte_pairs: 258 } }, ["abab"])
    const broken = Fitted.print(record).replace(/98,\s*99/, "98, 257")
    expect(broken).not.toBe(Fitted.print(record))
    expect(refusal(Fitted.parse(broken))).toContain("wanted merges of tokens that come before them")
  })
})
