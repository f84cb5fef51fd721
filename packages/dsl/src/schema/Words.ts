/** Expected and actual values, as text for a message. */
import type * as SchemaAST from "effect/SchemaAST"
import { shortened } from "../diagnostic/Shortened.ts"
import { listed } from "../diagnostic/Suggest.ts"
import { notesOf } from "./Annotation.ts"
import { type Bounds, range } from "./Fields.ts"

/** A noun with its article. `article("initializer") // => "an initializer"` */
export const article = (noun: string): string => `${/^[aeiou]/.test(noun) ? "an" : "a"} ${noun}`

/** A value in a few words, for `got …`. */
export const got = (value: unknown): string => {
  if (value === null || value === undefined) return "nothing"
  if (typeof value === "string") return `the text "${shortened(value)}"`
  if (typeof value === "number") return number(value)
  if (typeof value === "boolean") return String(value)
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : `a list of ${value.length}`
  const keys = Object.keys(value)
  return keys.length === 0 ? "an empty map" : `a map with ${listed(keys.slice(0, 4), "and")}`
}

const number = (value: number): string =>
  Number.isNaN(value) ? ".nan" : Number.isFinite(value) ? String(value) : value > 0 ? ".inf" : "-.inf"

interface Representation {
  readonly id?: string
  readonly payload?: Bounds | null
}

/** The limits that the checks of a number set. */
const bounds = (ast: SchemaAST.AST): { readonly whole: boolean; readonly limits: Bounds } => {
  let whole = false
  let limits: Bounds = {}
  for (const check of ast.checks ?? []) {
    const { id, payload } = (check.annotations?.representation ?? {}) as Representation
    if (id === "effect/schema/isInt") whole = true
    else if (typeof payload === "object" && payload !== null) limits = { ...limits, ...payload }
  }
  return { whole, limits }
}

/** Whether the schema of a number accepts only whole numbers, and whether a number is within its limits. */
export const limitsOf = (ast: SchemaAST.AST): { readonly whole: boolean; readonly fits: (value: number) => boolean } => {
  const { limits, whole } = bounds(ast)
  const { exclusiveMaximum = Number.POSITIVE_INFINITY, exclusiveMinimum = Number.NEGATIVE_INFINITY } = limits
  const { maximum = Number.POSITIVE_INFINITY, minimum = Number.NEGATIVE_INFINITY } = limits
  return {
    whole,
    fits: (value) => value >= minimum && value <= maximum && value > exclusiveMinimum && value < exclusiveMaximum,
  }
}

const or = (parts: ReadonlyArray<string>): string =>
  parts.length < 2 ? parts.join("") : `${parts.slice(0, -1).join(", ")} or ${parts.at(-1)}`

/** The forms of a choice, those inside other choices too. */
const flat = (ast: SchemaAST.AST): ReadonlyArray<SchemaAST.AST> =>
  ast._tag === "Union" && notesOf(ast).wanted === undefined ? ast.types.flatMap(flat) : [ast]

/** What a node accepts, in words: from its note, or else from its structure. */
export const wanted = (ast: SchemaAST.AST): string => {
  const note = notesOf(ast).wanted
  if (note !== undefined) return note
  switch (ast._tag) {
    case "Literal":
      return `\`${String(ast.literal)}\``
    case "String":
      return "text"
    case "Boolean":
      return "true or false"
    case "Number": {
      const { whole, limits } = bounds(ast)
      return `${whole ? "a whole number" : "a number"}${range(limits)}`
    }
    case "Union":
      return or([...new Set(flat(ast).map(wanted))])
    case "Arrays":
      return ast.elements.length > 0 ? `a list of ${ast.elements.length}` : "a list"
    case "Objects": {
      const keys = ast.propertySignatures.map((property) => String(property.name))
      return keys.length === 0 || keys.length > 6 ? "a map" : `a map with ${listed(keys)}`
    }
    case "Suspend":
      return wanted(ast.thunk())
    default:
      return "something else"
  }
}
