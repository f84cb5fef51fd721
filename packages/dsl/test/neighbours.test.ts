/** Advice on layers beside each other, and the edits that follow it. */
import { expect, test } from "vitest"
import * as Fix from "../src/diagnostic/Fix.ts"
import { read } from "../src/Read.ts"
import { fromText } from "../src/source/Source.ts"

const found = (text: string) => read(fromText("m.yaml", text)).diagnostics

const codesOf = (text: string) => found(text).map(({ code }) => code)

const model = (layers: string) => `schema: 1\ndata: { source: moons }\nmodel:\n  layers:\n${layers}    - head: label\n`

const mended = (layers: string): string => {
  const text = model(layers)
  return Fix.apply(text, found(text)).text.slice(model("").indexOf("    - head"), -"    - head: label\n".length)
}

test.each([
  ["    - dense: 8\n    - batch_norm\n", "    - dense: { units: 8, bias: false }\n    - batch_norm\n"],
  ["    - { dense: { units: 8 } }\n    - batch_norm\n", "    - { dense: { units: 8, bias: false } }\n    - batch_norm\n"],
  [
    "    - dense: { units: 8, bias: true, init: he_normal }\n    - batch_norm\n",
    "    - dense: { units: 8, bias: false, init: he_normal }\n    - batch_norm\n",
  ],
  [
    "    - dense:\n        units: 8 # eight\n        init: auto\n    - batch_norm\n",
    "    - dense:\n        bias: false\n        units: 8 # eight\n        init: auto\n    - batch_norm\n",
  ],
  [
    "    - repeat: { times: 2, layers: [{ dense: { units: 8, }}, batch_norm, relu] }\n",
    "    - repeat: { times: 2, layers: [{ dense: { units: 8, bias: false, }}, batch_norm, relu] }\n",
  ],
])("a bias before a batch normalization is switched off in the style it was written in: %j", (wrong, right) => {
  expect(codesOf(model(wrong))).toEqual(["A608"])
  expect(mended(wrong)).toBe(right)
  expect(codesOf(model(right))).toEqual([])
})

test.each([
  ["whose activation stands between", "    - dense: { units: 8, activation: relu }\n    - batch_norm\n"],
  ["that others may take", "    - { dense: 8, name: h }\n    - batch_norm\n    - add: [h, batch_norm1]\n"],
  ["before another normalization", "    - dense: 8\n    - layer_norm\n"],
  ["of another round", "    - dense: 8\n    - repeat: { times: 2, layers: [batch_norm, { dense: 8 }] }\n"],
])("a bias %s is left alone", (_, layers) => {
  expect(codesOf(model(layers))).not.toContain("A608")
})

test("a variable that says a layer is not edited", () => {
  const text = `vars: { wide: { units: 8 } }\n${model("    - dense: $wide\n    - batch_norm\n")}`
  expect(found(text).map(({ code, fix }) => [code, fix])).toEqual([["A608", undefined]])
})

test("dropout after convolutions, their activations and norms, is for channels", () => {
  const layers = (noise: string) =>
    `    - reshape: [2, 1]\n    - conv1d: { filters: 2, kernel: 1, bias: false }\n    - batch_norm\n    - relu\n    - ${noise}: 0.1\n    - flatten\n    - dropout: 0.2\n`
  expect(codesOf(model(layers("dropout")))).toEqual(["A609"])
  expect(mended(layers("dropout"))).toBe(layers("spatial_dropout"))
  expect(codesOf(model(layers("spatial_dropout")))).toEqual([])
})

test("alpha dropout is for selu", () => {
  const layers = (noise: string) => `    - dense: 8\n    - relu\n    - ${noise}: 0.1\n`
  expect(mended(layers("alpha_dropout"))).toBe(layers("dropout"))
  expect(codesOf(model("    - dense: { units: 8, activation: selu }\n    - alpha_dropout: 0.1\n"))).not.toContain("A610")
})
