/** Text columns in a model file: their sequences in the net, and mistakes about them. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Key from "@adjoint/core/tensor/Key"
import * as Tensor from "@adjoint/core/tensor/Tensor"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { Effect } from "effect"
import { afterAll, describe, expect, test } from "vitest"
import { netOf } from "../src/build/Build.ts"
import { sequencesOf } from "../src/prepare/Facts.ts"
import { preview } from "../src/prepare/Preview.ts"
import { documentOf, shown } from "./reading.ts"

const folder = mkdtempSync(join(tmpdir(), "adjoint-text-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const rows = Array.from({ length: 20 }, (_, i) => `${i % 2 === 0 ? "good soup" : "the soup was bad"},${i},${i % 2}`)
writeFileSync(join(folder, "r.csv"), `review,price,label\n${rows.join("\n")}\n`)

const file = (columns: string, model: string): string => `schema: 1
data: { source: { csv: ${join(folder, "r.csv")} }, columns: { ${columns}, label: class }, split: { val: 4 } }
model: { ${model} }
`
const facts = async (text: string) => {
  const { data, model } = documentOf(text)
  return Effect.runPromise(
    preview({ ...(data === undefined ? {} : { data }), model }, folder).pipe(Effect.provide(NodeFileSystem.layer)),
  )
}

const text = "review: { type: text, length: 100% }, price: ignore"

describe("a model over a text column", () => {
  test("the embedding has as many tokens as the text, and the padding changes nothing", async () => {
    const document = file(text, "layers: [{ embedding: 3 }, { gru: 4 }, { head: label }]")
    const { facts: known, findings } = await facts(document)
    expect(findings).toEqual([])
    expect([...sequencesOf(known)]).toEqual([["input", { of: "tokens", tokens: 7 }]])
    const net = netOf(documentOf(document), known)
    const { params, state } = net.init(Key.make(1), [4])
    expect(params).toMatchObject({ embedding1: { w: { shape: [7, 3] } } })
    const infer = (x: ReadonlyArray<ReadonlyArray<number>>) =>
      Tensor.toArray(net.apply(params, state, Tensor.make(x, "i32"), { mode: "infer" }).y as Tensor.Tensor)
    expect(infer([[2, 3, 0, 0]])).toEqual(infer([[2, 3]]))
    expect(infer([[2, 3, 0, 0]])).not.toEqual(infer([[2, 3, 1, 0]]))
  })

  test("a text beside other columns is a named input, which an embedding reads with `from`", async () => {
    const layers =
      "layers: [{ embedding: 3, from: review }, { repeat: { times: 2, layers: [{ dense: 3 }, relu] } }, { gru: 4, name: g }, { concat: [g, rest] }, { head: label }]"
    const document = file("review: text, price: number", `inputs: { review: [review], rest: "*" }, ${layers}`)
    const { facts: known } = await facts(document)
    const net = netOf(documentOf(document), known)
    expect(net.shape(known.sample as never)).toEqual([1])
  })

  test("the number of tokens of bytes is known without the rows", () => {
    const checked = documentOf(
      file(
        "review: { type: text, tokens: bytes, length: 8 }, price: ignore",
        "layers: [{ embedding: 3 }, { gru: 4 }, { head: label }]",
      ),
    )
    expect(checked.name).toBe("model")
  })
})

/** What is wrong with some layers, from the code on. */
const wrong = (columns: string, model: string): string => shown(file(columns, model))

describe("mistakes", () => {
  const bytes = "review: { type: text, tokens: bytes, length: 8 }, price: ignore"

  test("an embedding without a number of tokens, of an input that is no text", () => {
    expect(wrong("review: ignore, price: number", "layers: [{ embedding: 3 }, flatten, { head: label }]")).toContain(
      "error[S102]: `tokens` is missing in embedding, whose input is no text column and no array of tokens",
    )
    expect(wrong(bytes, "layers: [{ embedding: 3 }, { gru: 4 }, { head: label }]")).toBe("")
  })

  test("layers that do not take tokens, or sequences", () => {
    expect(wrong(bytes, "layers: [{ dense: 3 }, { head: label }]")).toContain("help: add `embedding: 16` above it")
    const body = (layers: string) => wrong(bytes, `layers: [{ embedding: 3, name: e }, ${layers}, { head: label }]`)
    expect(body("relu")).toContain("error[G402]: `head` needs a vector of features, got sequences of [8, 3]")
    expect(body("batch_norm, { gru: 2 }")).toContain(
      "error[G402]: `batch_norm` does not accept sequences of [8, 3]: it needs rows of one length, not sequences with padding",
    )
    expect(body("{ gru: 3, name: g }, { add: [e, g] }, global_avg_pool")).toContain(
      "error[G401]: `add` joins sequences, or no sequences: e is sequences of [8, 3], g is [3]",
    )
    expect(body("{ dense: 3, name: d }, { add: [e, d] }, { conv1d: { filters: 4, kernel: 3 } }, global_avg_pool")).toBe("")
  })

  test.each([
    ["tokens: { bytes_pairs: 300 }", "there is no kind of tokens with a number `bytes_pairs`", "did you mean `byte_pairs`?"],
    ["tokens: wordpiece", "there is no kind of tokens `wordpiece`", "did you mean `byte_pairs`?"],
    ["tokens: byte_pairs", "`byte_pairs` needs the number of tokens to learn", "write `{ byte_pairs: 2000 }`"],
    ["tokens: { byte_pairs: 20 }", "expected a whole number from 257 to 1048576, got 20", ""],
    ["tokens: 300", "expected a kind of tokens, got 300", "{ byte_pairs: 2000 }"],
    ["length: 0", "expected a whole number from 1 to 65536, or the share of the training rows that fit, such as 95%, got 0", ""],
    ["max_length: 8", "unknown key `max_length`", "did you mean `length`?"],
    ["missing: median", "", "empty"],
  ])("%s", (option, message, help) => {
    const said = wrong(
      `review: { type: text, ${option} }, price: ignore`,
      "layers: [{ embedding: 3 }, { gru: 4 }, { head: label }]",
    )
    expect(said).toContain(message)
    expect(said).toContain(help)
  })
})
