/**
 * A JSON Schema that repeats nothing large: schemas that occur several times become definitions. Schemas that differ in
 * title and description alone share the rest, and keep both beside the reference. The meaning stays the same.
 */

/** A JSON Schema, as plain data. */
export interface JsonSchema {
  readonly [keyword: string]: unknown
}

const isRecord = (value: unknown): value is JsonSchema => typeof value === "object" && value !== null && !Array.isArray(value)

/** Applies a function to every schema directly inside a schema, with the name of its place: its key, or that of the whole. */
const mapInner = (schema: JsonSchema, place: string, f: (inner: JsonSchema, place: string) => unknown): JsonSchema => {
  const one = (value: unknown, at: string) => (isRecord(value) ? f(value, at) : value)
  const within = (keyword: string, value: unknown): unknown => {
    switch (keyword) {
      case "properties":
      case "$defs":
        return isRecord(value) ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, one(inner, key)])) : value
      case "anyOf":
      case "allOf":
      case "prefixItems":
        return Array.isArray(value) ? value.map((inner) => one(inner, place)) : value
      case "items":
      case "additionalProperties":
        return one(value, place)
      default:
        return value
    }
  }
  return Object.fromEntries(Object.entries(schema).map(([keyword, value]) => [keyword, within(keyword, value)]))
}

/** What a schema is about, and what it allows. A branch of a choice keeps its title, which says what it allows. */
const divided = ({ description, title, ...allows }: JsonSchema): readonly [about: JsonSchema, allows: JsonSchema] => {
  const isWhole = Array.isArray(allows.anyOf)
  const named = title === undefined ? {} : { title }
  const about = description === undefined ? {} : { description }
  return isWhole ? [{ ...named, ...about }, allows] : [about, { ...named, ...allows }]
}

/** Whether a schema can be divided: references have nothing to share. */
const isDivisible = (about: JsonSchema, allows: JsonSchema): boolean =>
  Object.keys(about).length > 0 && Object.keys(allows).length > 0 && allows.$ref === undefined

const prefix = "#/$defs/"

const typeWords = { integer: "integer", number: "number", boolean: "boolean", string: "text" } as const

const limitWords = {
  minimum: "from",
  exclusiveMinimum: "above",
  maximum: "to",
  exclusiveMaximum: "below",
  minLength: "length",
} as const

/** Titles that say what a branch is at any key. */
const general: ReadonlySet<unknown> = new Set(["no options", "share"])

const slug = (words: string): string =>
  words
    .toLowerCase()
    .replace(/[^a-z0-9_]+/g, "-")
    .replace(/^-|-$/g, "")

/** The name of a schema of one number, truth value or text, such as `integer-from-1`. */
const nameOfScalar = ({ title, type, ...limits }: JsonSchema): string | undefined => {
  if (typeof type !== "string" || !Object.hasOwn(typeWords, type)) return undefined
  const words = Object.entries(limits).map(([keyword, value]) =>
    Object.hasOwn(limitWords, keyword) ? `${limitWords[keyword as keyof typeof limitWords]}-${value}` : undefined,
  )
  return words.includes(undefined) ? undefined : [typeWords[type as keyof typeof typeWords], ...words].join("-")
}

/** The name of a branch: of its title, behind the key where the title does not begin with it. */
const nameOfBranch = (title: string, place: string): string => {
  if (general.has(title) || title.startsWith(place)) return slug(title)
  return Object.hasOwn(typeWords, title) ? place : slug(`${place} ${title}`)
}

/** The name of a definition: of its content where that is simple, else of the key where it occurs first. */
const nameOf = (schema: JsonSchema, place: string): string => {
  if (typeof schema.title === "string" && schema.title !== place) return nameOfBranch(schema.title, place)
  const [first, second, ...more] = Array.isArray(schema.anyOf) && schema.title === undefined ? schema.anyOf : []
  if (!isRecord(first) || !isRecord(second) || more.length > 0 || second.$ref === undefined) return place
  if (typeof first.$ref === "string") return slug(first.$ref.slice(prefix.length))
  return nameOfScalar(first) ?? (general.has(first.title) ? slug(String(first.title)) : place)
}

/** The characters of a reference, and about those that a definition takes beside its content. */
const referenceLength = 32

/** The same schema, with definitions of what it repeats behind those that it has. */
export const shared = (schema: JsonSchema): JsonSchema => {
  const uses = new Map<string, number>()
  const count = (node: JsonSchema): void => {
    const key = JSON.stringify(node)
    const before = uses.get(key) ?? 0
    uses.set(key, before + 1)
    if (before > 0) return
    const [about, allows] = divided(node)
    if (isDivisible(about, allows)) count(allows)
    else mapInner(node, "", count)
  }
  // The definitions and sections of the schema stay in place, because paths lead to them.
  mapInner(schema, "", (node) => mapInner(node, "", count))

  const names = new Set(Object.keys(isRecord(schema.$defs) ? schema.$defs : {}))
  const definitions: Record<string, JsonSchema> = {}
  const references = new Map<string, JsonSchema>()

  const freeName = (name: string, number = 1): string => {
    const numbered = number === 1 ? name : `${name}-${number}`
    return names.has(numbered) ? freeName(name, number + 1) : numbered
  }

  const withReferences = (node: JsonSchema, place: string): JsonSchema => {
    const [about, allows] = divided(node)
    return isDivisible(about, allows) ? { ...about, ...written(allows, place) } : mapInner(node, place, written)
  }

  /** A schema with references inside it, or a reference to it if that is shorter in all. */
  const written = (node: JsonSchema, place: string): JsonSchema => {
    if (node.title !== undefined && nameOfScalar(node) !== undefined) return node
    const key = JSON.stringify(node)
    const known = references.get(key)
    if (known !== undefined) return known
    const whole = withReferences(node, place)
    const { length } = JSON.stringify(whole)
    if ((uses.get(key) ?? 0) * (length - referenceLength) <= length + referenceLength) return whole
    const name = freeName(nameOf(node, place))
    names.add(name)
    definitions[name] = whole
    const reference = { $ref: prefix + name }
    references.set(key, reference)
    return reference
  }

  const { $defs, ...root } = mapInner(schema, "", (node, place) => mapInner(node, place, written))
  return { ...root, $defs: { ...(isRecord($defs) ? $defs : {}), ...definitions } }
}
