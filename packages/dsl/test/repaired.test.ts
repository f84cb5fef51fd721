import { expect, test } from "vitest"
import { read } from "../src/Read.ts"
import { fromText } from "../src/source/Source.ts"

const codes = (text: string): ReadonlyArray<string> =>
  read(fromText("model.yaml", text)).diagnostics.map(({ code, span }) => `${code} ${span?.line}`)

const model = (layer: string, optimizer: string): string => `schema: 1
name: x
data: { source: { moons: {} } }
model:
  layers:
    - ${layer}
    - { dense: 12, name: a }
    - { dense: 13, name: b }
    - add: [a, b]
    - head: label
train: { epochs: 3, optimizer: { adam: ${optimizer} }, callbacks: [{ early_stop: { monitor: val.acc, patience: 2 } }] }
`

const wellSpelt = codes(model("{ dense: { units: 4, activation: relu } }", "{ lr: 0.01 }"))

test("what else is wrong is told beside a misspelt key", () => {
  expect(wellSpelt).toEqual(["G401 9", "T503 11"])
  expect(codes(model("{ dense: { units: 4, activaton: relu } }", "{ learningrate: 0.01 }"))).toEqual([
    "S101 6",
    "G401 9",
    "S101 11",
    "T503 11",
  ])
})

test("a key that resembles nothing is left out", () => {
  expect(codes(model("{ dense: { units: 4, qqqq: 1 } }", "{ lr: 0.01 }"))).toEqual(["S101 6", "G401 9", "T503 11"])
})

test("a section in which more than keys is wrong is not guessed at", () => {
  expect(codes(model("{ dense: { units: 4, activaton: rellu } }", "{ lr: 0.01 }"))).toEqual(["S101 6", "T503 11"])
})

test("keys named for prototypes are refused, and hide nothing", () => {
  expect(codes(model("{ dense: { units: 4, __proto__: { units: 5 }, constructor: 1 } }", "{ lr: 0.01 }"))).toEqual([
    "Y007 6",
    "S101 6",
    "G401 9",
    "T503 11",
  ])
})
