/** As much of JSON Schema (draft 2020-12) as the published schema of events uses, so that it is held to what programs read. */

type Json = { readonly [keyword: string]: unknown }

const isRecord = (value: unknown): value is Json => typeof value === "object" && value !== null && !Array.isArray(value)

const types: { readonly [type: string]: (value: unknown) => boolean } = {
  string: (value) => typeof value === "string",
  number: (value) => typeof value === "number",
  integer: (value) => Number.isInteger(value),
  boolean: (value) => typeof value === "boolean",
  array: Array.isArray,
  object: isRecord,
  null: (value) => value === null,
}

const known = new Set(
  ["$schema", "$defs", "$ref", "title", "description", "type", "enum", "anyOf", "properties", "required"].concat([
    "additionalProperties",
    "items",
    "minimum",
    "maximum",
  ]),
)

/** Whether a value is what a schema describes. Throws for a keyword that is not checked. */
export const accepts = (schema: unknown, value: unknown, root: Json): boolean => {
  if (!isRecord(schema)) return schema !== false
  const unread = Object.keys(schema).filter((keyword) => !known.has(keyword))
  if (unread.length > 0) throw new Error(`${unread.join(", ")} is not checked`)
  const { $ref, additionalProperties, anyOf, enum: words, items, maximum, minimum, properties, required, type } = schema
  const inner = isRecord(properties) ? properties : {}
  const checks: ReadonlyArray<() => boolean> = [
    () => typeof $ref !== "string" || accepts((root.$defs as Json)[$ref.slice("#/$defs/".length)], value, root),
    () => typeof type !== "string" || types[type]?.(value) === true,
    () => !Array.isArray(words) || words.includes(value),
    () => typeof minimum !== "number" || typeof value !== "number" || value >= minimum,
    () => typeof maximum !== "number" || typeof value !== "number" || value <= maximum,
    () => !Array.isArray(anyOf) || anyOf.some((form) => accepts(form, value, root)),
    () => !Array.isArray(required) || !isRecord(value) || required.every((key) => Object.hasOwn(value, key)),
    () => items === undefined || !Array.isArray(value) || value.every((each) => accepts(items, each, root)),
    () =>
      !isRecord(value) ||
      Object.entries(value).every(([key, each]) =>
        accepts(Object.hasOwn(inner, key) ? inner[key] : additionalProperties, each, root),
      ),
  ]
  return checks.every((holds) => holds())
}
