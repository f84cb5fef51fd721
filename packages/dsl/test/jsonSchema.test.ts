import { describe, expect, it } from "vitest"
import { fullSchema, jsonSchema } from "../src/JsonSchema.ts"

const schema = fullSchema()

/** The schema that editors get. */
const printed = jsonSchema()

interface Node {
  readonly [keyword: string]: unknown
}

const isNode = (value: unknown): value is Node => typeof value === "object" && value !== null && !Array.isArray(value)

/** Every schema inside a schema. */
const all = (value: unknown): ReadonlyArray<Node> =>
  Array.isArray(value) ? value.flatMap(all) : isNode(value) ? [value, ...Object.values(value).flatMap(all)] : []

const nodes = all(schema)

describe("the JSON Schema", () => {
  it("is of the draft that editors know, and says what each section is", () => {
    expect(schema.$schema).toBe("https://json-schema.org/draft/2020-12/schema")
    expect(schema.required).toEqual(["schema", "model"])
    expect(Object.keys(schema.properties as object)).toEqual([
      "schema",
      "name",
      "data",
      "model",
      "pretrain",
      "train",
      "evaluate",
      "search",
      "lint",
      "vars",
    ])
    expect(Object.keys(schema.$defs as object)).toEqual([
      "Source",
      "Scale",
      "Column",
      "Array",
      "Target",
      "Activation",
      "Initializer",
      "Layer",
      "Method",
      "Stage",
      "Loss",
      "WeightedLoss",
      "HeadLoss",
      "Optimizer",
      "Schedule",
      "Metric",
      "Callback",
      "Sampler",
      "Pruner",
      "Other",
    ])
  })

  it("leaves no map open, so that an editor marks an unknown key", () => {
    const maps = nodes.filter((node) => isNode(node.properties))
    expect(maps.length).toBeGreaterThan(50)
    expect(maps.filter((node) => node.additionalProperties !== false)).toEqual([])
  })

  it("describes every key", () => {
    const keys = nodes.flatMap(({ properties }) => (isNode(properties) ? Object.entries(properties) : []))
    expect(keys.length).toBeGreaterThan(500)
    const silent = keys.filter(([, value]) => !isNode(value) || typeof value.description !== "string" || value.description === "")
    expect(silent.map(([key]) => key)).toEqual([])
  })

  it("allows one name at most where a map holds a name and nothing beside it", () => {
    const optimizer = all((schema.$defs as Node).Optimizer).filter(({ title }) => title === "optimizer: with options")
    expect(optimizer.map(({ allOf }) => allOf)).toEqual([[{ maxProperties: 1 }]])
    const layer = all((schema.$defs as Node).Layer).filter(({ title }) => title === "layer: with options")
    expect(layer.map(({ allOf }) => allOf)).toEqual([undefined])
  })

  it("refers to nothing that is not there", () => {
    const names = Object.keys(schema.$defs as object)
    const references = nodes.flatMap((node) =>
      typeof node.$ref === "string" ? [node.$ref.replace("#/$defs/", "").replace("/anyOf/0", "")] : [],
    )
    expect(new Set(references)).toEqual(new Set(names))
  })

  it("lets no number be text but where a variable stands", () => {
    const loose = nodes.filter((node) => Array.isArray(node.type) || JSON.stringify(node.enum ?? []).includes("NaN"))
    expect(loose).toEqual([])
  })

  it("is small enough for an editor", () => {
    expect(Buffer.byteLength(JSON.stringify(printed))).toBeLessThan(200_000)
  })

  it("means the same with what it repeats written once", () => {
    const own = new Set(Object.keys(schema.$defs as object))
    const definitions = printed.$defs as Node
    /** The schema with the definitions of sharing back in their places. */
    const restored = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(restored)
      if (!isNode(value)) return value
      const inner = Object.fromEntries(Object.entries(value).map(([keyword, each]) => [keyword, restored(each)]))
      const name = String(value.$ref ?? "").replace("#/$defs/", "")
      if (value.$ref === undefined || own.has(name.replace("/anyOf/0", ""))) return inner
      const { $ref, ...about } = inner
      return { ...(restored(definitions[name]) as Node), ...about }
    }
    const kept = Object.fromEntries(Object.entries(definitions).filter(([name]) => own.has(name)))
    expect(restored({ ...printed, $defs: kept })).toEqual(schema)
  })

  it("names what it shares after what it is, and uses each definition more than once", () => {
    const names = Object.keys(printed.$defs as object)
    expect(names).toEqual(expect.arrayContaining(["integer-from-1", "no-options", "boolean", "share", "bias_init", "mse"]))
    const text = JSON.stringify(printed)
    const added = names.filter((name) => !Object.hasOwn(schema.$defs as object, name))
    for (const name of added)
      expect([name, text.split(`"#/$defs/${name}"`).length]).toEqual([name, expect.toSatisfy((n) => n > 2)])
  })

  it("gives every branch of a choice a title of its own", () => {
    const choices = nodes.filter((node) => Array.isArray(node.anyOf)).map((node) => node.anyOf as ReadonlyArray<Node>)
    expect(choices.length).toBeGreaterThan(100)
    for (const branches of choices) {
      const own = branches.filter((branch) => branch.$ref === undefined)
      const titles = own.map(({ title }) => title)
      expect(titles.every((title) => typeof title === "string" && title !== "")).toBe(true)
      expect(new Set(titles).size).toBe(titles.length)
    }
  })

  it("says what each name of a list of names is", () => {
    const lists = nodes.filter((node) => Array.isArray(node.enumDescriptions))
    expect(lists.length).toBeGreaterThan(8)
    for (const { enum: names, enumDescriptions } of lists) {
      expect(enumDescriptions).toHaveLength((names as ReadonlyArray<unknown>).length)
      expect((enumDescriptions as ReadonlyArray<string>).every((text) => text !== "")).toBe(true)
    }
  })

  it("explains every option", () => {
    const dense = nodes.find((node) => isNode(node.properties) && isNode(node.properties.units))
    expect(dense?.properties).toMatchObject({
      units: { description: "The number of outputs." },
      activation: { description: "The activation after the weighted sum. Default: identity." },
    })
  })
})
