/**
 * The language as a JSON Schema (draft 2020-12), for editors: printed from the schema that decodes, so the two cannot
 * disagree, and opened where the layer beneath the schema lets a variable or a search marker stand.
 */
import * as Schema from "effect/Schema"
import { type Language, standard } from "./Language.ts"
import { kindNames } from "./variables/Blocks.ts"

/** A JSON Schema, as plain data. */
export interface JsonSchema {
  readonly [keyword: string]: unknown
}

interface Definitions {
  readonly [name: string]: JsonSchema
}

const variable = "Variable"
const search = "Search"

const reference = (name: string): JsonSchema => ({ $ref: `#/$defs/${name}` })

/** What may stand in place of any value. */
const substitutes: { readonly [name: string]: JsonSchema } = {
  [variable]: {
    type: "string",
    pattern: "\\$[A-Za-z_]",
    description: "The value of a variable, `$name`, or arithmetic over variables: `$width * 2`, `min($a, $b)`.",
  },
  [search]: {
    type: "object",
    properties: {
      $search: {
        description: "What a search chooses from: a list, or a range.",
        anyOf: [
          { type: "array", minItems: 1 },
          ...["int", "float", "log"].map((kind) => ({
            type: "object",
            properties: { [kind]: { type: "array", items: { type: "number" }, minItems: 2, maxItems: 2 } },
            required: [kind],
            additionalProperties: false,
          })),
        ],
      },
      default: { description: "What training uses." },
    },
    required: ["$search", "default"],
    additionalProperties: false,
  },
}

const isRecord = (value: unknown): value is JsonSchema => typeof value === "object" && value !== null && !Array.isArray(value)

/** The schema of a value, which a substitute may stand for. */
const open = (schema: unknown): unknown => {
  if (!isRecord(schema)) return schema
  const inner = inside(schema)
  const { anyOf, description, ...rest } = inner
  const forms = Array.isArray(anyOf) && Object.keys(rest).length === 0 ? anyOf : [inner]
  return {
    ...(description === undefined ? {} : { description }),
    anyOf: [...forms, reference(variable), reference(search)],
  }
}

/** A schema with the values inside it opened. Forms of a choice are one value, so they are not opened one by one. */
const inside = (schema: JsonSchema): JsonSchema =>
  Object.fromEntries(
    Object.entries(schema).map(([keyword, value]) => {
      if (keyword === "properties" && isRecord(value))
        return [keyword, Object.fromEntries(Object.entries(value).map(([name, property]) => [name, open(property)] as const))]
      if (keyword === "items" || keyword === "additionalProperties") return [keyword, open(value)]
      if ((keyword === "anyOf" || keyword === "prefixItems") && Array.isArray(value))
        return [keyword, value.map((item) => (keyword === "anyOf" && isRecord(item) ? inside(item) : open(item)))]
      return [keyword, value]
    }),
  )

const sameShape = (a: JsonSchema | undefined, b: JsonSchema): boolean => {
  const { description: _, ...one } = a ?? {}
  const { description: __, ...other } = b
  return JSON.stringify(one) === JSON.stringify(other)
}

/** Definitions that occur twice (what is decoded, and what it is encoded to), once: `Activation_1` as `Activation`. */
const merged = (definitions: Definitions): Definitions => {
  const base = (name: string): string => name.replace(/_\d+$/, "")
  const doubles = Object.keys(definitions).filter(
    (name) => name !== base(name) && sameShape(definitions[base(name)], definitions[name] ?? {}),
  )
  const kept = Object.fromEntries(Object.entries(definitions).filter(([name]) => !doubles.includes(name)))
  return doubles.reduce<Definitions>(
    (all, name) =>
      JSON.parse(
        JSON.stringify(all).replaceAll(JSON.stringify(`#/$defs/${name}`), () => JSON.stringify(`#/$defs/${base(name)}`)),
      ),
    kept,
  )
}

/** What a layer may be beneath the schema: the use of a block. */
const use: JsonSchema = {
  type: "object",
  properties: {
    use: {
      description: "The layers of a block, with values for its parameters.",
      anyOf: [{ type: "string" }, { type: "object", minProperties: 1, maxProperties: 1 }],
    },
    name: { type: "string" },
    from: { type: "string" },
  },
  required: ["use"],
  additionalProperties: false,
}

/** The section of the model with the definitions of its blocks. */
const withBlocks = (model: unknown): unknown =>
  isRecord(model) && isRecord(model.properties)
    ? {
        ...model,
        properties: {
          ...model.properties,
          blocks: {
            description: "Layers by name, put wherever `use` says.",
            type: "object",
            additionalProperties: {
              type: "object",
              properties: {
                params: {
                  description: "The parameters, read as `$name` inside, each with its kind.",
                  type: "object",
                  additionalProperties: {
                    anyOf: [
                      { enum: kindNames },
                      {
                        type: "object",
                        properties: { type: { enum: kindNames }, default: { description: "Its value where a use gives none." } },
                        required: ["type"],
                        additionalProperties: false,
                      },
                    ],
                  },
                },
                layers: { description: "The layers.", type: "array", items: { $ref: "#/$defs/Layer" }, minItems: 1 },
              },
              required: ["layers"],
              additionalProperties: false,
            },
          },
        },
      }
    : model

/** Sections that are not values of the language, and so no place for a substitute. */
const closed = new Set(["schema", "name"])

/** The JSON Schema of a model file. */
export const jsonSchema = ({ schema }: Language = standard()): JsonSchema => {
  const { definitions, schema: root } = Schema.toJsonSchemaDocument(schema.file, { onExcessProperty: "error" })
  const { ModelFile: file = root, ...others } = merged(definitions as Definitions)
  const sections = isRecord(file.properties) ? file.properties : {}
  const { Layer: layer = {} } = others
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "Adjoint model file",
    ...file,
    properties: {
      ...Object.fromEntries(
        Object.entries(sections).map(([name, section]) => {
          const whole = name === "model" ? withBlocks(section) : section
          return [name, closed.has(name) ? whole : open(whole)] as const
        }),
      ),
      vars: {
        type: "object",
        description: "Values by name, read as `$name` wherever a value stands.",
        propertyNames: { pattern: "^[A-Za-z_][A-Za-z0-9_]*$" },
      },
    },
    $defs: {
      ...Object.fromEntries(Object.entries(others).map(([name, definition]) => [name, inside(definition)] as const)),
      Layer: inside({ ...layer, anyOf: [...(Array.isArray(layer.anyOf) ? layer.anyOf : []), use] }),
      ...substitutes,
    },
  }
}
