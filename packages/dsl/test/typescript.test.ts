import { Result } from "effect"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import type { ModelFile } from "../src/Document.ts"
import * as Model from "../src/Model.ts"
import { read } from "../src/Read.ts"
import { fromText } from "../src/source/Source.ts"
import { toYaml } from "../src/Write.ts"
import { documentOf } from "./reading.ts"

const built = (sections: Model.Sections): ModelFile => Result.getOrThrow(Model.modelFile(sections))

describe("the TypeScript form", () => {
  it("builds the document that the file says", () => {
    const written = documentOf(`
schema: 1
name: residual
data:
  source: iris.csv
  columns: { species: class, "*": { type: number, scale: standard } }
  split: { train: 70%, val: 15%, test: 15%, stratify: species, seed: 7 }
model:
  init: he_normal
  layers:
    - { dense: { units: 16, activation: relu }, name: h1 }
    - { dense: { units: 16, activation: { leaky_relu: 0.1 } }, name: h2 }
    - add: [h1, h2]
    - repeat:
        times: 2
        layers:
          - { dense: 16, name: a }
          - multiply: [input, a]
    - dropout: 0.2
    - head: species
train:
  seed: 7
  epochs: 50
  optimizer: { adamw: { lr: 0.01 } }
  schedule: { warmup: { epochs: 2, schedule: cosine } }
  regularize: { clip_norm: 1 }
  callbacks: [{ early_stop: { patience: 8 } }]
evaluate: { fail_under: { accuracy: 0.9 } }
`)
    expect(
      built({
        name: "residual",
        data: {
          source: "iris.csv",
          columns: { species: "class", "*": { type: "number", scale: "standard" } },
          split: { train: "70%", val: "15%", test: "15%", stratify: "species", seed: 7 },
        },
        model: {
          init: "he_normal",
          layers: [
            Model.dense(16, { activation: "relu", name: "h1" }),
            Model.dense(16, { activation: { leaky_relu: { alpha: 0.1 } }, name: "h2" }),
            Model.add(["h1", "h2"]),
            Model.repeat(2, [Model.dense(16, { name: "a" }), Model.multiply(["input", "a"])]),
            Model.dropout(0.2),
            Model.head("species"),
          ],
        },
        train: {
          seed: 7,
          epochs: 50,
          optimizer: { adamw: { lr: 0.01 } },
          schedule: { warmup: { epochs: "2 epochs", schedule: "cosine" } },
          regularize: { clip_norm: 1 },
          callbacks: [{ early_stop: { patience: 8 } }],
        },
        evaluate: { fail_under: { accuracy: 0.9 } },
      }),
    ).toEqual(written)
  })

  it("lets every builder also be written as the data it makes", () => {
    const of = (layers: ReadonlyArray<Model.Layer>) => built({ data: { source: "moons" }, model: { layers } })
    expect(
      of([{ dense: { units: 8 }, name: "h" }, "relu", { dropout: { rate: 0.5 } }, "flatten", { head: { target: "label" } }]),
    ).toEqual(of([Model.dense(8, { name: "h" }), "relu", Model.dropout(0.5), Model.flatten(), Model.head("label")]))
    expect(
      of([
        Model.reshape([1, 2]),
        Model.flatten({ name: "f" }),
        Model.concat(["f", "input"]),
        Model.head("label", { init: "zeros" }),
      ]).model.layers,
    ).toHaveLength(4)
  })

  it("fails with the diagnostics of a model file", () => {
    const wrong = Model.modelFile({
      name: "xor",
      data: { source: "xor" },
      model: { layers: [Model.dense(-3), Model.add(["a", "b"]), Model.head("label")] },
    })
    expect(Result.isFailure(wrong) && wrong.failure.message).toMatchInlineSnapshot(
      `"xor: R203 there is no layer named \`a\`; R203 there is no layer named \`b\`; S103 model.layers[0].dense.units: expected a whole number > 0, got -3"`,
    )
    expect(Result.isFailure(wrong) && wrong.failure.diagnostics.map((d) => d.code)).toEqual(["R203", "R203", "S103"])
  })

  it("takes a dollar sign as it stands", () => {
    const document = built({
      data: { source: "a.csv", columns: { "price $USD": "number", $kind: "class" } },
      model: { layers: [Model.head("$kind")] },
    })
    expect(Object.keys(document.data?.columns ?? {})).toEqual(["price $USD", "$kind"])
    expect(read(fromText("m.yaml", toYaml(document))).document).toEqual(document)
  })

  it("checks names and options as they are typed", () => {
    // @ts-expect-error there is no such activation
    Model.dense(8, { activation: "rleu" })
    // @ts-expect-error an option without a default must be there
    const missing: Model.Layer = { dense: {} }
    // @ts-expect-error there is no such option
    Model.modelFile({ model: { layers: [] }, train: { optimizer: { sgd: { learningrate: 1 } } } })
    // @ts-expect-error a path alone has an ending that says what it is
    Model.modelFile({ data: { source: "digits.xlsx" }, model: { layers: [] } })
    expect(missing).toEqual({ dense: {} })
  })
})

