/** Unknown flags that are names of a model file: for `--epochs 5` the command proposes `--set train.epochs=5`. */
import { readFileSync, statSync } from "node:fs"
import { suggest } from "@adjoint/dsl/diagnostic/Suggest"
import * as JsonSchema from "@adjoint/dsl/JsonSchema"
import { read } from "@adjoint/dsl/Read"
import { standard as catalogue } from "@adjoint/dsl/schema/Catalogue"
import * as Synonyms from "@adjoint/dsl/schema/Synonyms"
import * as Vocabulary from "@adjoint/dsl/schema/Vocabulary"
import { fromBytes, maxBytes } from "@adjoint/dsl/text/Bytes"
import type * as CliError from "effect/cli/CliError"
import * as Result from "effect/Result"

/** The verbs that take `--set`. */
const taking: ReadonlySet<string | undefined> = new Set(["check", "inspect", "train", "sweep"])

/** The sections by importance, for names that several of them have. */
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

/** The number of names from the document to the deepest option, as in `train.optimizer.adam.lr`. */
const deepest = 4

/** The places of each name of the language, those nearest to the root first. Lists have no names. */
const places = (): ReadonlyMap<string, ReadonlyArray<string>> => {
  const root = JsonSchema.fullSchema() as unknown as Json
  const found = new Map<string, Array<string>>()
  let level = optionsOf(root, root)
    .filter(([name]) => sections.includes(name))
    .toSorted(([a], [b]) => sections.indexOf(a) - sections.indexOf(b))
    .map(([name, node]) => ({ path: name, name, node }))
  for (let depth = 1; depth <= deepest; depth++) {
    for (const { name, path } of level) {
      const known = found.get(name)
      if (known === undefined) found.set(name, [path])
      else known.push(path)
    }
    level = level.flatMap(({ node, path }) =>
      optionsOf(node, root).map(([name, inner]) => ({ path: `${path}.${name}`, name, node: inner })),
    )
  }
  return found
}

/** The sections of the model file among the arguments, with all defaults; nothing where there is none or it cannot be read. */
const sectionsOf = (args: ReadonlyArray<string>): unknown => {
  const file = args.find((arg) => /\.ya?ml$/iu.test(arg))
  try {
    if (file === undefined || !statSync(file).isFile() || statSync(file).size > maxBytes) return undefined
    const source = fromBytes(file, readFileSync(file))
    return Result.isSuccess(source) ? read(source.success).sections : undefined
  } catch {
    return undefined
  }
}

/** Whether a document has a value at a path. */
const has = (document: unknown, path: ReadonlyArray<string>): boolean =>
  path.reduce<unknown>((at, key) => (isRecord(at) && Object.hasOwn(at, key) ? at[key] : undefined), document) !== undefined

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
  const name = all.has(word)
    ? word
    : suggest(word, [...all.keys()], Synonyms.together([Vocabulary.keys(), Synonyms.ofAllOptions(catalogue)]))
  const paths = (name === undefined ? undefined : all.get(name)) ?? []
  // An option of a choice by name, such as the rate of an optimizer, is proposed for the name that the file chooses.
  const document = paths.length < 2 ? undefined : sectionsOf(args)
  const path =
    paths.find((each) => has(document, each.split("."))) ??
    paths.find((each) => has(document, each.split(".").slice(0, -1))) ??
    paths[0]
  return path === undefined ? undefined : `${path}=${typedWith(flag, args)}`
}
