/**
 * Blocks: layers under a name, written once and used wherever a layer may stand, with values for their parameters. What
 * is here reads their definitions; `Expand` puts layers where they are used.
 */
import type { Finding, Location } from "../diagnostic/Diagnostic.ts"
import { listed, suggest } from "../diagnostic/Suggest.ts"
import { unknown } from "../diagnostic/Unknown.ts"
import * as Fields from "../schema/Fields.ts"
import { got } from "../schema/Words.ts"
import { type Data, isRecord } from "../source/Data.ts"
import type { Path } from "../source/Path.ts"
import * as Expression from "./Expression.ts"

/** The types of parameters, with the words that messages use. */
const kinds = {
  int: { words: "a whole number", holds: (value: Data) => Number.isInteger(value) },
  number: { words: "a number", holds: (value: Data) => typeof value === "number" },
  text: { words: "text", holds: (value: Data) => typeof value === "string" },
  bool: { words: "true or false", holds: (value: Data) => typeof value === "boolean" },
  any: { words: "anything", holds: () => true },
} as const

/** The name of such a kind. */
export type Kind = keyof typeof kinds

/** The names of the kinds. */
export const kindNames = Object.keys(kinds) as ReadonlyArray<Kind>

/** A parameter: its type, and its default value. */
export interface Param {
  readonly type: Kind
  readonly default?: Data
}

/** A block as it was written: `layers` is not read before it is used, nor are defaults. */
export interface Block {
  readonly params: { readonly [name: string]: Param }
  readonly layers: ReadonlyArray<Data>
}

/** The valid blocks of a model, and the findings about the others. */
export interface Blocks {
  readonly blocks: { readonly [name: string]: Block }
  readonly findings: ReadonlyArray<Finding>
}

/** Where the definitions stand. */
export const root: Path = ["model", "blocks"]

const isKind = (value: Data): value is Kind => typeof value === "string" && Object.hasOwn(kinds, value)

const wrong = (path: Path, wanted: string, value: Data): Finding => ({
  code: "S103",
  message: `expected ${wanted}, got ${got(value)}`,
  at: { path },
})

/** A parameter as it was written, `int` or `{ type: int, default: 3 }`. */
const paramOf = (written: Data): Data => (isRecord(written) ? written : { type: written })

/** The finding for an unknown key. */
const unknownKey = (key: string, where: string, keys: ReadonlyArray<string>, path: Path): Finding => {
  const meant = suggest(key, keys)
  return {
    code: "S101",
    message: `unknown key \`${key}\` in ${where}`,
    at: { path: [...path, key], on: "key" },
    help: meant === undefined ? `${where} has ${listed(keys, "and")}` : `did you mean \`${meant}\`?`,
  }
}

/** The findings about one parameter. The value of a default is known where it is used. */
const paramFaults = (name: string, written: Data, path: Path): ReadonlyArray<Finding> => {
  const { default: standard, type, ...others } = paramOf(written) as { readonly [key: string]: Data }
  if (type === undefined)
    return [{ code: "S102", message: `\`type\` is missing in the parameter \`${name}\``, at: { path, on: "key" } }]
  if (!isKind(type) || !Fields.isName(name))
    return [wrong(isRecord(written) ? [...path, "type"] : path, `one of ${listed(kindNames)}`, type)]
  const isComputed = typeof standard === "string" && Expression.isExpression(standard)
  const fits = standard === undefined || isComputed || kinds[type].holds(standard)
  return [
    ...Object.keys(others).map((key) => unknownKey(key, "a parameter", ["type", "default"], path)),
    ...(fits ? [] : [wrong([...path, "default"], kinds[type].words, standard)]),
  ]
}

