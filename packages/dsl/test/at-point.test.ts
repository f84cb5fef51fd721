/** A model file at a point of its space: the resolved document, and the text of a plain model file that says the same. */

import type { Point } from "@adjoint/core/search/Space"
import * as Result from "effect/Result"
import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { Document, visit } from "yaml"
import { brokenBy, readAt, withPoint, writtenWith } from "../src/AtPoint.ts"
import { openWith, read, withFacts } from "../src/Read.ts"
import type { Data } from "../src/source/Data.ts"
import { fromText } from "../src/source/Source.ts"
import { completed, type FileSpace } from "../src/space/FileSpace.ts"
import * as Override from "../src/text/Override.ts"
import { shown } from "./reading.ts"

const readingOf = (text: string) => {
  const reading = read(fromText("m.yaml", text))
  if (reading.document === undefined) throw new Error(`${text}\n${shown(text)}`)
  return reading
}

/** The text at a point. */
const at = (text: string, point: Point): string => {
  const written = writtenWith(readingOf(text), point)
  if (written._tag === "Failure") throw new Error(JSON.stringify(written.failure))
  return written.success
}

const plain = `data: { source: moons, split: { train: 70%, val: 20% } }\n`

describe("a written file", () => {
  test("has the value of a list or a range in place of a marker", () => {
    const text = `schema: 1 # the language
vars: { width: { $search: [16, 32], default: 16 } } # tied
${plain}model:
  layers:
    - dense: { units: $width, activation: { $search: [relu, gelu], default: relu } }
    - dropout: { $search: { float: [0, 0.5] }, default: 0.2 }
    - head: label
train:
  epochs: { $search: { int: [2, 8], step: 2 }, default: 4 }
  batch:
    $search: [8, 64]
    default: 8
`
    expect(
      at(text, {
        "vars.width": 1,
        "model.layers[0].dense.activation": 1,
        "model.layers[1].dropout": 0.125,
        "train.epochs": 6,
        "train.batch": 1,
      }),
    ).toBe(`schema: 1 # the language
vars: { width: 32 } # tied
${plain}model:
  layers:
    - dense: { units: $width, activation: gelu }
    - dropout: 0.125
    - head: label
train:
  epochs: 6
  batch: 64
`)
  })

  test("has a branch in place, with its own markers resolved, and the comments that still apply", () => {
    const text = `schema: 1
${plain}model: { layers: [{ head: label }] }
train:
  optimizer:
    $search: # beta2 exists only in one branch
      # with decay
      - adamw:
          lr: { $search: { log: [1e-4, 1e-2] }, default: 1e-3 } # the rate
          beta2:
            $search: [0.98, 0.999] # two are enough
            default: 0.999
      # without
      - sgd: { lr: 0.05, momentum: 0.9 } # plain
    default: adamw # the usual one
  epochs: 3
`
    expect(
      at(text, { "train.optimizer": 0, "train.optimizer.adamw.lr": 0.0025, "train.optimizer.adamw.beta2": 0 }),
    ).toBe(`schema: 1
${plain}model: { layers: [{ head: label }] }
train:
  optimizer:
    # beta2 exists only in one branch
    # with decay
    # the usual one
    adamw:
      lr: 0.0025 # the rate
      # two are enough
      beta2: 0.98
  epochs: 3
`)
    expect(at(text, { "train.optimizer": 1 })).toBe(`schema: 1
${plain}model: { layers: [{ head: label }] }
train:
  optimizer:
    # beta2 exists only in one branch
    # without
    # the usual one
    sgd: { lr: 0.05, momentum: 0.9 } # plain
  epochs: 3
`)
  })
})

test("has what was set on the command line", () => {
  const text = `schema: 1
${plain}model: { layers: [{ head: label }] }
train:
  # how long
  epochs: { $search: [2, 8], default: 2 } # passes
  optimizer: { $search: [sgd, adam], default: sgd }
`
  const overrides = ["train.epochs=5", "train.batch={ $search: [16, 64], default: 16 }", "evaluate.split=val"].map((set) =>
    Result.getOrThrow(Override.parse(set)),
  )
  const opened = Result.getOrThrow(openWith(fromText("m.yaml", text), overrides))
  const reading = withFacts(opened, { facts: {}, findings: [] })
  const point = { "train.optimizer": 1, "train.batch": 1 }
  const written = Result.getOrThrow(writtenWith(reading, point))
  expect(written).toBe(`schema: 1
${plain}model: { layers: [{ head: label }] }
train:
  # how long
  epochs: 5 # passes
  optimizer: adam
  batch: 64
evaluate: { split: val }
`)
  expect(read(fromText("m.yaml", written)).document).toEqual(Result.getOrThrow(withPoint(reading, point)))
})

