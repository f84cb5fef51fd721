/**
 * Brief findings of a value that is refused: their codes and places, as its schema reports them, but found field by field. A schema
 * reports every failure of every form, which takes seconds for thousands of layers with mistakes.
 */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type * as SchemaAST from "effect/SchemaAST"
import type { Finding } from "../diagnostic/Diagnostic.ts"
import { isRecord } from "../source/Data.ts"
import type { Path } from "../source/Path.ts"
import { type Codec, notesOf, thunked } from "./Annotation.ts"
import { below, briskly, decode, type Here, missing, refused, unexpected, verdict, withoutRenamed } from "./Issues.ts"
import { structKeys } from "./StructKeys.ts"

type Values = { readonly [key: string]: unknown }

/** The kinds of values that have one finding at most. */
const leaves: ReadonlySet<SchemaAST.AST["_tag"]> = new Set(["String", "Number", "Boolean", "Literal"])

/** The findings of a whole value, by its schema. */
const whole = (ast: SchemaAST.AST, here: Here): ReadonlyArray<Finding> => {
  const { homes, path, value } = here
  if (leaves.has(ast._tag)) return Result.isSuccess(briskly(ast)(value)) ? [] : [refused(ast, here)]
  const decoded = decode(Schema.make<Codec>(ast), value, path, homes, true)
  return Result.isSuccess(decoded) ? [] : decoded.failure
}

const fields = (ast: SchemaAST.Objects, value: Values, here: Here): ReadonlyArray<Finding> => {
  const { required, schemas } = structKeys(ast)
  const inside = { ...here, owner: ast }
  const written = Object.keys(value).flatMap((key) => {
    const option = schemas.get(key)
    return option === undefined ? [unexpected(ast, below(inside, key))] : at(option, below(inside, key))
  })
  const absent = required.filter((key) => !Object.hasOwn(value, key)).map((key) => missing(below(inside, key)))
  const found = withoutRenamed([...written, ...absent])
  // A rule about all fields is asked once they are sound.
  return found.length === 0 && ast.checks !== undefined ? whole(ast, here) : found
}

/** Whether a list has a schema for all of its items, and its rules, which are about its length, hold. */
const isPlainList = (ast: SchemaAST.AST, value: ReadonlyArray<unknown>): ast is SchemaAST.Arrays =>
  ast._tag === "Arrays" &&
  ast.encoding === undefined &&
  ast.elements.length === 0 &&
  ast.rest.length === 1 &&
  (ast.checks ?? []).every((check) => check._tag === "Filter" && check.run(value, ast, {}) === undefined)

const items = ({ rest: [item] }: SchemaAST.Arrays, value: ReadonlyArray<unknown>, here: Here): ReadonlyArray<Finding> =>
  item === undefined ? [] : value.flatMap((_, i) => at(item, below(here, i)))

const at = (schema: SchemaAST.AST, here: Here): ReadonlyArray<Finding> => {
  const ast = thunked(schema)
  const found = notesOf(ast).dispatch?.(here.value, true)
  if (found?._tag === "Nothing") return verdict(found, here)
  if (found !== undefined && found.schema.ast !== ast) return at(found.schema.ast, { ...here, value: found.input })
  const isStruct = ast._tag === "Objects" && ast.encoding === undefined && ast.indexSignatures.length === 0
  if (isStruct && isRecord(here.value)) return fields(ast, here.value, here)
  if (Array.isArray(here.value) && isPlainList(ast, here.value)) return items(ast, here.value, here)
  return whole(schema, here)
}

/** The brief findings of a value at a path; none where it is sound. */
export const briefFindings = (schema: Codec, value: unknown, path: Path): ReadonlyArray<Finding> =>
  at(schema.ast, { path, value, parent: undefined, homes: undefined, isBrief: true })
