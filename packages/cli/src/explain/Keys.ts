/**
 * The keys of model files, read off the JSON Schema that editors get: what stands where, what may stand there, and what it
 * is for. What is an entry of the catalogue is left to the catalogue.
 */
import { jsonSchema } from "@adjoint/dsl/JsonSchema"
import { names as entryNames } from "./Entries.ts"
import type { KeyFound } from "./Found.ts"

type Json = { readonly [keyword: string]: unknown }

const isRecord = (value: unknown): value is Json => typeof value === "object" && value !== null && !Array.isArray(value)

const listOf = (value: unknown): ReadonlyArray<Json> => (Array.isArray(value) ? value.filter(isRecord) : [])

/** The definition that a reference names, as in `#/$defs/Layer`. */
const referred = ({ $ref }: Json): string | undefined => (typeof $ref === "string" ? $ref.slice("#/$defs/".length) : undefined)

/** What stands in place of any value: a variable or a search, which are keys of their own. */
const substitutes: ReadonlySet<string> = new Set(["Variable", "Search", "Substitute"])

/** The forms that a value may have, those of choices inside others too. */
const formsOf = (node: Json): ReadonlyArray<Json> => {
  const inner = [...listOf(node.anyOf), ...listOf(node.oneOf)]
  return inner.length === 0 ? [node] : inner.flatMap(formsOf)
}

const limit = (node: Json): string => {
  const say = (keyword: string, sign: string) => (typeof node[keyword] === "number" ? [`${sign} ${node[keyword]}`] : [])
  const bounds = [
    ...say("exclusiveMinimum", ">"),
    ...say("minimum", ">="),
    ...say("exclusiveMaximum", "<"),
    ...say("maximum", "<="),
  ]
  return bounds.length === 0 ? "" : ` ${bounds.join(" and ")}`
}

/** The words for each type of JSON. */
const types: { readonly [type: string]: (node: Json) => string } = {
  integer: (node) => `a whole number${limit(node)}`,
  number: (node) => `a number${limit(node)}`,
  boolean: () => "true or false",
  string: () => "text",
  array: () => "a list",
  object: () => "a map",
}

const article = (noun: string): string => `${/^[aeiou]/.test(noun) ? "an" : "a"} ${noun}`

/** More words than this are not listed. */
const mostWords = 8

const formWanted = (form: Json): string | undefined => {
  const name = referred(form)
  if (name !== undefined) return substitutes.has(name) ? undefined : article(name.toLowerCase())
  if (Array.isArray(form.enum)) {
    const words = form.enum.map(String)
    return words.length > mostWords ? "a name" : words.join(" | ")
  }
  if (form.const !== undefined) return String(form.const)
  if (isRecord(form.properties)) {
    const keys = Object.keys(form.properties)
    return keys.length > mostWords ? "a map" : `a map with ${keys.join(", ")}`
  }
  const say = typeof form.type === "string" && Object.hasOwn(types, form.type) ? types[form.type] : undefined
  return say?.(form)
}

const wantedOf = (node: Json): string => [...new Set(formsOf(node).flatMap((form) => formWanted(form) ?? []))].join(", or ")

interface Place extends KeyFound {
  readonly node: Json
}

const isEntry: ReadonlySet<string> = new Set(entryNames)

/** Every key with its place, each definition where it is met first. */
const collect = (): ReadonlyArray<Place> => {
  const root: Json = { ...jsonSchema() }
  const definitions = isRecord(root.$defs) ? root.$defs : {}
  const met = new Set<string>()
  const found: Array<Place> = []
  const visit = (node: Json, path: string, definition: string | undefined) => {
    for (const form of formsOf(node)) {
      const name = referred(form)
      if (name !== undefined) {
        const target = definitions[name]
        if (met.has(name) || !isRecord(target)) continue
        met.add(name)
        visit(target, substitutes.has(name) ? "" : path, name)
        continue
      }
      for (const [key, value] of Object.entries(isRecord(form.properties) ? form.properties : {})) {
        // An entry's options are the catalogue's too.
        if (!isRecord(value) || (definition !== undefined && isEntry.has(key))) continue
        const at = path === "" ? key : `${path}.${key}`
        const doc = typeof value.description === "string" ? value.description : ""
        found.push({ kind: "key", name: key, path: at, doc, wanted: wantedOf(value), node: value })
        visit(value, at, definition)
      }
      if (isRecord(form.items)) visit(form.items, `${path}[]`, definition)
      for (const item of listOf(form.prefixItems)) visit(item, `${path}[]`, definition)
      if (isRecord(form.additionalProperties)) visit(form.additionalProperties, `${path}.*`, definition)
    }
  }
  visit(root, "", undefined)
  return found
}

let all: ReadonlyArray<Place> | undefined

const places = (): ReadonlyArray<Place> => {
  all ??= collect()
  return all
}

const dataOf = ({ node: _, ...found }: Place): KeyFound => found

/** The keys of a name, or the one at a path: `lr`, `train.epochs`. */
export const find = (word: string): ReadonlyArray<KeyFound> =>
  places()
    .filter(({ name, path }) => name === word || path === word)
    .map(dataOf)

/** The names of all keys. */
export const names = (): ReadonlyArray<string> => [...new Set(places().map(({ name }) => name))]

/** Every key, in the order of the file. */
export const keys = (): ReadonlyArray<KeyFound> => places().map(dataOf)