/** The findings about one definition. */
const faults = (name: string, definition: Data): ReadonlyArray<Finding> => {
  const path = [...root, name]
  if (!Fields.isName(name))
    return [
      {
        code: "S106",
        message: `\`${name}\` is not a valid name for a block: use a letter or \`_\`, then letters, digits and \`_\``,
        at: { path, on: "key" },
      },
    ]
  if (!isRecord(definition)) return [wrong(path, "a block, `{ params: { f: int }, layers: [ … ] }`", definition)]
  const { layers, params = {}, ...others } = definition
  return [
    ...Object.keys(others).map((key) => unknownKey(key, "a block", ["params", "layers"], path)),
    ...(layers === undefined
      ? [{ code: "S102", message: `\`layers\` is missing in the block \`${name}\``, at: { path, on: "key" } } as const]
      : Array.isArray(layers) && layers.length > 0
        ? []
        : [wrong([...path, "layers"], "a list of one or more layers", layers)]),
    ...(isRecord(params)
      ? Object.entries(params).flatMap(([param, written]) => paramFaults(param, written, [...path, "params", param]))
      : [wrong([...path, "params"], "a map of names and kinds, `{ f: int }`", params)]),
  ]
}

/** A definition that is right. */
const blockOf = (definition: Data): Block => {
  const { layers, params = {} } = definition as {
    readonly layers: Block["layers"]
    readonly params?: { readonly [name: string]: Data }
  }
  const known = Object.entries(params).map(([name, written]) => [name, paramOf(written) as unknown as Param] as const)
  return { layers, params: Object.fromEntries(known) }
}

/** Reads the definitions of `model.blocks`. */
export const read = (definitions: Data | undefined): Blocks => {
  if (definitions === undefined) return { blocks: {}, findings: [] }
  if (!isRecord(definitions)) return { blocks: {}, findings: [wrong(root, "a map of names and blocks", definitions)] }
  const checked = Object.entries(definitions).map(([name, definition]) => ({ name, definition, found: faults(name, definition) }))
  return {
    blocks: Object.fromEntries(
      checked.flatMap(({ definition, found, name }) => (found.length > 0 ? [] : [[name, blockOf(definition)] as const])),
    ),
    findings: checked.flatMap(({ found }) => found),
  }
}

/** A use of a block: its name and the values of its parameters; `undefined` for what names no single block. */
export const useOf = (use: Data): { readonly name: string; readonly values: { readonly [name: string]: Data } } | undefined => {
  if (typeof use === "string") return { name: use, values: {} }
  if (!isRecord(use)) return undefined
  const [entry, second] = Object.entries(use)
  if (entry === undefined || second !== undefined) return undefined
  const [name, values] = entry
  return isRecord(values) ? { name, values } : undefined
}

/** The finding for the name of a block that does not exist. */
export const unknownBlock = (name: string, names: ReadonlyArray<string>, at: Location): Finding =>
  unknown({ code: "R208", message: "there is no block", name, names, at, none: "define it under `model.blocks`" })

/** The findings about the values of a use at `at`; `evaluated` has the values after substitution. */
export const misfits = (
  name: string,
  { params }: Block,
  evaluated: { readonly [name: string]: Data },
  at: Location,
): ReadonlyArray<Finding> => {
  const names = Object.keys(params)
  const takes = names.length === 0 ? "it takes none" : `it takes ${listed(names, "and")}`
  return [
    ...Object.keys(evaluated).flatMap((given): ReadonlyArray<Finding> => {
      if (Object.hasOwn(params, given)) return []
      const message = `\`${name}\` has no parameter \`${given}\``
      return [{ code: "R209", message, at: { path: [...at.path, given], on: "key" }, help: takes }]
    }),
    ...Object.entries(params).flatMap(([param, { type }]): ReadonlyArray<Finding> => {
      const value = Object.hasOwn(evaluated, param) ? evaluated[param] : undefined
      if (value === undefined)
        return [{ code: "R209", message: `\`${param}\` of the block \`${name}\` is missing`, at, help: takes }]
      return kinds[type].holds(value)
        ? []
        : [
            {
              ...wrong([...at.path, param], kinds[type].words, value),
              related: [{ at: { path: [...root, name, "params", param] }, label: "declared here" }],
            },
          ]
    }),
  ]
}
