/** Arrays of rows of unequal length with the array of their lengths, from the file to predictions. */
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import * as Npz from "@adjoint/core/data/Npz"
import * as NDArray from "@adjoint/core/types/NDArray"
import { beforeAll, describe, expect, test } from "vitest"
import { folder, jsonLines, run } from "./world.ts"

const n = 60
const time = 5
const lengths = Int32Array.from({ length: n }, (_, i) => 1 + ((i * 7) % time))
const at = (i: number, t: number): number => ((i * i * 31 + t * t * 17 + i * t * 5) % 41) / 20 - 1

/** Movements of two numbers and token ids; `padding` is in what is no time step. */
const arraysWith = (padding: number, tokenPadding: number) => ({
  motion: NDArray.make(
    "f32",
    [n, time, 2],
    Float32Array.from({ length: n * time * 2 }, (_, j) => {
      const [i, t, f] = [Math.floor(j / (2 * time)), Math.floor(j / 2) % time, j % 2]
      return t < (lengths[i] ?? 0) ? (f === 0 ? at(i, t) : 100 + 50 * at(i, t + 1)) : padding
    }),
  ),
  words: NDArray.make(
    "i32",
    [n, time],
    Int32Array.from({ length: n * time }, (_, j) => {
      const [i, t] = [Math.floor(j / time), j % time]
      return t < (lengths[i] ?? 0) ? 1 + ((i * 3 + t) % 7) : tokenPadding
    }),
  ),
  steps: NDArray.make("i32", [n], lengths),
  kind: NDArray.make(
    "i32",
    [n],
    Int32Array.from({ length: n }, (_, i) => (at(i, (lengths[i] ?? 1) - 1) > 0 ? 1 : 0)),
  ),
})

const model = `schema: 1
name: gestures
data:
  source: clean.npz
  arrays:
    motion: { type: number, lengths: steps, scale: standard }
    words: { type: tokens, lengths: steps }
    kind: class
  split: { val: 20%, test: 20%, seed: 3 }
model:
  inputs: { motion: motion, words: words }
  layers:
    - { gru: 6, from: motion, name: moved }
    - { embedding: 4, from: words, name: e }
    - { lstm: { units: 3, bidirectional: true, give: all } }
    - { gru: { units: 6, give: all, initial_state: moved } }
    - { multi_head_attention: { heads: 2, memory: e } }
    - { global_avg_pool: {}, name: said }
    - concat: [moved, said]
    - head: kind
train: { epochs: 3, batch: 8 }
`

const directory = folder({
  "clean.npz": Npz.encode(Object.entries(arraysWith(0, 0))),
  // Nothing that the padding holds may matter.
  "dirty.npz": Npz.encode(Object.entries(arraysWith(Number.NaN, -3))),
  "clean.yaml": model,
  "dirty.yaml": model.replaceAll("clean", "dirty").replace("name: gestures", "name: dirty"),
})
const path = (name: string) => join(directory, name)
const runs = ["--runs", path("runs")]
const weights = (name: string) => readFileSync(path(`runs/${name}/0001/checkpoints/last/weights.safetensors`))

beforeAll(async () => {
  expect(await run(["train", path("clean.yaml"), ...runs])).toMatchObject({ code: 0 })
})

