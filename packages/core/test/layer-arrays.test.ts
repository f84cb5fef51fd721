/** Whose the arrays of a net are, and what a step takes beside the data that an engine holds. */
import { expect, test } from "vitest"
import { footprint } from "../src/engines/Wasm.ts"
import * as Layers from "../src/learning/Layers.ts"
import * as Loss from "../src/learning/Loss.ts"
import * as Net from "../src/learning/Net.ts"
import * as Optimizer from "../src/learning/Optimizer.ts"
import { layerArrays } from "../src/training/layerArrays.ts"
import { planStep } from "../src/training/planStep.ts"
import { printSpec } from "../src/types/ShapeError.ts"

const net = Net.graph([
  ["wide", { net: Layers.dense({ units: 6, activation: "relu" }) }],
  ["deep", { net: Net.repeat(2, Net.sequential({ same: Layers.dense({ units: 6, bias: false }) })) }],
  ["both", { join: "concat", from: ["wide", "deep"] }],
  ["out", { net: Layers.dense({ units: 2 }) }],
])

test("every array of a net is its layer's, in the order in which they are made", () => {
  const found = layerArrays(net, { dtype: "f32", shape: [5, 3] }).map(
    ({ activations, layer, parameters }) =>
      `${layer}: ${parameters.map(printSpec).join(" ") || "nothing"} for ${[...new Set(activations.map(printSpec))].join(" ") || "nothing"}`,
  )
  expect(found.map((line) => line.replace(/ for .*(f32\[[\d, ]+\])$/, " for … $1"))).toMatchInlineSnapshot(`
    [
      "wide: f32[6] f32[3, 6] for f32[5, 6] bool[5, 6]",
      "deep.0.same: f32[6, 6] for … f32[5, 6]",
      "deep.0: nothing for nothing",
      "deep.1.same: f32[6, 6] for … f32[5, 6]",
      "deep.1: nothing for nothing",
      "deep: nothing for nothing",
      "both: nothing for … f32[5, 12]",
      "out: f32[2] f32[12, 2] for … f32[5, 2]",
    ]
  `)
})

test("a step takes the data beside what it takes without, up to 1 GiB", () => {
  const config = { net, loss: Loss.categoricalCrossEntropy(), optimizer: Optimizer.sgd(0.1), seed: 1, batch: 4 }
  const step = (rows?: number) =>
    planStep(
      config,
      {
        sample: { dtype: "f32", shape: [1024] },
        target: { dtype: "i32", shape: [] },
        ...(rows === undefined ? {} : { rows }),
      },
      footprint,
    ).bytes
  const alone = step()
  const data = 100_000 * (1024 + 1) * 4
  expect(step(100_000)).toBeGreaterThan(data)
  expect(step(100_000)).toBeLessThan(data + alone + 4096)
  expect(step(300_000)).toBe(alone)
})

test("a net of trees is planned as any other: a tree of one tensor takes the bytes of the tensor", () => {
  const layers: ReadonlyArray<readonly [string, Net.Node]> = [
    ["hidden", { net: Layers.dense({ units: 6, activation: "relu" }) }],
    ["out", { net: Layers.dense({ units: 2 }) }],
  ]
  const common = { optimizer: Optimizer.adam(0.1), seed: 1, batch: 4 }
  const [sample, target] = [{ dtype: "f32", shape: [3] } as const, { dtype: "i32", shape: [] } as const]
  for (const rows of [{}, { rows: 100 }]) {
    const alone = planStep(
      { ...common, net: Net.graph(layers), loss: Loss.categoricalCrossEntropy() },
      { sample, target, ...rows },
      footprint,
    )
    const named = planStep(
      {
        ...common,
        net: Net.graph(layers, { inputs: ["input"], outputs: ["out"] }),
        loss: Loss.heads({ out: Loss.categoricalCrossEntropy() }),
      },
      { sample: { input: sample }, target: { out: target }, ...rows },
      footprint,
    )
    expect(named.bytes).toBeGreaterThanOrEqual(alone.bytes)
    expect(named.bytes - alone.bytes).toBeLessThan(64)
  }
})

test("the arrays of layers with several inputs and outputs are theirs too", () => {
  const pair = Net.graph(
    {
      wide: { net: Layers.dense({ units: 2 }), from: "b" },
      both: { join: "add", from: ["a", "wide"] },
    },
    { inputs: ["a", "b"], outputs: ["both", "wide"] },
  )
  const outer = Net.graph({ pair: { net: pair, from: { a: "x", b: "y" } } }, { inputs: ["x", "y"], outputs: ["pair"] })
  const batch = { x: { dtype: "f32", shape: [5, 2] }, y: { dtype: "f32", shape: [5, 3] } } as const
  const found = layerArrays(outer, batch)
  expect(found.map(({ layer, parameters }) => `${layer}: ${parameters.map(printSpec).join(" ")}`)).toEqual([
    "pair.wide: f32[2] f32[3, 2]",
    "pair.both: ",
    "pair: ",
  ])
  expect(found.flatMap(({ activations }) => activations.map(printSpec))).toContain("f32[5, 2]")
})
