/**
 * The language as a JSON Schema (draft 2020-12), for editors: printed from the schema that decodes, so the two cannot
 * disagree, and arranged for completion. A choice by name becomes one map with a key for each name, so that an editor
 * offers the names; every branch has a title; and a variable or a search marker may stand in place of any value.
 */
import * as Schema from "effect/Schema"
import { type Language, standard } from "./Language.ts"
import { type JsonSchema, shared } from "./SharedSchema.ts"
import { kindNames } from "./variables/Blocks.ts"

export type { JsonSchema }

interface Definitions {
  readonly [name: string]: JsonSchema
}

/** The definition of those forms. Its name stands at every value, so it is short. */
const substitute = "Other"

const reference = (name: string): JsonSchema => ({ $ref: `#/$defs/${name}` })

/** The ranges of a search marker. */
const ranges = {
  int: "Whole numbers between two bounds, both included.",
  float: "Numbers between two bounds, evenly distributed.",
  log: "Numbers between two bounds above 0, evenly distributed by their logarithm. Beside `int` or `float`: true for the same of that range.",
}

const bounds = { type: "array", items: { type: "number" }, minItems: 2, maxItems: 2 }

/** What a range has beside its bounds. */
const besideBounds = {
  step: { description: "The distance of neighbouring values; it divides the range.", type: "number", exclusiveMinimum: 0 },
}

/** The forms that may replace any value. */
const substitutes: JsonSchema = {
  anyOf: [
    {
      title: "variable",
      type: "string",
      pattern: "\\$[A-Za-z_]",
      description: "The value of a variable, `$name`, or arithmetic with variables: `$width * 2`, `min($a, $b)`.",
    },
    {
      title: "search",
      description: "The values that a search tries, and the value that training uses.",
      type: "object",
      properties: {
        $search: {
          description: "The values that a search tries: a list, or a range.",
          anyOf: [
            { title: "list", type: "array", minItems: 1 },
            {
              title: "range",
              type: "object",
              properties: {
                int: { description: ranges.int, ...bounds },
                float: { description: ranges.float, ...bounds },
                log: {
                  description: ranges.log,
                  anyOf: [
                    { title: "bounds", ...bounds },
                    { title: "beside", type: "boolean" },
                  ],
                },
                ...besideBounds,
              },
              minProperties: 1,
              maxProperties: 2,
              additionalProperties: false,
            },
          ],
        },
        default: { description: "The value that training uses." },
      },
      required: ["$search", "default"],
      additionalProperties: false,
    },
  ],
}

const isRecord = (value: unknown): value is JsonSchema => typeof value === "object" && value !== null && !Array.isArray(value)

const recordsOf = (value: unknown): ReadonlyArray<JsonSchema> => (Array.isArray(value) ? value.filter(isRecord) : [])

const namesOf = (value: unknown): ReadonlyArray<string> =>
  Array.isArray(value) ? value.filter((item): item is string => typeof item === "string") : []

const without = (schema: JsonSchema, ...keywords: ReadonlyArray<string>): JsonSchema =>
  Object.fromEntries(Object.entries(schema).filter(([keyword]) => !keywords.includes(keyword)))

const mapValues = (value: unknown, f: (schema: JsonSchema, name: string) => unknown): unknown =>
  isRecord(value)
    ? Object.fromEntries(Object.entries(value).map(([name, item]) => [name, isRecord(item) ? f(item, name) : item] as const))
    : value

/** A form of a choice by name: the map `{ name: content }`, with what may stand beside the name. */
interface Form {
  readonly name: string
  readonly content: JsonSchema
  readonly beside: JsonSchema
}

const formOf = (schema: JsonSchema): Form | undefined => {
  const [name, second] = namesOf(schema.required)
  const { properties } = schema
  if (name === undefined || second !== undefined || !isRecord(properties)) return undefined
  const content = properties[name]
  return isRecord(content) && !isRecord(content.const) && name !== "type"
    ? { name, content, beside: without(properties, name) }
    : undefined
}

const withOptions = "with options"

/**
 * A choice by name as one map with a key for each name, and its bare names with what each is. A map of names alone has at most
 * one key. `allOf` hides this from completion, where an editor that counts keys would offer no name while one is typed.
 */
