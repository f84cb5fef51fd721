/**
 * Decodes layers option by option. Layers of one form with the same keys have the same defaults, and an option that was decoded
 * before is not decoded again, so thousands of layers that differ in a number take as long as their numbers.
 */
import * as Result from "effect/Result"
import type * as SchemaAST from "effect/SchemaAST"
import { isRecord } from "../source/Data.ts"
import { type Codec, notesOf, thunked } from "./Annotation.ts"
import { briskly } from "./Issues.ts"
import { structKeys } from "./StructKeys.ts"

type Values = { readonly [key: string]: unknown }

/** The options of a form, by their names, and the one that a bare value sets. */
interface Options {
  readonly schemas: ReadonlyMap<string, SchemaAST.AST>
  readonly main?: string
  /** Whether the rule that relates the options holds. */
  readonly agree: (decoded: Values) => boolean
}

const isPlain = (ast: SchemaAST.AST | undefined): ast is SchemaAST.AST =>
  ast !== undefined && ast.checks === undefined && ast.encoding === undefined

/** The options of a form; `undefined` where the form has none. */
const optionsOf = (form: SchemaAST.AST, name: string): Options | undefined => {
  if (!isPlain(form) || form._tag !== "Objects") return undefined
  const content = form.propertySignatures.find((property) => property.name === name)?.type
  if (content === undefined || content.encoding !== undefined) return undefined
  const checks = content.checks ?? []
  const rules = checks.flatMap((check) => (check._tag === "Filter" ? [check] : []))
  if (rules.length < checks.length) return undefined
  const agree = (decoded: Values) => rules.every((rule) => rule.run(decoded, content, {}) === undefined)
  // Of options with a main one, the first form is the whole map.
  const struct = content._tag === "Union" ? content.types[0] : content
  if (!isPlain(struct) || struct._tag !== "Objects" || struct.indexSignatures.length > 0) return undefined
  const { main } = notesOf(struct)
  return { schemas: structKeys(struct).schemas, agree, ...(main === undefined || content._tag !== "Union" ? {} : { main }) }
}

/** The value of an option. The form of a choice is taken by its name; a union would try all forms. */
const optionOf = (ast: SchemaAST.AST, value: unknown): Result.Result<unknown, unknown> => {
  const verdict = notesOf(thunked(ast)).dispatch?.(value, true)
  const isForm = verdict?._tag === "Meant" && verdict.schema.ast._tag === "Objects" && isRecord(verdict.input)
  return isForm ? briskly(verdict.schema.ast)(verdict.input) : briskly(ast)(value)
}

/** Decodes layers of a list. `textOf` has different texts for different values. */
export const byOption = (textOf: (data: unknown) => string) => {
  const forms = new Map<SchemaAST.AST, Options | undefined>()
  const sound = new Map<string, Values>()
  const decoded = new Map<SchemaAST.AST, Map<string, unknown>>()

  const option = (ast: SchemaAST.AST, value: unknown): { readonly value: unknown } | undefined => {
    const known = decoded.get(ast) ?? new Map<string, unknown>()
    decoded.set(ast, known)
    const text = textOf(value)
    if (known.has(text)) return { value: known.get(text) }
    const found = optionOf(ast, value)
    if (Result.isFailure(found)) return undefined
    known.set(text, found.success)
    return { value: found.success }
  }

  const opened = (form: Codec, name: string, item: Values) => {
    if (!forms.has(form.ast)) forms.set(form.ast, optionsOf(form.ast, name))
    const options = forms.get(form.ast)
    const written = item[name]
    const content = isRecord(written) || options?.main === undefined ? written : { [options.main]: written }
    if (options === undefined || !isRecord(content)) return undefined
    return { options, content, key: JSON.stringify([Object.keys(item), Object.keys(content).sort()]) }
  }

  return {
    /** A layer whose form and keys are those of one that was kept, with the name and the input of that; otherwise nothing. */
    decode: (form: Codec, name: string, item: Values): Values | undefined => {
      const { content, key, options } = opened(form, name, item) ?? {}
      const like = key === undefined ? undefined : sound.get(key)
      const before = like?.[name]
      if (content === undefined || options === undefined || !isRecord(before)) return undefined
      const made: Record<string, unknown> = { ...before }
      for (const [at, value] of Object.entries(content)) {
        const ast = options.schemas.get(at)
        const found = ast === undefined ? undefined : option(ast, value)
        if (found === undefined) return undefined
        made[at] = found.value
      }
      return options.agree(made) ? { ...like, [name]: made } : undefined
    },
    /** Keeps a sound layer, whose defaults are those of others of its form and keys. */
    keep: (form: Codec, name: string, item: Values, layer: Values): void => {
      const { key } = opened(form, name, item) ?? {}
      if (key !== undefined) sound.set(key, layer)
    },
  }
}
