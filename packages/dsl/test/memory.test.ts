/** Steps of training that do not fit into memory: found by planning, told of the document, and of no document that fits. */
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { OutOfMemory } from "@adjoint/core/engines/Engine"
import type { DType } from "@adjoint/core/types/DType"
import * as Result from "effect/Result"
import { describe, expect, test } from "vitest"
import { build } from "../src/build/Build.ts"
import * as Footprint from "../src/build/Footprint.ts"
import * as Memory from "../src/build/Memory.ts"
import { checked } from "../src/check/Checked.ts"
import type { ModelFile } from "../src/Document.ts"
import { locate } from "../src/diagnostic/Diagnostic.ts"
import * as Fix from "../src/diagnostic/Fix.ts"
import * as Render from "../src/diagnostic/Render.ts"
import * as Nodes from "../src/net/Nodes.ts"
import type { Facts } from "../src/prepare/Facts.ts"
import { known } from "../src/prepare/Known.ts"
import { read } from "../src/Read.ts"
import { standard } from "../src/schema/Catalogue.ts"
import { fromText } from "../src/source/Source.ts"
import { completed, documentOf } from "./reading.ts"

/** What is known of a toy, and what is built of it. */
const steppable = (document: ModelFile, facts?: Facts) => {
  const {
    sample = [],
    target,
    rows = { train: 1, val: 0, test: 0 },
    ...rest
  } = facts ?? known(document.data, document.model, standard)
  if (target === undefined) throw new Error("a document of a toy")
  const data = { ...rest, sample, target, rows }
  return { data, built: Result.getOrThrow(Result.map(checked(document, data), build)) }
}

const diagnosticsOf = (text: string) => {
  const { document, positions } = read(fromText("m.yaml", text))
  if (document === undefined) throw new Error(text)
  const { built, data } = steppable(document)
  return Memory.check(document, built, data).map((finding) => locate(finding, positions))
}

const shown = (text: string): string =>
  diagnosticsOf(text)
    .map((diagnostic) => Render.text(diagnostic, fromText("m.yaml", text)))
    .join("\n")

const vast = completed(`data: { source: { moons: { count: 12000 } }, split: { train: 7200, val: 4800 } }
model:
  layers:
    - { dense: { units: 150000, activation: relu }, name: vast }
    - head: label
train: { batch: 7200 }
`)

/** A message with two digits of each size: the plan of the engine decides the others. */
const roughly = (message: string): string =>
  message.replace(/(needs|takes) (\d+),(\d)\d{2},\d{3},\d{3}/gu, (_, verb, billions, next) => `${verb} ${billions},${next}…`)

