/** The TypeScript twin says what a file can say, and no more: its keys are those of the file's schema, section by section. */
import { Result } from "effect"
import { describe, expect, expectTypeOf, test } from "vitest"
import type * as Document from "../src/Document.ts"
import { jsonSchema } from "../src/JsonSchema.ts"
import * as Model from "../src/Model.ts"
import { standard } from "../src/schema/Catalogue.ts"
import { choices } from "../src/schema/FromEntry.ts"
import { type regularizeFields, trainFields } from "../src/schema/TrainSection.ts"
import { documentOf } from "./reading.ts"

/** Every key of a type, none left out and none too many. */
type Keys<T> = { readonly [K in keyof Required<T>]: true }

/** The keys of all members of a union, and the names among them. */
type Names<T> = T extends string ? T : keyof T

const file: Keys<Model.Sections> = {
  name: true,
  data: true,
  model: true,
  pretrain: true,
  train: true,
  evaluate: true,
  search: true,
  lint: true,
}
const data: Keys<NonNullable<Model.Sections["data"]>> = {
  source: true,
  columns: true,
  arrays: true,
  image: true,
  scale: true,
  pca: true,
  target: true,
  series: true,
  split: true,
  test: true,
}
const split: Keys<NonNullable<NonNullable<Model.Sections["data"]>["split"]>> = {
  train: true,
  val: true,
  test: true,
  unlabelled: true,
  stratify: true,
  group: true,
  by: true,
  column: true,
  folds: true,
  repeats: true,
  fold: true,
  repeat: true,
  seed: true,
}
const model: Keys<Model.Sections["model"]> = { input: true, inputs: true, init: true, layers: true }
const evaluate: Keys<NonNullable<Model.Sections["evaluate"]>> = { split: true, slices: true, fail_under: true, fail_above: true }
const search: Keys<Model.Search> = {
  maximize: true,
  minimize: true,
  sampler: true,
  trials: true,
  seed: true,
  pending: true,
  folds: true,
  seeds: true,
  pruner: true,
  where: true,
  parallel: true,
  store: true,
}
const lint: Keys<NonNullable<Model.Sections["lint"]>> = { allow: true }
const rbm: Keys<Model.RbmOptions & { readonly layer: string }> = {
  layer: true,
  method: true,
  momentum: true,
  sparsity: true,
  visible: true,
  epochs: true,
  batch: true,
  lr: true,
  l2: true,
}

/** The keys of every map inside a JSON Schema, through choices and references. */
const keysIn = (schema: unknown, definitions: { readonly [name: string]: unknown }): ReadonlyArray<string> => {
  if (typeof schema !== "object" || schema === null) return []
  const {
    $ref,
    anyOf = [],
    properties = {},
  } = schema as {
    readonly $ref?: string
    readonly anyOf?: ReadonlyArray<unknown>
    readonly properties?: object
  }
  const name = $ref?.split("/").at(-1) ?? ""
  return [
    ...Object.keys(properties),
    ...anyOf.flatMap((form) => keysIn(form, definitions)),
    ...(["Other", ""].includes(name) ? [] : keysIn(definitions[name], definitions)),
  ]
}

const at = (path: ReadonlyArray<string>): ReadonlyArray<string> => {
  const whole = jsonSchema() as { readonly properties: object; readonly $defs: { readonly [name: string]: unknown } }
  const step = (schema: unknown, key: string): unknown => {
    if (typeof schema !== "object" || schema === null) return undefined
    const {
      $ref,
      anyOf = [],
      properties,
    } = schema as {
      readonly $ref?: string
      readonly anyOf?: ReadonlyArray<unknown>
      readonly properties?: { readonly [key: string]: unknown }
    }
    if (properties !== undefined && Object.hasOwn(properties, key)) return properties[key]
    const inside = $ref === undefined ? [] : [whole.$defs[$ref.split("/").at(-1) ?? ""]]
    return [...inside, ...anyOf].map((form) => step(form, key)).find((found) => found !== undefined)
  }
  const keys = keysIn(path.reduce<unknown>(step, whole), whole.$defs)
  return [...new Set(keys)].filter((key) => key !== "vars" && key !== "blocks" && key !== "schema").sort()
}

