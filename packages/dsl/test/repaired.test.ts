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

test("other mistakes are reported beside a misspelt key", () => {
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

test.each([
  ["true", "name the column whose classes each part gets in the same proportion"],
  ["false", "leave it out: rows are divided at random"],
])("stratify: %s is no column, and no text in quotes is offered", (value, help) => {
  const text = `schema: 1\ndata: { source: moons, split: { val: 20%, stratify: ${value} } }\nmodel: { layers: [{ head: label }] }\n`
  const [found, ...others] = read(fromText("model.yaml", text)).diagnostics
  expect(others).toEqual([])
  expect(found?.code).toBe("S103")
  expect(found?.help).toBe(help)
  expect(found?.fix).toBeUndefined()
})

test.each([
  [
    "    - dense: units: 16, activation: relu\n",
    "dense",
    "write `dense: { units: 16, activation: relu }`",
    "{ units: 16, activation: relu }",
  ],
  ["    - dense: 16, activation: relu  # wide\n", "dense", "write `dense: { …: 16, activation: relu }`", undefined],
])("options without braces are shown in them: %j", (line, key, help, fix) => {
  const text = `schema: 1\ndata: { source: moons }\nmodel:\n  layers:\n${line}    - head: label\n`
  const [found] = read(fromText("model.yaml", text)).diagnostics
  expect(found?.code).toBe("Y001")
  expect(found?.message).toBe(`the options of \`${key}\` are not in braces`)
  expect(found?.span?.line).toBe(5)
  expect(found?.help).toBe(help)
  expect(found?.fix?.text).toBe(fix)
})
