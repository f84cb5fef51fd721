/**
 * What a schema says of a value it refuses, as findings in the words of the language. Effect's issues form a tree; a
 * choice between forms stands in it as the failures of all of them, so here the choice is made first (by the schema's own
 * `dispatch`) and only the chosen form is heard.
 */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type * as SchemaAST from "effect/SchemaAST"
import * as SchemaIssue from "effect/SchemaIssue"
import type { Finding } from "../diagnostic/Diagnostic.ts"
import { scalar } from "../diagnostic/Fix.ts"
import { suggest } from "../diagnostic/Suggest.ts"
import { isRecord } from "../source/Data.ts"
import { type Path, pointer, print } from "../source/Path.ts"
import { type Codec, notesOf, type Verdict } from "./Annotation.ts"
import { available } from "./OneOf.ts"
import { got, wanted } from "./Words.ts"

const strict = { errors: "all", onExcessProperty: "error", reportInput: true } as const

/** A value as the schema's type, or everything that is wrong with it. `path` is where it stands. */
export const decode = <T>(schema: Codec<T>, value: unknown, path: Path = []): Result.Result<T, ReadonlyArray<Finding>> =>
  Result.mapError(Schema.decodeUnknownResult(schema, strict)(value), (error) =>
    withoutRenamed(once(read(error.issue, { path, value, parent: undefined }))),
  )

/** A finding that several forms of a choice agree on is told once. */
const once = (all: ReadonlyArray<Finding>): ReadonlyArray<Finding> => [
  ...new Map(all.map((finding) => [JSON.stringify([finding.code, finding.at, finding.message]), finding])).values(),
]

/** A key that is missing because another is misspelt is told with the other. */
const withoutRenamed = (all: ReadonlyArray<Finding>): ReadonlyArray<Finding> => {
  const renamed = new Set(
    all.flatMap(({ code, at, fix }) =>
      code === "S101" && fix !== undefined ? [pointer([...at.path.slice(0, -1), fix.text])] : [],
    ),
  )
  return all.filter(({ code, at }) => code !== "S102" || !renamed.has(pointer(at.path)))
}

/** Where in the refused value an issue stands. */
interface Here {
  readonly path: Path
  readonly value: unknown
  readonly parent: unknown
  /** The schema of the map or list it stands in. */
  readonly owner?: SchemaAST.AST
}

const below = (here: Here, key: PropertyKey): Here => {
  const { value } = here
  const inside = typeof value === "object" && value !== null && Object.hasOwn(value, key)
  return {
    path: [...here.path, typeof key === "symbol" ? String(key) : key],
    value: inside ? (value as { readonly [key: PropertyKey]: unknown })[key] : undefined,
    parent: value,
    ...(here.owner === undefined ? {} : { owner: here.owner }),
  }
}

const read = (issue: SchemaIssue.Issue, here: Here): ReadonlyArray<Finding> => {
  switch (issue._tag) {
    case "Pointer":
      return read(issue.issue, issue.path.reduce(below, here))
    case "Encoding":
      return read(issue.issue, here)
    case "Composite":
      return composite(issue, here)
    case "Filter":
      return [rule(issue, here)]
    case "AnyOf":
      return choice(issue, here)
    case "UnexpectedKey":
      return [unexpected(issue.ast, here)]
    case "MissingKey":
      return [missing(here)]
    case "InvalidType":
      return [issue.ast._tag === "Never" ? unexpected(issue.ast, here) : refused(issue.ast, here)]
    default:
      return [refused(undefined, here)]
  }
}

/** So many findings of one map or list are told in full: no more are shown, and a suggestion takes a while. */
export const detailed = 100

/** One of many findings: where it stands and its code, without what to try. */
const brief = ({ issue, path }: SchemaIssue.Pointer, here: Here): Finding => {
  const at = path.reduce(below, here).path
  return issue._tag === "UnexpectedKey"
    ? { code: "S101", message: "unknown key", at: { path: at, on: "key" } }
    : { code: "S103", message: "wrong kind of value", at: { path: at } }
}

const composite = ({ ast, issues }: SchemaIssue.Composite, here: Here): ReadonlyArray<Finding> =>
  ast._tag !== "Objects" && ast._tag !== "Arrays"
    ? [refused(ast, here)]
    : issues.flatMap((issue, i) => {
        if (i >= detailed && issue._tag === "Pointer") return [brief(issue, here)]
        return issue._tag === "Filter" && notesOf(ast).wanted !== undefined
          ? [refused(ast, here)]
          : read(issue, { ...here, owner: ast })
      })

/** A value that is of the wrong kind or out of range. */
const refused = (ast: SchemaAST.AST | undefined, here: Here): Finding => {
  const { path, value } = here
  const notes = ast === undefined ? {} : notesOf(ast)
  const want = ast === undefined ? "something else" : wanted(ast)
  const mended = mend(ast, value)
  const help = mended === undefined ? notes.help : mended.help
  return {
    code: notes.code ?? "S103",
    message: `${print(path)}: expected ${want}, got ${got(value)}`,
    at: { path },
    ...(help === undefined ? {} : { help }),
    ...(mended === undefined ? {} : { fix: { title: mended.help, at: { path }, text: mended.text } }),
  }
}

const words: { readonly [text: string]: boolean } = { yes: true, on: true, y: true, no: false, off: false, n: false }