const merged = (forms: ReadonlyArray<Form>, others: ReadonlyArray<JsonSchema>, name: string): ReadonlyArray<JsonSchema> => {
  const beside: JsonSchema = Object.assign({}, ...forms.map((form) => form.beside))
  const docs = new Map(forms.map(({ content, name: form }) => [form, content.description]))
  const map = {
    title: `${name}: ${withOptions}`,
    type: "object",
    properties: { ...Object.fromEntries(forms.map(({ content, name: form }) => [form, content])), ...beside },
    additionalProperties: false,
    ...(Object.keys(beside).length === 0 ? { allOf: [{ maxProperties: 1 }] } : {}),
  }
  const described = others.map((other) => {
    const names = namesOf(other.enum)
    // A name that is only a word has no content with a description.
    return names.length === 0 || !names.every((each) => docs.has(each))
      ? other
      : { title: `${name}: by name`, ...other, enumDescriptions: names.map((each) => String(docs.get(each) ?? "")) }
  })
  return [map, ...described]
}

/** The branches of a choice, those inside other branches too. */
const branches = (schema: JsonSchema): ReadonlyArray<JsonSchema> =>
  recordsOf(schema.anyOf).flatMap((branch) =>
    Array.isArray(branch.anyOf) && Object.keys(without(branch, "anyOf", "description")).length === 0
      ? branches(branch)
      : [branch],
  )

/** The title of a branch: the form of it. Maps of options have the name of the choice before it: they are alike nowhere else. */
const titleOf = (branch: JsonSchema, name: string): string => {
  const type =
    isRecord(branch.properties) && isRecord(branch.properties.type) ? namesOf(branch.properties.type.enum)[0] : undefined
  if (type !== undefined) return `${name}: ${type}`
  if (branch.enum !== undefined) return "one of"
  if (branch.type === "object")
    return branch.properties === undefined && branch.additionalProperties === false ? "no options" : `${name}: options`
  if (branch.type === "array") return isRecord(branch.items) && branch.items.type === "array" ? "list of lists" : "list"
  const isShare = typeof branch.pattern === "string" && branch.pattern.includes("%")
  return isShare ? "share" : String(branch.type ?? "value")
}

/** Removes the limits of JavaScript integers. */
const withoutNoise = (schema: JsonSchema): JsonSchema =>
  without(
    schema,
    ...(schema.maximum === Number.MAX_SAFE_INTEGER ? ["maximum"] : []),
    ...(schema.minimum === Number.MIN_SAFE_INTEGER ? ["minimum"] : []),
  )

/** A choice with a title for each branch. Where a branch has a description of its own, an editor shows no other. */
const titled = (schema: JsonSchema, name: string): JsonSchema => ({
  ...without(schema, "anyOf"),
  anyOf: branches(schema).map((branch) => {
    const { description, ...rest } = arranged(branch, name)
    if ("$ref" in rest) return rest
    const whole = schema.description
    const isOwn = description !== undefined && description !== whole
    const own = isOwn ? { description: whole === undefined ? description : `${whole} ${description}` } : {}
    return { title: titleOf(branch, name), ...rest, ...own }
  }),
})

/** A schema with its choices arranged, and every value inside it open for a substitute. */
const arranged = (schema: JsonSchema, name: string): JsonSchema => {
  const forms = branches(schema).map(formOf)
  const isChoice = forms.filter((form) => form !== undefined).length > 1
  if (isChoice) {
    const named = forms.flatMap((form) => (form === undefined ? [] : [form]))
    const others = branches(schema).filter((branch) => formOf(branch) === undefined)
    return titled({ ...schema, anyOf: merged(named, others, name) }, name)
  }
  if (Array.isArray(schema.anyOf)) return titled(schema, name)
  return Object.fromEntries(
    Object.entries(withoutNoise(schema)).map(([keyword, value]) => {
      if (keyword === "properties") return [keyword, mapValues(value, open)]
      if ((keyword === "items" || keyword === "additionalProperties") && isRecord(value)) return [keyword, open(value, name)]
      if (keyword === "prefixItems") return [keyword, recordsOf(value).map((item) => open(item, name))]
      return [keyword, value]
    }),
  )
}

