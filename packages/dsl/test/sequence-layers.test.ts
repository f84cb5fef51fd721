/** Layers of sequences that read another layer, go both ways or share keys, in a model file. */
import * as Key from "@adjoint/core/tensor/Key"
import * as Tensor from "@adjoint/core/tensor/Tensor"
import * as Result from "effect/Result"
import { describe, expect, test } from "vitest"
import { netOf } from "../src/build/Build.ts"
import * as Model from "../src/Model.ts"
import { documentOf, shown } from "./reading.ts"

const file = (
  layers: string,
  data = "text: { type: text, tokens: bytes, length: 6 }, asked: { type: text, tokens: bytes, length: 4 }",
) =>
  `schema: 1
data: { source: { csv: ./r.csv }, columns: { ${data}, label: { type: class, names: [a, b] } } }
model:
  inputs: { text: text, asked: asked }
  layers:
${layers
  .split("\n")
  .map((line) => `    - ${line}`)
  .join("\n")}
    - head: label
`
const encoder = `{ embedding: 4, from: text, name: t }
{ lstm: { units: 3, give: state, bidirectional: true }, name: seen }`
const decoder = `{ embedding: 4, from: asked }
{ lstm: { units: 3, bidirectional: true, give: all, initial_state: seen }, name: q }
{ multi_head_attention: { heads: 2, key_heads: 1, memory: t }, name: found }
global_avg_pool`
const facts = {
  sample: { text: [6], asked: [4] },
  sequences: { text: { of: "tokens", tokens: 9 }, asked: { of: "tokens", tokens: 9 } },
  target: { type: "class", name: "label", classes: ["a", "b"] },
  rows: { train: 8, val: 0, test: 0 },
} as const

describe("an encoder, and a decoder that attends to it", () => {
  const document = documentOf(file(`${encoder}\n${decoder}`))
  const net = netOf(document, facts)
  const { params, state } = net.init(Key.make(1), facts.sample)

  test("is a net of both texts, whatever follows their ends", () => {
    expect(net.shape(facts.sample)).toEqual([1])
    expect(params).toMatchObject({
      seen: { forward: { wx: { shape: [4, 12] } }, backward: { wh: { shape: [3, 12] } } },
      found: { wq: { shape: [6, 6] }, wk: { shape: [4, 3] } },
    })
    const infer = (text: ReadonlyArray<ReadonlyArray<number>>, asked: ReadonlyArray<ReadonlyArray<number>>) => {
      const x = { text: Tensor.make(text, "i32"), asked: Tensor.make(asked, "i32") }
      return Tensor.toArray(net.apply(params, state, x, { mode: "infer" }).y as Tensor.Tensor)
    }
    const [whole, cut] = [infer([[2, 3, 0, 0]], [[4, 5, 0]]), infer([[2, 3]], [[4, 5]])]
    expect(JSON.stringify(whole)).toBe(JSON.stringify(cut))
    expect(infer([[2, 4]], [[4, 5]])).not.toEqual(cut)
  })

  test("is the same in TypeScript", () => {
    const twin = Model.modelFile({
      data: {
        source: { csv: "./r.csv" },
        columns: {
          text: { type: "text", tokens: "bytes", length: 6 },
          asked: { type: "text", tokens: "bytes", length: 4 },
          label: { type: "class", names: ["a", "b"] },
        },
      },
      model: {
        inputs: { text: "text", asked: "asked" },
        layers: [
          { embedding: 4, from: "text", name: "t" },
          { lstm: { units: 3, give: "state", bidirectional: true }, name: "seen" },
          { embedding: 4, from: "asked" },
          { lstm: { units: 3, bidirectional: true, give: "all", initial_state: "seen" }, name: "q" },
          { multi_head_attention: { heads: 2, key_heads: 1, memory: "t" }, name: "found" },
          "global_avg_pool",
          Model.head("label"),
        ],
      },
    })
    expect(Result.getOrThrow(twin)).toEqual(document)
  })
})

test.each([
  [
    "initial_state: seen",
    "initial_state: sene",
    "error[R203]: there is no layer or input named `sene`",
    "9:74",
    "did you mean `seen`?",
  ],
  ["memory: t }", "memory: q2 }", "error[R203]: there is no layer or input named `q2`", "10:65", "did you mean `q`?"],
  ["memory: t }", "memory: found }", "error[R206]: `found` is this layer itself", "10:65", ""],
  [
    "initial_state: seen",
    "initial_state: t",
    "error[G402]: `lstm` does not accept sequences of [4, 4] with `initial_state` sequences of [6, 4]: it needs an initial state of 12 numbers",
    "9:74",
    "try: a layer like it with `give: state`, or `dense: 12` before it",
  ],
  [
    "memory: t }",
    "memory: seen }",
    "error[G402]: `multi_head_attention` does not accept sequences of [4, 6] with `memory` [12]",
    "10:65",
    "",
  ],
  [
    "memory: t }",
    "memory: t, rotary: true }",
    "error[S103]: model.layers[4].multi_head_attention: expected options with `memory` without `causal` and `rotary`",
    "10:31",
    "",
  ],
  [
    "units: 3, give: state, bidirectional: true",
    "units: 3, give: state, bidirectional: true, reverse: true",
    "expected options with `bidirectional` or `reverse`, not both",
    "7:15",
    "",
  ],
  ["key_heads: 1", "key_heads: 3", "heads that 3 key heads divide, not 2", "10:9", ""],
  ["memory: t", "context: t", "error[S101]: unknown key `context`", "10:57", "did you mean `memory`?"],
] as const)("located: %s → %s", (from, to, message, place, help) => {
  const text = file(`${encoder}\n${decoder}`)
  expect(text).toContain(from)
  const found = shown(text.replace(from, to))
  expect(found).toContain(message)
  expect(found).toContain(`m.yaml:${place}`)
  expect(found).toContain(help)
})