describe("the keys of the twin are those of the file", () => {
  test.each([
    [[], file],
    [["data"], data],
    [["data", "split"], split],
    [["model"], model],
    [["evaluate"], evaluate],
    [["search"], search],
    [["lint"], lint],
  ])("%j", (path, keys) => {
    expect(at(path)).toEqual(Object.keys(keys).sort())
  })

  test("train", () => {
    expectTypeOf<keyof Required<Model.Train>>().toEqualTypeOf<keyof ReturnType<typeof trainFields>>()
    expectTypeOf<keyof Required<Document.Train>>().toEqualTypeOf<keyof ReturnType<typeof trainFields>>()
    expect(at(["train"])).toEqual(Object.keys(trainFields(standard, choices(standard))).sort())
  })

  test("regularize", () => {
    expectTypeOf<keyof Required<NonNullable<Model.Train["regularize"]>>>().toEqualTypeOf<
      keyof ReturnType<typeof regularizeFields>
    >()
    expect(at(["train", "regularize"])).toEqual(Object.keys(standard.regularizer).sort())
  })

  test("a stage of pre-training", () => {
    const { Stage } = jsonSchema().$defs as { readonly [name: string]: unknown }
    const { anyOf = [Stage] } = Stage as { readonly anyOf?: ReadonlyArray<{ readonly properties: { readonly rbm: unknown } }> }
    const [{ properties }] = anyOf as readonly [{ readonly properties: { readonly rbm: unknown } }]
    expect([...new Set(keysIn(properties.rbm, {}))].filter((key) => key in rbm).sort()).toEqual(Object.keys(rbm).sort())
  })

  test("a layer", () => {
    type Own = "name" | "from" | "block" | "repeat" | "head" | Document.Join
    expectTypeOf<Names<Model.Layer>>().toEqualTypeOf<keyof typeof standard.layer | keyof typeof standard.activation | Own>()
  })

  test("callbacks", () => {
    expectTypeOf<Names<Model.Callback>>().toEqualTypeOf<keyof typeof standard.callback>()
  })
})

describe("what the file says, the twin says", () => {
  test("settings of a training", () => {
    const sections: Model.Sections = {
      data: { source: "moons" },
      model: {
        layers: [
          { dense: 8, name: "h1" },
          { leaky_relu: 0.1 },
          { dense: { units: 8, activation: { elu: 0.5 } }, name: "h2" },
          { head: "label" },
        ],
      },
      train: {
        optimizer: { adamw: 0.01 },
        schedule: { step: "5 epochs" },
        regularize: { l1: 1e-5, clip_value: 2, class_weight: [1, 2] },
        freeze: ["h1"],
        rates: { h2: 0.5 },
        accumulate: 2,
        lookahead: { alpha: 0.8 },
        average: 0.9,
        callbacks: [
          "early_stop",
          { reduce_on_plateau: { factor: 0.5 } },
          { checkpoint: { every: "2 epochs", keep: ["best"] } },
          { nan_guard: { rewind: { times: 2 } } },
          { watch_layers: { steps: 50 } },
        ],
      },
    }
    const written = documentOf(`schema: 1
data: { source: moons }
model: { layers: [{ dense: 8, name: h1 }, { leaky_relu: 0.1 }, { dense: { units: 8, activation: { elu: 0.5 } }, name: h2 }, { head: label }] }
train:
  optimizer: { adamw: 0.01 }
  schedule: { step: 5 epochs }
  regularize: { l1: 1e-5, clip_value: 2, class_weight: [1, 2] }
  freeze: [h1]
  rates: { h2: 0.5 }
  accumulate: 2
  lookahead: { alpha: 0.8 }
  average: 0.9
  callbacks: [early_stop, { reduce_on_plateau: { factor: 0.5 } }, { checkpoint: { every: 2, keep: [best] } }, { nan_guard: { rewind: { times: 2 } } }, { watch_layers: { steps: 50 } }]
`)
    expect(Result.getOrThrow(Model.modelFile(sections))).toEqual(written)
  })

  test("is checked as it is typed", () => {
    // @ts-expect-error an average is a number
    const average: Model.Train = { average: "0.9" }
    // @ts-expect-error there is no such callback
    const callback: Model.Train = { callbacks: ["early_stopping"] }
    // @ts-expect-error there is no such option
    const option: Model.Train = { callbacks: [{ early_stop: { wait: 3 } }] }
    // @ts-expect-error the units of an embedding are a number
    const layer: Model.Layer = { embedding: "3" }
    expect([average, callback, option, layer]).toHaveLength(4)
  })
})