/** The schema of a value, which a substitute may stand for. An editor shows the title and the description of the whole. */
const open = (schema: JsonSchema, name: string): JsonSchema => {
  const { anyOf, description, ...rest } = arranged(schema, name)
  const whole = { title: name, ...(description === undefined ? {} : { description }) }
  if (Array.isArray(anyOf)) return { ...whole, ...rest, anyOf: [...anyOf, reference(substitute)] }
  const only = "$ref" in rest ? rest : { title: titleOf(rest, name), ...rest }
  return { ...whole, anyOf: [only, reference(substitute)] }
}

/**
 * A definition whose map stands before and behind its names: an editor that compares branches reports mistakes of the
 * first, and completes by those behind a list of names.
 */
const complete = (name: string, definition: JsonSchema): JsonSchema => {
  const [first, ...others] = recordsOf(definition.anyOf)
  return first !== undefined && others.length > 0 && String(first.title).endsWith(withOptions)
    ? { ...definition, anyOf: [first, ...others, { $ref: `#/$defs/${name}/anyOf/0` }] }
    : definition
}

const sameShape = (a: JsonSchema | undefined, b: JsonSchema): boolean =>
  JSON.stringify(without(a ?? {}, "description")) === JSON.stringify(without(b, "description"))

/** Definitions that stand twice (what is decoded, and what it is encoded to) once: `Activation_1` as `Activation`. */
const single = (definitions: Definitions): Definitions => {
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

/** The use of a block, which expands before the schema is applied. */
const use: JsonSchema = {
  type: "object",
  properties: {
    use: {
      description: "Inserts the layers of a block, with values for its parameters.",
      anyOf: [
        { title: "block", type: "string" },
        { title: "block with values", type: "object", minProperties: 1, maxProperties: 1 },
      ],
    },
  },
  required: ["use"],
  additionalProperties: false,
}

/** The section of the model with the definitions of its blocks. */
const withBlocks = (model: JsonSchema): JsonSchema =>
  isRecord(model.properties)
    ? {
        ...model,
        properties: {
          ...model.properties,
          blocks: {
            description: "Named groups of layers, inserted by `use`.",
            type: "object",
            additionalProperties: {
              type: "object",
              properties: {
                params: {
                  description: "The parameters with their types, read as `$name` inside.",
                  type: "object",
                  additionalProperties: {
                    anyOf: [
                      { enum: kindNames },
                      {
                        type: "object",
                        properties: {
                          type: { description: "The type of the parameter.", enum: kindNames },
                          default: { description: "Its value if a use does not set it." },
                        },
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

const lowerFirst = (name: string): string => name.slice(0, 1).toLowerCase() + name.slice(1)

/** The JSON Schema of a model file, in which every key stands in full where it may be written. */
export const fullSchema = ({ schema }: Language = standard()): JsonSchema => {
  const { definitions, schema: root } = Schema.toJsonSchemaDocument(schema.file, { onExcessProperty: "error" })
  const { ModelFile: file = root, ...others } = single(definitions as Definitions)
  const { Layer: layer = {} } = others
  const all: Definitions = { ...others, Layer: { ...layer, anyOf: [...recordsOf(layer.anyOf), use] } }
  const section = (value: JsonSchema, name: string): JsonSchema => {
    const whole = name === "model" ? withBlocks(value) : value
    return closed.has(name) ? withoutNoise(whole) : open(whole, name)
  }
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "Adjoint model file",
    ...file,
    properties: {
      ...(mapValues(file.properties, section) as JsonSchema),
      vars: {
        type: "object",
        description: "Values by name; `$name` reads one in place of any value.",
        propertyNames: { pattern: "^[A-Za-z_][A-Za-z0-9_]*$" },
      },
    },
    $defs: {
      ...Object.fromEntries(
        Object.entries(all).map(([name, definition]) => {
          const word = lowerFirst(name)
          return [name, complete(name, { title: word, ...arranged(definition, word) })] as const
        }),
      ),
      [substitute]: substitutes,
    },
  }
}

/** The JSON Schema of a model file, for editors: what it repeats is written once. */
export const jsonSchema = (language: Language = standard()): JsonSchema => shared(fullSchema(language))
