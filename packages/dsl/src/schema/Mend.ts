/** Corrections of invalid values with a clear intention: `50%` for 0.5, `yes` for true, one item for a list. */
import type * as SchemaAST from "effect/SchemaAST"
import { scalar } from "../diagnostic/Fix.ts"
import { isRecord } from "../source/Data.ts"
import { type Mended, notesOf } from "./Annotation.ts"
import { limitsOf } from "./Words.ts"

const words: { readonly [text: string]: boolean } = { yes: true, on: true, y: true, no: false, off: false, n: false }

const number = (ast: SchemaAST.AST, value: string): Mended | undefined => {
  if (/^-?[\d_]+(?:\.\d+)?(?:e[+-]?\d+)?$/i.test(value) && /\d/.test(value)) {
    const text = value.replaceAll("_", "")
    return { help: `write the number \`${text}\``, text }
  }
  const share = /^(\d{1,3}(?:\.\d+)?) ?%$/u.exec(value)?.[1]
  if (share === undefined) return undefined
  const { fits } = limitsOf(ast)
  const text = String(Number((Number(share) / 100).toPrecision(12)))
  return fits(Number(text)) ? { help: `write the share as a fraction: \`${text}\``, text } : undefined
}

/** Suggestions for a number that is out of bounds or not whole. Only the author can choose, so there is no fix. */
const nearby = (ast: SchemaAST.AST, value: number): Mended | undefined => {
  const { fits, whole } = limitsOf(ast)
  if (!Number.isFinite(value)) return undefined
  if (whole && !Number.isInteger(value)) {
    const around = [Math.floor(value), Math.ceil(value)].filter(fits)
    return around.length === 0 ? undefined : { help: `write ${around.map((n) => `\`${n}\``).join(" or ")}` }
  }
  if (value < 0 && fits(-value)) return { help: `did you mean \`${-value}\`?` }
  const share = value / 100
  return value >= 2 && value <= 100 && !whole && fits(share) && !fits(2)
    ? { help: `write a fraction from 0 to 1: ${value}% is \`${Number(share.toPrecision(12))}\`` }
    : undefined
}

/** The correction of a value that a schema refused. */
export const mend = (ast: SchemaAST.AST | undefined, value: unknown): Mended | undefined => {
  if (ast === undefined) return undefined
  const own = notesOf(ast).mend?.(value)
  if (own !== undefined) return own
  if (ast._tag === "String" && (typeof value === "number" || typeof value === "boolean"))
    return { help: "write it in quotes", text: JSON.stringify(String(value)) }
  if (ast._tag === "Number" && typeof value === "number") return nearby(ast, value)
  if (typeof value !== "string") return undefined
  const word = value.toLowerCase()
  if (ast._tag === "Boolean" && Object.hasOwn(words, word))
    return { help: `in YAML 1.2 this is written \`${words[word]}\``, text: String(words[word]) }
  return ast._tag === "Number" ? number(ast, value) : undefined
}

/** Plain data as YAML in flow style. */
export const flow = (value: unknown): string => {
  if (typeof value === "string") return scalar(value)
  if (Array.isArray(value)) return `[${value.map(flow).join(", ")}]`
  if (!isRecord(value)) return value === undefined ? "null" : String(value)
  const entries = Object.entries(value).map(([key, item]) => `${scalar(key)}: ${flow(item)}`)
  return entries.length === 0 ? "{}" : `{ ${entries.join(", ")} }`
}

/** The items of a map that should be a list: each key with its value. */
export const items = (value: { readonly [key: string]: unknown }): ReadonlyArray<unknown> =>
  Object.entries(value).map(([key, item]) => (item === null ? key : { [key]: item }))