describe("writing", () => {
  const activation = fc.constantFrom("relu" as const, "tanh" as const, { leaky_relu: { alpha: 0.2 } } as const)
  const layer = fc.oneof(
    fc.tuple(fc.integer({ min: 1, max: 64 }), activation).map(([units, f]) => Model.dense(units, { activation: f })),
    fc.double({ min: 0, max: 0.9, noNaN: true }).map((rate) => Model.dropout(rate)),
    fc.constantFrom<Model.Layer>("relu", "flatten", Model.repeat(3, [Model.dense(4)])),
  )

  it("gives text that says the same document", () => {
    fc.assert(
      fc.property(fc.array(layer, { maxLength: 5 }), fc.integer({ min: 6, max: 99 }), (layers, epochs) => {
        const document = built({
          data: { source: "moons" },
          model: { layers: [...layers, Model.head("label")] },
          train: { epochs, callbacks: ["early_stop"] },
          lint: { allow: ["A604", "A607", "A620"] },
        })
        const again = read(fromText("m.yaml", toYaml(document)))
        expect(again.diagnostics).toEqual([])
        expect(again.document).toEqual(document)
      }),
      { numRuns: 100 },
    )
  })
})

describe("search markers", () => {
  const width = Model.search([8, 16], { default: 16 })
  const sections = {
    data: { source: "moons", split: { train: "80%", val: "20%" } },
    model: { layers: [Model.dense(width), "relu", Model.dense(width), Model.head("label")] },
    train: {
      optimizer: Model.search([{ adam: { lr: Model.search({ log: [1e-4, 0.1] }, { default: 0.01 }) } }, "sgd"], {
        default: "adam",
      }),
    },
    search: { maximize: "val.accuracy", trials: 9 },
  } satisfies Model.Sections

  it("have their defaults in the document", () => {
    const document = Result.getOrThrow(Model.modelFile(sections))
    expect(document.train.optimizer).toMatchObject({ adam: { lr: 0.01 } })
    expect(document.model.layers[0]).toMatchObject({ dense: { units: 16 } })
  })

  it("are a space, in which one marker in several places is one dimension", () => {
    const { at, search, space, standard } = Result.getOrThrow(Model.searched(sections))
    expect(space).toEqual([
      { name: "vars.units", _tag: "Choice", size: 2 },
      { name: "train.optimizer", _tag: "Choice", size: 2 },
      {
        name: "train.optimizer.adam.lr",
        _tag: "Float",
        low: 1e-4,
        high: 0.1,
        log: true,
        when: { dimension: "train.optimizer", choice: 0 },
      },
    ])
    expect(standard).toEqual({ "vars.units": 1, "train.optimizer": 0, "train.optimizer.adam.lr": 0.01 })
    expect(search).toMatchObject({ maximize: ["val.accuracy"], trials: 9 })
    const document = Result.getOrThrow(at({ "vars.units": 0, "train.optimizer": 1 }))
    expect(document.train.optimizer).toMatchObject({ sgd: {} })
    expect([document.model.layers[0], document.model.layers[2]]).toMatchObject([{ dense: { units: 8 } }, { dense: { units: 8 } }])
    expect(at({ "vars.units": 2, "train.optimizer": 1 })._tag).toBe("Failure")
  })

  it("have the type of the value that they stand for", () => {
    // @ts-expect-error: a width is a number
    Model.dense(Model.search(["wide", "narrow"], { default: "wide" }))
    // @ts-expect-error: the default is one of the values
    Model.search([8, 16], { default: 12 })
    // @ts-expect-error: a range has two bounds
    Model.search({ int: [1] }, { default: 1 })
  })
})
