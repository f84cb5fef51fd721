/** A flag that is none but is the name of something in a model file: `--epochs 5` is said as `--set train.epochs=5`. */

import { suggest } from "@adjoint/dsl/diagnostic/Suggest"
import * as JsonSchema from "@adjoint/dsl/JsonSchema"
import * as Vocabulary from "@adjoint/dsl/schema/Vocabulary"
import type * as CliError from "effect/cli/CliError"

/** The verbs that take `--set`. */
const taking: ReadonlySet<string | undefined> = new Set(["check", "inspect", "train", "sweep"])

/** What is set most: names that stand in several sections are theirs first. */
const sections = ["train", "data", "evaluate", "model", "name"]

type Json = { readonly [key: string]: unknown }

const isRecord = (value: unknown): value is Json => typeof value === "object" && value !== null && !Array.isArray(value)

/** The forms that a node of the JSON Schema has, references followed. */
const formsOf = (node: unknown, root: Json): ReadonlyArray<Json> => {
  if (!isRecord(node)) return []
  if (typeof node.$ref === "string") {
    const target = node.$ref
      .replace(/^#\//, "")
      .split("/")
      .reduce<unknown>((at, key) => (isRecord(at) ? at[key] : undefined), root)
    return formsOf(target, root)
  }
  const inner = [node.anyOf, node.oneOf, node.allOf].flatMap((list) => (Array.isArray(list) ? list : []))
  return [node, ...inner.flatMap((form) => formsOf(form, root))]
}

/** The options of a map, by name. */
const optionsOf = (node: unknown, root: Json): ReadonlyArray<readonly [string, unknown]> =>
  formsOf(node, root).flatMap((form) => (isRecord(form.properties) ? Object.entries(form.properties) : []))

/** So many names lie between the document and the deepest option, as in `train.optimizer.adam.lr`. */
const deepest = 4

/** Where each name of the language is set first: those nearest to the root win. Lists have no names. */
const places = (): ReadonlyMap<string, string> => {
  const root = JsonSchema.jsonSchema() as unknown as Json
  const found = new Map<string, string>()
  let level = optionsOf(root, root)
    .filter(([name]) => sections.includes(name))
    .toSorted(([a], [b]) => sections.indexOf(a) - sections.indexOf(b))
    .map(([name, node]) => ({ path: name, name, node }))
  for (let depth = 1; depth <= deepest; depth++) {
    for (const { name, path } of level) if (!found.has(name)) found.set(name, path)
    level = level.flatMap(({ node, path }) =>
      optionsOf(node, root).map(([name, inner]) => ({ path: `${path}.${name}`, name, node: inner })),
    )
  }
  return found
}

/** The value that was typed with a flag. */
const typedWith = (flag: string, args: ReadonlyArray<string>): string => {
  const joined = args.find((arg) => arg.startsWith(`${flag}=`))
  if (joined !== undefined) return joined.slice(flag.length + 1)
  const next = args[args.indexOf(flag) + 1]
  return next === undefined || next.startsWith("--") ? "…" : next
}

/** What to write after `--set` for an unknown flag; `undefined` where nothing in a model file is called so. */
export const settingOf = (error: CliError.CliError, args: ReadonlyArray<string>): string | undefined => {
  if (error._tag !== "UnrecognizedOption" || !taking.has(args[0])) return undefined
  const flag = error.option
  const all = places()
  const word = flag.replace(/^-+/, "").replaceAll("-", "_")
  const name = all.has(word) ? word : suggest(word, [...all.keys()], Vocabulary.keys())
  const path = name === undefined ? undefined : all.get(name)
  return path === undefined ? undefined : `${path}=${typedWith(flag, args)}`
}