describe("a step that does not fit into memory", () => {
  test("for its batch is said there, with a batch that fits and the layer that makes so much of it", () => {
    expect(roughly(shown(vast))).toMatchInlineSnapshot(`
      "error[T517]: a step of training on 7,200 rows needs 8,6… bytes of memory, and one memory holds 4,294,967,296
        --> m.yaml:6:17
      4 |     - { dense: { units: 150000, activation: relu }, name: vast }
        |         ----- makes f32[7200, 150000] of 4,320,000,000 bytes
      ...
      6 | train: { batch: 7200 }
        |                 ^^^^
        = help: \`batch: 1800\`, which takes 2,1… bytes, or a smaller \`vast\`  [fix available]"
    `)
    const mended = Fix.apply(vast, diagnosticsOf(vast)).text
    expect(mended).toContain("batch: 1800")
    expect(shown(mended)).toBe("")
  })

  test("for its layers is said of them, inside of others too", () => {
    const wide = completed(`model:
  layers:
    - { dense: 20000 }
    - { repeat: { times: 2, layers: [{ dense: { units: 20000, activation: relu } }] }, name: deep }
    - head: label
train: { batch: 16, optimizer: adam }
`)
    expect(roughly(shown(wide))).toMatchInlineSnapshot(`
      "error[T517]: a step of training on 16 rows needs 12,8… bytes of memory, and one memory holds 4,294,967,296
        --> m.yaml:4:40
      4 |     - { repeat: { times: 2, layers: [{ dense: { units: 20000, activation: relu } }] }, name: deep }
        |                                        ^^^^^ learns f32[20000, 20000] of 1,600,000,000 bytes
        = help: even one row needs too much: a smaller \`deep.dense1\`"
    `)
  })

  test("since an array has more elements than any may have is one too, before and after weights are drawn", () => {
    expect(roughly(shown(vast.replace("units: 150000", "units: 1000000")))).toMatchInlineSnapshot(`
      "error[T517]: a step of training on 7,200 rows needs an array of 2³¹ elements or more, and none may have so many
        --> m.yaml:6:17
      4 |     - { dense: { units: 1000000, activation: relu }, name: vast }
        |         ----- [2] → [1000000], by matmul of f32[7200, 2] and f32[2, 1000000]
      ...
      6 | train: { batch: 7200 }
        |                 ^^^^
        = help: \`batch: 450\`, which takes 3,6… bytes, or a smaller \`vast\`  [fix available]"
    `)
    const drawn = completed("model: { layers: [{ dense: 50000 }, { dense: 50000 }, { head: label }] }\n")
    expect(shown(drawn)).toMatchInlineSnapshot(`
      "error[T517]: a step of training on 32 rows needs an array of 2³¹ elements or more, and none may have so many
        --> m.yaml:1:39
      1 | model: { layers: [{ dense: 50000 }, { dense: 50000 }, { head: label }] }
        |                                       ^^^^^ [50000] → [50000], by range
        = help: even one row needs too much: a smaller \`dense2\`"
    `)
  })

  test("names the layer for what it makes on the way: scores of attention, sums of gates", () => {
    const sequences = (layer: string, batch: number) =>
      completed(
        `data: { source: { moons: { count: 4000 } } }\nmodel: { layers: [{ dense: 4096 }, { reshape: [1024, 4] }, ${layer}, { head: label }] }\ntrain: { batch: ${batch} }\n`,
      )
    const seen = shown(sequences("{ multi_head_attention: { heads: 2 } }, flatten", 1000))
    expect(seen).toContain("------ makes f32[1000, 2, 1024, 1024] of 8,388,608,000 bytes")
    expect(shown(sequences("{ lstm: 128 }", 1000))).toContain("---- makes f32[1024000, 512] of 2,097,152,000 bytes")
  })

  test("with the data that the engine holds: what fits beside it does, and what does not does not", () => {
    const text = completed(
      "data: { source: { moons: { count: 9000 } } }\nmodel: { layers: [{ dense: { units: 35000, activation: relu } }, { head: label }] }\ntrain: { batch: 5000 }\n",
    )
    const document = documentOf(text)
    const input = { type: "array", shape: [4000], subtract: [0], divide: [255] } as const
    const facts = { ...known(document.data, document.model, standard), sample: [4000], input }
    const found = (train: number, dtype: DType) => {
      const { built, data } = steppable(document, { ...facts, dtype, rows: { train, val: 0, test: 0 } })
      return Memory.check(document, built, data)
    }
    expect(found(5000, "f32")).toEqual([])
    expect(found(67_000, "f32")).toMatchObject([{ code: "T517", at: { path: ["train", "batch"] } }])
    // Bytes are a quarter of them, and of more than 1 GiB the engine is given what a step wants.
    expect(found(67_000, "u8")).toEqual([])
    expect(found(68_000, "f32")).toEqual([])
  })
})

test("the memory that an engine needs during a run is reported at the layer that learns so much, or at the batch", () => {
  const document = documentOf(vast)
  const { built, data } = steppable(document)
  const told = (shape: ReadonlyArray<number>) => {
    const largest = [{ dtype: "f32", shape, bytes: 4096 } as const, { dtype: "f32", shape: [1], bytes: 16 } as const]
    return Memory.shortageFinding(document, built, data, new OutOfMemory({ wanted: 4096, largest }), "unknown")
  }
  expect(told([2, 150_000])).toEqual({
    code: "T517",
    message: "this run needs 4,096 bytes of memory, and the host cannot provide it",
    at: { path: ["model", "layers", 0, "dense"], on: "key" },
    label: "learns f32[2, 150000] of 4,096 bytes",
    related: [],
    help: "a smaller `vast`",
  })
  expect(told([7200, 150_000])).toMatchObject({
    at: { path: ["train", "batch"] },
    related: [{ label: "makes f32[7200, 150000] of 4,096 bytes" }],
    help: "fewer rows a step, or a smaller `vast`",
  })
  // What flows back to a weight may be its transpose.
  expect(told([150_000, 1, 2])).toMatchObject({ label: "learns f32[150000, 1, 2] of 4,096 bytes" })
  expect(told([7, 11, 13])).toMatchObject({
    at: { path: ["train", "batch"] },
    related: [],
    help: "fewer rows a step, or smaller layers",
  })
})

