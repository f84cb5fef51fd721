/** Search markers: what the space and the default must be, and that every value may stand where the marker stands. */
import { expect, test } from "vitest"
import { read } from "../src/Read.ts"
import { fromText } from "../src/source/Source.ts"
import { completed } from "./reading.ts"

/** What is said of a marker in place of the learning rate, with the text it points at. */
const said = (text: string): ReadonlyArray<string> => {
  const source = fromText("m.yaml", completed(text))
  return read(source)
    .diagnostics.filter(({ severity }) => severity === "error")
    .map(({ code, message, span }) => `${code} ${message} @ ${span === undefined ? "" : source.text.slice(span.start, span.end)}`)
}

const rate = (marker: string) => said(`train: { optimizer: { adam: { lr: ${marker} } } }\n`)
const units = (marker: string) => said(`model: { layers: [{ dense: ${marker} }, { head: label }] }\n`)

test("a right marker is its default", () => {
  expect(rate("{ $search: { log: [1e-4, 1e-1] }, default: 1e-3 }")).toEqual([])
  expect(rate("{ $search: [0.1, 0.01], default: 0.01 }")).toEqual([])
  expect(units("{ $search: { int: [4, 16] }, default: 4 }")).toEqual([])
  expect(
    said(
      "train: { optimizer: { $search: [sgd, { adam: { lr: { $search: { log: [1e-4, 1e-2] }, default: 1e-3 } } }], default: adam } }\n",
    ),
  ).toEqual([])
  expect(said("vars: { n: 8 }\nmodel: { layers: [{ dense: { $search: [$n, 16], default: $n } }, { head: label }] }\n")).toEqual(
    [],
  )
})

test("the default is one of the values", () => {
  expect(units("{ $search: [8, 16], default: 12 }")).toEqual([
    "S103 model.layers[0].dense: the default must be one of the values to search, not 12 @ 12",
  ])
  expect(rate("{ $search: { log: [1e-4, 1e-1] }, default: 1 }")).toEqual([
    "S103 train.optimizer.adam.lr: the default must be a number from 0.0001 to 0.1, not 1 @ 1",
  ])
  expect(units("{ $search: { int: [4, 16] }, default: 4.5 }")).toEqual([
    "S103 model.layers[0].dense: the default must be a whole number from 4 to 16, not 4.5 @ 4.5",
  ])
})

test("a range goes from a lower to a higher bound of its kind", () => {
  expect(rate("{ $search: { log: [0, 1e-1] }, default: 1e-3 }")).toEqual([
    "S103 train.optimizer.adam.lr: a logarithmic range has bounds above 0, got 0 @ 0",
  ])
  expect(rate("{ $search: { log: [1e-4, -1e-1] }, default: 1e-3 }")).toEqual([
    "S103 train.optimizer.adam.lr: a logarithmic range has bounds above 0, got -0.1 @ -1e-1",
  ])
  expect(rate("{ $search: { float: [0.5, 0.1] }, default: 0.2 }")).toEqual([
    "S103 train.optimizer.adam.lr: the lowest value comes first, got [0.5, 0.1] @ [0.5, 0.1]",
  ])
  expect(units("{ $search: { int: [1, 4.5] }, default: 2 }")).toEqual([
    "S103 model.layers[0].dense: expected a whole number as a bound, got 4.5 @ 4.5",
  ])
  expect(units("{ $search: { int: [1, many] }, default: 2 }")).toEqual([
    'S103 model.layers[0].dense: expected a finite number as a bound, got the text "many" @ many',
  ])
  expect(units("{ $search: { range: [1, 4] }, default: 2 }")).toEqual([
    "S103 model.layers[0].dense: there is no range `range`: it can be `int`, `float` or `log` @ [1, 4]",
  ])
  expect(units("{ $search: { int: [1] }, default: 2 }")).toEqual([
    "S103 model.layers[0].dense: expected the lowest and the highest value, got a list of 1 @ [1]",
  ])
})

test("every value may stand where the marker stands", () => {
  expect(units("{ $search: [8, many, -2], default: 8 }")).toEqual([
    'S103 model.layers[0].dense: expected a whole number > 0, got the text "many" @ many',
    "S103 model.layers[0].dense: expected a whole number > 0, got -2 @ -2",
  ])
  expect(units("{ $search: { int: [-4, 8] }, default: 2 }")).toEqual([
    "S103 model.layers[0].dense: expected a whole number > 0, got -4 @ -4",
  ])
  expect(units("{ $search: { log: [1, 8] }, default: 2 }").join()).toContain("expected a whole number > 0, got 2.2")
  expect(said("train: { optimizer: { $search: [sdg, adam], default: adam } }\n")).toEqual([
    "S104 train.optimizer: there is no optimizer `sdg` @ sdg",
  ])
  expect(
    said(
      "train: { optimizer: { $search: [sgd, { adam: { lr: { $search: { log: [1e-2, 1e-4] }, default: 1e-3 } } }], default: sgd } }\n",
    ),
  ).toHaveLength(1)
})