describe("arrays with lengths", () => {
  test("train to the same bits whatever the padding holds, and are scaled without it", async () => {
    expect(await run(["train", path("dirty.yaml"), ...runs])).toMatchObject({ code: 0 })
    expect(weights("dirty").equals(weights("gestures"))).toBe(true)
    const { input } = JSON.parse(readFileSync(path("runs/gestures/0001/preprocess.json"), "utf8"))
    expect(input.inputs).toMatchObject({
      motion: { array: "motion", shape: [5, 2], sequence: { lengths: "steps" } },
      words: { array: "words", shape: [5], sequence: { lengths: "steps", tokens: 8 } },
    })
    const [first, second] = input.inputs.motion.subtract
    expect([Math.abs(first) < 0.2, Math.abs(second - 100) < 10]).toEqual([true, true])
  })

  test("predict takes them from npz and from lines whose lists have their own lengths, with the same answers", async () => {
    const { code, stdout } = await run(["predict", "gestures/1", path("dirty.npz"), ...runs])
    const answers = jsonLines(stdout)
    expect([code, answers.length]).toEqual([0, n])
    const { motion, words } = arraysWith(0, 0)
    const line = (i: number, rest: object = {}) => {
      const length = lengths[i] ?? 0
      const steps = Array.from({ length }, (_, t) => [...motion.data.slice((i * time + t) * 2, (i * time + t) * 2 + 2)])
      return JSON.stringify({ motion: steps, words: [...words.data.slice(i * time, i * time + length)], ...rest })
    }
    const stdin = [
      line(0),
      line(4, { steps: lengths[4] }),
      line(1, { words: [1, 2, 3, 4, 5, 6] }),
      line(1, { steps: 9 }),
      line(1, { motion: [[1], [2]] }),
      line(0, { words: [9] }),
      line(1, { words: [1] }),
    ].join("\n")
    const read = jsonLines((await run(["predict", "gestures/1", "-", ...runs], { stdin })).stdout)
    expect(read.slice(0, 2).map(({ prediction }) => prediction)).toEqual([answers[0].prediction, answers[4].prediction])
    expect(read.slice(2).map(({ error }) => error)).toEqual([
      expect.stringContaining("row 3, column `words`: got 6 time steps; wanted a list of at most 5 time steps"),
      expect.stringContaining("row 4, column `steps`: got 9; wanted a whole number from 0 to"),
      expect.stringContaining("row 5, column `motion`: got 2 numbers; wanted 4 numbers"),
      expect.stringContaining("column `words`: got 9, wanted a token from 0 to 7 in time step 1"),
      expect.stringContaining("row 7, column `words`: got 1 time steps; wanted 3, as in the other arrays of these lengths"),
    ])
  })

  test("resume gives the bits of a run that was not interrupted", async () => {
    const half = ["train", path("clean.yaml"), ...runs, "--set", "name=half", "--set", "train.epochs=1"]
    expect(await run(half)).toMatchObject({ code: 0 })
    const resumed = await run(["train", "--resume", "half/1", ...runs, "--set", "train.epochs=3"])
    expect(resumed).toMatchObject({ code: 0 })
    expect(readFileSync(path("runs/half/0002/checkpoints/last/weights.safetensors")).equals(weights("gestures"))).toBe(true)
  })

  test.each([
    ["number, lengths: steps", "number, lengths: stepz", "D301", "6:38", "did you mean `steps`? the arrays are "],
    ["lengths: steps, scale: standard", "lengths: kind, role: target", "S103", "6:13", undefined],
    ["number, lengths: steps", "number, lenghts: steps", "S101", "6:29", "did you mean `lengths`?"],
    ["tokens, lengths: steps", "tokens, lengths: motion", "D305", "7:37", undefined],
    ["tokens, lengths: steps", "tokens, tokens: 3, lengths: steps", "D305", "4:11", "`tokens: "],
    ["{ gru: 6, from: motion, name: moved }", "{ batch_norm: {}, from: motion, name: moved }", "G402", "13:9", "try: layer_norm"],
    ["embedding: 4", "dense: 4", "G402", "14:9", "add `embedding: 16` above it, which makes vectors of tokens"],
  ])("check locates %s → %s", async (from, to, code, place, help) => {
    expect(model).toContain(from)
    writeFileSync(path("wrong.yaml"), model.replace(from, to))
    const { stdout } = await run(["check", path("wrong.yaml"), "--json"])
    const [found] = jsonLines(stdout)[0].diagnostics
    expect([found?.code, `${found?.span?.line}:${found?.span?.column}`]).toEqual([code, place])
    if (help !== undefined) expect(found.help).toContain(help)
  })
})