describe("the footprint", () => {
  const ranks = {
    1: "{ dense: 256 }",
    2: "{ dense: 512 }, { reshape: [64, 8] }",
    3: "{ dense: 1024 }, { reshape: [16, 16, 4] }",
  } as const

  /** Of each layer what makes it largest, and the rank of what it takes. */
  const layers: { readonly [kind: string]: readonly [rank: keyof typeof ranks | 0, options: string] } = {
    dense: [1, "{ units: 512, activation: gelu }"],
    maxout: [1, "{ units: 256, pieces: 4 }"],
    conv1d: [2, "{ filters: 16, kernel: 5, pad: same }"],
    conv2d: [3, "{ filters: 16, kernel: [5, 3], pad: same }"],
    conv_transpose2d: [3, "{ filters: 8, kernel: 4, stride: 2 }"],
    max_pool: [3, "2"],
    avg_pool: [3, "2"],
    global_avg_pool: [3, "{}"],
    global_max_pool: [3, "{}"],
    flatten: [3, "{}"],
    reshape: [3, "[64, 16]"],
    embedding: [0, "{ tokens: 5000, units: 16 }"],
    batch_norm: [3, "{}"],
    layer_norm: [3, "{ axes: 3 }"],
    group_norm: [3, "2"],
    rms_norm: [1, "{}"],
    dropout: [1, "0.5"],
    spatial_dropout: [3, "0.2"],
    alpha_dropout: [1, "0.1"],
    gaussian_noise: [1, "0.1"],
    random_flip: [3, "{}"],
    random_shift: [3, "2"],
    random_rotate: [3, "10"],
    random_zoom: [3, "0.1"],
    random_erase: [3, "4"],
    simple_rnn: [2, "16"],
    lstm: [2, "16"],
    gru: [2, "16"],
    multi_head_attention: [2, "{ heads: 8, causal: true, dropout: 0.1 }"],
    positions: [2, "learned"],
    transformer_encoder: [2, "{ heads: 2 }"],
  }

  test("is of every layer there is", () => {
    expect(Object.keys(layers).sort()).toEqual(Object.keys(standard.layer).sort())
  })

  test.each(Object.entries(layers))("of %s is more than a step with it takes", (kind, [rank, options]) => {
    const before = rank === 0 ? "" : `${ranks[rank]}, `
    const document = documentOf(
      completed(
        `data: { source: { moons: { count: 6000 } } }\nmodel: { layers: [${before}{ ${kind}: ${options} }, flatten, { head: label }] }\ntrain: { batch: 512, optimizer: adam, average: 0.9, accumulate: 2 }\nlint: { allow: [A610] }\n`,
      ),
    )
    const { built, data } = steppable(document)
    const step = Memory.plan(built, data, 512, { held: false })
    if (Memory.isShortage(step)) throw step
    const all = Nodes.nodes({ catalogue: standard, model: document.model, outputs: 2 })
    const bound = Footprint.bytes(Footprint.footprint(all, document.model, data.sample), 512) - Footprint.besides
    expect(bound).toBeGreaterThan(1.5 * step.bytes)
  })

  test("of no example is so large that its step need be planned", () => {
    const examples = join(import.meta.dirname, "../../../examples")
    const files = readdirSync(examples).filter((file) => file.endsWith(".yaml"))
    const target = { type: "class", name: "label", classes: Array.from({ length: 10 }, (_, i) => String(i)) } as const
    for (const file of files) {
      const document = documentOf(readFileSync(join(examples, file), "utf8"))
      expect(
        Footprint.mayExceed(document, { sample: [28, 28, 1], target, ...known(document.data, document.model, standard) }),
      ).toBe(false)
    }
    expect(files.length).toBeGreaterThan(10)
  })
})
