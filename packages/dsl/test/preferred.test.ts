/** Advice and help texts propose entries by their traits, so that a catalogue of other names gets its own names. */
import { describe, expect, it } from "vitest"
import { scoresOf } from "../src/check/Outputs.ts"
import * as Preferred from "../src/check/Preferred.ts"
import { type Catalogue, standard } from "../src/schema/Catalogue.ts"

const catalogue: Catalogue = standard

/** The same catalogue with every name in capitals. */
const renamed: Catalogue = {
  ...standard,
  activation: upper(standard.activation),
  layer: upper(standard.layer),
  metric: upper(standard.metric),
}

function upper<T extends { readonly alias?: string }>(table: { readonly [name: string]: T }): { readonly [name: string]: T } {
  return Object.fromEntries(Object.entries(table).map(([name, entry]) => [name.toUpperCase(), entry]))
}

describe("a proposal", () => {
  it.each([
    ["the usual activation of hidden layers", Preferred.rectifier, "relu"],
    ["a saturating one", Preferred.centred, "tanh"],
    ["one for a probability", Preferred.probability, "sigmoid"],
    ["a self-normalizing one", Preferred.selfNormalizing, "selu"],
    ["the layer that makes a vector", Preferred.flattening, "flatten"],
  ])("of %s", (_, of, name) => {
    expect(of(catalogue)).toBe(name)
    expect(of(renamed)).toBe(name.toUpperCase())
  })

  it.each([
    [[7], "dense: 7"],
    [[5, 7], "conv1d: { filters: 7, kernel: 1 }"],
    [[5, 5, 7], "conv2d: { filters: 7, kernel: 1 }"],
  ] as const)("of a layer that outputs %j", (shape, text) => {
    expect(Preferred.widening(catalogue, shape)).toBe(text)
    expect(Preferred.widening(renamed, shape)).toBe(text.replace(/^\w+/, (name) => name.toUpperCase()))
  })

  it("of no layer, where none accepts the shape", () => {
    expect(Preferred.widening(catalogue, [2, 2, 2, 2, 2])).toBeUndefined()
  })
})

describe("the metrics of `auto`", () => {
  it.each([
    [{ type: "numbers", names: ["y"] }, "mae"],
    [{ type: "class", name: "c", classes: ["a", "b", "c"] }, "accuracy"],
    [{ type: "class", name: "c", classes: ["a", "b"] }, "accuracy"],
    [{ type: "binary", name: "c" }, "accuracy"],
  ] as const)("of %j", (target, name) => {
    expect(scoresOf(catalogue.metric, { metrics: "auto" }, { target })).toEqual([{ [name]: {} }])
    expect(scoresOf(renamed.metric, { metrics: "auto" }, { target })).toEqual([{ [name.toUpperCase()]: {} }])
  })
})
