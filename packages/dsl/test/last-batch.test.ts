/** Batch normalization of what is left over of an epoch. */
import { expect, test } from "vitest"
import * as Fix from "../src/diagnostic/Fix.ts"
import { read } from "../src/Read.ts"
import { fromText } from "../src/source/Source.ts"

const text = (rows: number, batch: number, layers = "{ dense: { units: 8, bias: false } }, batch_norm") =>
  `schema: 1\ndata: { source: { moons: { count: ${rows + 32} } }, split: { train: ${rows}, val: 32 } }\n` +
  `model: { layers: [${layers}, relu, flatten, { head: label }] }\ntrain: { batch: ${batch} }\n`

const codes = (given: string) => read(fromText("m.yaml", given)).diagnostics.map(({ code }) => code)

test.each([
  [96, 32, []],
  [97, 32, ["T511"]],
  [98, 32, ["A613"]],
  [103, 32, ["A613"]],
  [104, 32, []],
  [97, 1, ["T511"]],
  // Batches that are small throughout were chosen so.
  [98, 4, []],
])("%i rows by %i: %j", (rows, batch, wanted) => {
  const given = text(rows, batch)
  expect(codes(given)).toEqual(wanted)
  expect(codes(Fix.apply(given, read(fromText("m.yaml", given)).diagnostics).text)).toEqual([])
})

test("a channel has as many numbers as there are places in the rows", () => {
  const image = "{ reshape: [2, 1] }, { conv1d: { filters: 4, kernel: 1, bias: false } }, batch_norm"
  expect(codes(text(98, 32, image))).toEqual(["A613"])
  expect(codes(text(100, 32, image))).toEqual([])
})