test("is the whole document where the text cannot be edited", () => {
  const text = `schema: 1 # lost
${plain}model: { layers: [{ head: label }] }
train: { optimizer: { adam: 0.01 }, batch: { $search: [16, 64], default: 16 } }
`
  const overrides = [Result.getOrThrow(Override.parse("train.optimizer.adam.beta1=0.5"))]
  const reading = withFacts(Result.getOrThrow(openWith(fromText("m.yaml", text), overrides)), { facts: {}, findings: [] })
  const written = Result.getOrThrow(writtenWith(reading, { "train.batch": 1 }))
  expect(written).not.toContain("lost")
  expect(read(fromText("m.yaml", written)).document?.train).toMatchObject({
    batch: 64,
    optimizer: { adam: { lr: 0.01, beta1: 0.5 } },
  })
})

test("goes without the section search, and is refused at a point that the file does not have", () => {
  const text = `schema: 1
${plain}model: { layers: [{ head: label }] }
# How it is trained

train:
  batch: # rows
    $search: [16, 64]
    default: 16 # as usual

# More trials
# find better ones.
search: # how to search
  maximize: val.accuracy
  trials: 9
# the end
lint: { allow: [A601] }
`
  expect(at(text, { "train.batch": 1 })).toBe(`schema: 1
${plain}model: { layers: [{ head: label }] }
# How it is trained

train:
  batch: 64 # rows # as usual

# the end
lint: { allow: [A601] }
`)
  for (const point of [{ "train.batch": 2 }, { "train.batch": 0.5 }, {}, { "train.batch": 0, "train.epochs": 3 }]) {
    const refused = writtenWith(readingOf(text), point)
    expect(refused._tag === "Failure" && refused.failure.map(({ code }) => code)).toEqual(["S110"])
  }
})

test("a point that prepares columns in another way has the rows of the others", () => {
  const text = `schema: 1
data: { source: t.csv, columns: { a: number, b: { $search: [number, ignore], default: number }, y: { type: number, role: target } }, split: { val: 20% } }
model: { layers: [{ dense: { $search: [4, 8], default: 4 } }, { head: y }] }
search: { where: ["model.params < 20"] }
`
  const opened = Result.getOrThrow(openWith(fromText("m.yaml", text), []))
  const target = { type: "numbers", names: ["y"] } as const
  const reading = withFacts(opened, { facts: { sample: [2], target, rows: { train: 80, val: 20, test: 0 } }, findings: [] })
  const of = (b: number, dense: number) => readAt(reading, { "data.columns.b": b, "model.layers[0].dense": dense })
  expect(of(0, 0).report.facts.sample).toEqual([2])
  expect(of(1, 0).report.facts).toMatchObject({ sample: [1], rows: { train: 80 } })
  // 2 or 1 inputs to 4 or 8 units, and these to 1 output.
  expect([of(0, 0), of(1, 0), of(0, 1), of(1, 1)].map((at) => brokenBy(at)?.sizes["model.params"])).toEqual([
    undefined,
    undefined,
    33,
    25,
  ])
})

test("a point that is not a right model is refused with its values", () => {
  const text = `schema: 1
${plain}vars: { n: { $search: { int: [1, 64] }, default: 8 } }
model: { layers: [{ dense: $n }, { head: label }] }
train: { epochs: { $search: [3, 9], default: 3 }, callbacks: [{ early_stop: { monitor: val.loss, patience: "max(1, $n - 55)" } }] }
`
  // The ends of the range are tried when the file is checked, with the epochs that they meet there.
  const refused = withPoint(read(fromText("m.yaml", text)), { "vars.n": 60, "train.epochs": 0 })
  expect(refused._tag === "Failure" && refused.failure.map(({ code, message }) => `${code} ${message}`)).toEqual([
    "T504 patience of 5 epochs in a run of 3: `early_stop` can never act, with `vars.n` 60",
  ])
})

/** Documents with markers in many places, in flow and in block style, with comments. */
const list = (...values: ReadonlyArray<Data>) =>
  fc
    .tuple(fc.shuffledSubarray([...values], { minLength: 1 }), fc.nat())
    .map(([some, i]): Data => ({ $search: some, default: some[i % some.length] ?? null }))

const range = fc.constantFrom<Data>(
  { $search: { int: [1, 9] }, default: 3 },
  { $search: { int: [2, 64], log: true }, default: 8 },
  { $search: { int: [4, 16], step: 4 }, default: 8 },
)

const share = fc.constantFrom<Data>(
  { $search: { float: [0.05, 0.5] }, default: 0.25 },
  { $search: { float: [0.1, 0.5], step: 0.1 }, default: 0.3 },
  { $search: { log: [1e-3, 0.5] }, default: 0.1 },
)