/** The value that was surely meant, where only its spelling is wrong. */
const mend = (ast: SchemaAST.AST | undefined, value: unknown): { readonly help: string; readonly text: string } | undefined => {
  if (ast?._tag === "String" && (typeof value === "number" || typeof value === "boolean"))
    return { help: "write it in quotes", text: JSON.stringify(String(value)) }
  if (typeof value !== "string") return undefined
  const word = value.toLowerCase()
  if (ast?._tag === "Boolean" && Object.hasOwn(words, word))
    return { help: `in YAML 1.2 this is written \`${words[word]}\``, text: String(words[word]) }
  if (ast?._tag === "Number" && /^-?[\d_]+(?:\.\d+)?(?:e[+-]?\d+)?$/i.test(value) && /\d/.test(value)) {
    const text = value.replaceAll("_", "")
    return { help: `write the number \`${text}\``, text }
  }
  return undefined
}

const formatter = SchemaIssue.makeFormatterDefault()

/** A rule about a whole map or list, such as that the first of two bounds is the lower one. */
const rule = (issue: SchemaIssue.Filter, here: Here): Finding => ({
  code: "S103",
  message: `${print(here.path)}: ${formatter(issue.issue).split("\n")[0] ?? ""}`,
  at: { path: here.path },
})

const missing = ({ owner, parent, path }: Here): Finding => {
  const key = path.at(-1)
  const property = owner?._tag === "Objects" ? owner.propertySignatures.find(({ name }) => name === key) : undefined
  const { description } = property === undefined ? {} : notesOf(property.type)
  // An item that a list lacks is a list of the wrong length.
  if (owner !== undefined && typeof key === "number")
    return refused(owner, { path: path.slice(0, -1), value: parent, parent: undefined })
  // What can be one thing only is written there.
  const only = property?.type._tag === "Literal" ? String(property.type.literal) : undefined
  const fix = only === undefined ? {} : { fix: { title: `add \`${key}: ${only}\``, at: { path }, text: only, main: "" } }
  return {
    code: "S102",
    message: `\`${key}\` is missing in ${print(path.slice(0, -1))}`,
    at: { path, on: "missing" },
    ...(description === undefined ? {} : { help: `\`${key}\`: ${description}` }),
    ...fix,
  }
}

const notYet = "it has its place in the language, but this version of Adjoint does not build it"

/** A key that is not part of the language here. */
const unexpected = (ast: SchemaAST.AST, here: Here): Finding => {
  const key = String(here.path.at(-1) ?? "")
  const owner = here.path.slice(0, -1)
  const notes = notesOf(ast)
  const at = { path: here.path, on: "key" } as const
  if (notes.later?.includes(key)) return { code: "S108", message: `\`${key}\` is not here yet`, at, help: notYet }
  const message = `unknown key \`${key}\` in ${print(owner)}`
  const elsewhere = notes.elsewhere !== undefined && Object.hasOwn(notes.elsewhere, key) ? notes.elsewhere[key] : undefined
  if (elsewhere !== undefined) return { code: "S101", message, at, help: elsewhere }
  const names = ast._tag === "Objects" ? ast.propertySignatures.map((property) => String(property.name)) : []
  const meant = suggest(key, names)
  if (meant === undefined)
    return { code: "S101", message, at, help: names.length === 0 ? "there are no options" : `it can be ${available(key, names)}` }
  if (isRecord(here.parent) && Object.hasOwn(here.parent, meant))
    return { code: "S101", message, at, help: `did you mean \`${meant}\`, which is there already?` }
  return {
    code: "S101",
    message,
    at,
    help: `did you mean \`${meant}\`?`,
    fix: { title: `rename to \`${meant}\``, at, text: scalar(meant) },
  }
}

/** The words among the forms of a choice. */
const wordsOf = (ast: SchemaAST.AST): ReadonlyArray<string> =>
  ast._tag === "Union"
    ? ast.types.flatMap(wordsOf)
    : ast._tag === "Literal" && typeof ast.literal === "string"
      ? [ast.literal]
      : []

const choice = (issue: SchemaIssue.AnyOf, here: Here): ReadonlyArray<Finding> => {
  const { dispatch } = notesOf(issue.ast)
  if (dispatch !== undefined) return verdict(dispatch(here.value), here)
  if (typeof here.value === "string") return [word(here.value, issue.ast, here)]
  // Of forms of different kinds, the one of the value's kind was meant.
  const kind = Array.isArray(here.value) ? "Arrays" : isRecord(here.value) ? "Objects" : undefined
  const ofKind = issue.issues.filter((inner) => inner._tag === "Composite" && inner.ast._tag === kind)
  const [only] = ofKind
  return only !== undefined && ofKind.length === 1 ? read(only, here) : [refused(issue.ast, here)]
}

const verdict = (found: Verdict, here: Here): ReadonlyArray<Finding> => {
  if (found._tag === "Meant") {
    const again = decode(found.schema, found.input, here.path)
    return Result.isFailure(again) ? again.failure : [refused(undefined, here)]
  }
  const path = [...here.path, ...(found.path ?? [])]
  const at = { path, ...(found.on === undefined ? {} : { on: found.on }) }
  return [
    {
      code: found.code,
      message: `${print(here.path)}: ${found.message}`,
      at,
      ...(found.help === undefined ? {} : { help: found.help }),
      ...(found.rename === undefined ? {} : { fix: { title: `rename to \`${found.rename}\``, at, text: scalar(found.rename) } }),
      ...(found.rewrite === undefined ? {} : { fix: { title: `write \`${found.rewrite}\``, at, text: found.rewrite } }),
    },
  ]
}

/** A text that is none of the few words that may stand here. */
const word = (value: string, ast: SchemaAST.AST, here: Here): Finding => {
  const finding = refused(ast, here)
  const meant = suggest(value, wordsOf(ast))
  return meant === undefined
    ? finding
    : {
        ...finding,
        help: `did you mean \`${meant}\`?`,
        fix: { title: `write \`${meant}\``, at: finding.at, text: scalar(meant) },
      }
}
