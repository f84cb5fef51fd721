/**
 * The keys of model files, read from the JSON Schema that editors get: what stands where, what may stand there, and what it
 * is for. What is an entry of the catalogue is left to the catalogue.
 */
import { fullSchema } from "@adjoint/dsl/JsonSchema"
import { find as findEntries } from "./Entries.ts"
import type { KeyFound } from "./Found.ts"

type Json = { readonly [keyword: string]: unknown }

const isRecord = (value: unknown): value is Json => typeof value === "object" && value !== null && !Array.isArray(value)

const listOf = (value: unknown): ReadonlyArray<Json> => (Array.isArray(value) ? value.filter(isRecord) : [])

/** The definition that a reference names, as in `#/$defs/Layer`. */
const referred = ({ $ref }: Json): string | undefined => (typeof $ref === "string" ? $ref.slice("#/$defs/".length) : undefined)

/** What stands in place of any value: a variable or a search, which are keys of their own. */
const substitutes: ReadonlySet<string> = new Set(["Other"])

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
    ...(node.maximum === Number.MAX_SAFE_INTEGER ? [] : say("maximum", "<=")),
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
    return "a map"
  }
  const say = typeof form.type === "string" && Object.hasOwn(types, form.type) ? types[form.type] : undefined
  return say?.(form)
}

const wantedOf = (node: Json): string => [...new Set(formsOf(node).flatMap((form) => formWanted(form) ?? []))].join(", or ")

const docOf = ({ description }: Json): string => (typeof description === "string" ? description : "")

/** The keys inside a map, where they are few. */
const keysOf = (node: Json): NonNullable<KeyFound["keys"]> | undefined => {
  const maps = formsOf(node).flatMap(({ properties }) => (isRecord(properties) ? [properties] : []))
  const inner = maps
    .flatMap((map) => Object.entries(map))
    .flatMap(([key, value]) => (isRecord(value) ? [[key, value] as const] : []))
  if (inner.length === 0 || inner.length > mostInside) return undefined
  return Object.fromEntries(inner.map(([key, value]) => [key, { wanted: wantedOf(value), doc: docOf(value) }] as const))
}

/** More keys than this are not listed. */
const mostInside = 16

/** The default that a description ends with, where it is one value: `Default: 10.` */
const usual = /Default: ([^\s,.;]+(?:\.[^\s,.;]+)*)(?:[,;] |\.$)/u

/** A value that may stand there. */
const sampleOf = (node: Json): string => {
  const [, stated] = usual.exec(docOf(node)) ?? []
  if (stated !== undefined) return stated
  const words = formsOf(node).flatMap(({ enum: words }) => (Array.isArray(words) ? words.map(String) : []))
  return words[0] ?? "…"
}

/** How a file says it: `train: { callbacks: [{ early_stop: … }] }`. */
const exampleAt = (path: string, value: string): string => {
  const [first = "", ...rest] = path.split(".")
  const inside = (keys: ReadonlyArray<string>): string => {
    const [key, ...inner] = keys
    if (key === undefined) return value
    const said = key === "*" ? "NAME" : key.replace(/(\[\])+$/, "")
    const lists = (key.length - key.replace(/(\[\])+$/, "").length) / 2
    const content = inside(inner)
    return `{ ${said}: ${"[".repeat(lists)}${content}${"]".repeat(lists)} }`
  }
  return inside([first, ...rest]).slice(2, -2)
}

/** The options of the entries of a name, which the catalogue explains. */
const optionsOf = (name: string): ReadonlySet<string> =>
  new Set(findEntries(name).flatMap(({ entry }) => Object.keys(entry.options)))

/** Every key with its place, each definition where it is met first. */
const collect = (): ReadonlyArray<KeyFound> => {
  const root: Json = { ...fullSchema() }
  const definitions = isRecord(root.$defs) ? root.$defs : {}
  const met = new Set<string>()
  const found: Array<KeyFound> = []
  /** What a key is for: its own description, or that of what stands there. */
  const about = (node: Json): string => {
    const own = docOf(node)
    if (own !== "") return own
    const targets = formsOf(node).flatMap((form) => referred(form) ?? [])
    const [target] = targets.filter((name) => !substitutes.has(name)).map((name) => definitions[name])
    return isRecord(target) ? docOf(target) : ""
  }
  const visit = (node: Json, path: string, definition?: string, explained: ReadonlySet<string> = new Set()) => {
    for (const form of formsOf(node)) {
      const name = referred(form)
      if (name !== undefined) {
        const target = definitions[name]
        if (met.has(name) || !isRecord(target)) continue
        met.add(name)
        visit(target, substitutes.has(name) ? "*" : path, name)
        continue
      }
      for (const [key, value] of Object.entries(isRecord(form.properties) ? form.properties : {})) {
        if (!isRecord(value) || explained.has(key)) continue
        const at = path === "" ? key : `${path}.${key}`
        // Entries are the catalogue's to explain, and their options; what else stands in them is the language's.
        if (definition !== undefined && findEntries(key).length > 0) {
          visit(value, at, definition, optionsOf(key))
          continue
        }
        const keys = keysOf(value)
        found.push({
          kind: "key",
          name: key,
          path: at,
          doc: about(value),
          wanted: wantedOf(value),
          ...(keys === undefined ? {} : { keys }),
          example: exampleAt(at, sampleOf(value)),
        })
        visit(value, at, definition)
      }
      if (isRecord(form.items)) visit(form.items, `${path}[]`, definition)
      for (const item of listOf(form.prefixItems)) visit(item, `${path}[]`, definition)
      if (isRecord(form.additionalProperties)) visit(form.additionalProperties, `${path}.*`, definition)
    }
  }
  visit(root, "")
  // What every entry of a table may have, such as the name of a layer, is met once for each.
  return [...new Map(found.map((each) => [`${each.path}\n${each.doc}\n${each.wanted}`, each] as const)).values()]
}

let all: ReadonlyArray<KeyFound> | undefined

/** Every key, in the order of the file. */
export const keys = (): ReadonlyArray<KeyFound> => {
  all ??= collect()
  return all
}

/** The keys of a name, or the one at a path: `epochs`, `train.epochs`. */
export const find = (word: string): ReadonlyArray<KeyFound> => keys().filter(({ name, path }) => name === word || path === word)

/** The names of all keys. */
export const names = (): ReadonlyArray<string> => [...new Set(keys().map(({ name }) => name))]