const units = fc.oneof(
  fc.constant<Data>(8),
  fc.constantFrom<Data>("$width", "$width * 2", "$deep"),
  range,
  list(4, 8, 16, "$width"),
)
const activation = fc.oneof(fc.constantFrom<Data>("relu", "tanh"), list("relu", { leaky_relu: { alpha: 0.1 } }, { elu: 0.5 }))
const rate = fc.oneof(fc.constantFrom<Data>(0.1, "$rate"), share)
const layer = fc.oneof(
  units.map((value): Data => ({ dense: value })),
  fc.tuple(units, activation).map(([value, own]): Data => ({ dense: { units: value, activation: own } })),
  rate.map((value): Data => ({ dropout: value })),
  units.map((value): Data => ({ use: { wide: { f: value } } })),
)
const alternatives = fc
  .uniqueArray(fc.oneof(layer, fc.constantFrom<Data>("batch_norm", "relu")), {
    minLength: 1,
    maxLength: 3,
    selector: (value) => JSON.stringify(value),
  })
  .map((values): Data => ({ $search: values, default: values[0] ?? null }))

const optimizer = fc.tuple(rate, fc.oneof(fc.constant<Data>(0.9), list(0.8, 0.9, 0.99)), fc.boolean()).map(
  ([lr, beta1, isFirst]): Data => ({
    $search: [{ adam: { lr, beta1 } }, "rmsprop", { sgd: { lr, momentum: { $search: [0, 0.9], default: 0 } } }],
    default: isFirst ? "adam" : "sgd",
  }),
)

const documents = fc
  .record({
    width: fc.oneof(range, fc.constant<Data>(16)),
    deep: fc.oneof(list(4, 8, "$width"), fc.constant<Data>("$width + 1")),
    rate,
    layers: fc.array(fc.oneof(layer, alternatives), { minLength: 1, maxLength: 4 }),
    times: fc.oneof(fc.constant<Data>(2), range),
    optimizer,
    hasBlocks: fc.boolean(),
  })
  .map(
    ({ layers, optimizer, rate: r, times, ...vars }): Data => ({
      schema: 1,
      vars: { width: vars.width, deep: vars.deep, rate: r === "$rate" ? 0.2 : r, unused: { $search: [1, 2], default: 2 } },
      data: { source: "moons", split: { train: "70%", val: "20%" } },
      model: {
        blocks: {
          wide: {
            params: { f: "int" },
            layers: [{ dense: { units: "$f", activation: { $search: ["relu", "selu"], default: "selu" } } }],
          },
        },
        layers: [...layers, { repeat: { times, layers: [{ dense: { $search: [4, 8], default: 8 } }] } }, { head: "label" }],
      },
      train: { optimizer },
    }),
  )

const texts = fc.tuple(documents, fc.infiniteStream(fc.nat({ max: 5 }))).map(([data, choices]) => {
  if (choices.next().value === 0) return JSON.stringify(data)
  const yaml = new Document(data, { aliasDuplicateObjects: false })
  const next = () => choices.next().value
  visit(yaml, {
    Collection: (at, node) => {
      if (at !== null && next() < 2) node.flow = true
    },
    Scalar: (at, node) => {
      if (at === "value" && next() === 0) node.comment = " beside"
      if (at === "key" && next() === 0) node.commentBefore = " above"
    },
  })
  return yaml.toString({ lineWidth: 0 })
})

/** A point from numbers in [0, 1). */
const pointOf = (file: FileSpace, numbers: ReadonlyArray<number>): Point =>
  completed(
    file,
    Object.fromEntries(
      file.space.map((dimension, i) => {
        const u = numbers[i % numbers.length] ?? 0
        if (dimension._tag === "Choice") return [dimension.name, Math.floor(u * dimension.size)]
        const { high, low, step = dimension._tag === "Int" ? 1 : 0 } = dimension
        const value = low + u * (high - low)
        return [dimension.name, step === 0 ? value : Number((low + Math.round((value - low) / step) * step).toPrecision(15))]
      }),
    ),
  )

test("is read as the document of its point, in any style", () => {
  fc.assert(
    fc.property(
      texts,
      fc.array(fc.double({ min: 0, max: 0.999, noNaN: true }), { minLength: 3, maxLength: 9 }),
      (text, numbers) => {
        const reading = readingOf(text)
        const { searched } = reading
        if (searched === undefined) throw new Error("no markers")
        const point = pointOf(searched.file, numbers)
        const document = withPoint(reading, point)
        const written = writtenWith(reading, point)
        if (document._tag === "Failure" || written._tag === "Failure") throw new Error(JSON.stringify([document, written]))
        expect(written.success).not.toContain("$search")
        // Not the document with all its defaults, which is written where the text cannot be edited.
        expect(written.success).toMatch(/vars"?:/)
        expect(read(fromText("m.yaml", written.success)).document).toEqual(document.success)
      },
    ),
    { numRuns: 10 },
  )
})
