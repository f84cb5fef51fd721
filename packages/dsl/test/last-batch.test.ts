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

test.each([
  // Shards of 4 rows, and of the last batch 8 shards of 1 or 2.
  [96, 32, 8, []],
  [104, 32, 8, ["T511"]],
  [112, 32, 8, []],
  [96, 32, 16, []],
  [96, 32, 20, ["T511"]],
  // 2 shards of 16 rows, and of the last batch 2 of 5.
  [106, 32, 2, ["A613"]],
])("%i rows by %i in %i shards: %j", (rows, batch, shards, wanted) => {
  expect(codes(text(rows, batch).replace("train: { ", `train: { shards: ${shards}, `))).toEqual(wanted)
})

test("the smallest shard is what a message is about", () => {
  const messages = (given: string) => read(fromText("m.yaml", given)).diagnostics.map(({ message }) => message)
  const of = (rows: number, batch: number, shards: number) =>
    messages(text(rows, batch).replace("train: { ", `train: { shards: ${shards}, `))
  expect(of(96, 32, 20)).toEqual(["`batch_norm` cannot train on shards of one row: one row has no variance"])
  expect(of(104, 32, 8)).toEqual([
    "`batch_norm` cannot train on the last batch (104 rows in batches of 32, in 8 shards): a shard has one row, and one row has no variance",
  ])
  expect(of(106, 32, 2)).toEqual([
    "the last batch (106 rows in batches of 32, in 2 shards) has shards of 5 rows: `batch_norm` adds the noisy variance of 5 values per channel to its running statistics",
  ])
})
