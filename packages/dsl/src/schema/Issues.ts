/**
 * What a schema refuses, as findings in the words of the language. Effect's issues form a tree in which a choice between
 * forms is the failures of all of them, so here the choice is made first (by the schema's own `dispatch`) and only the
 * chosen form is reported.
 */

import { letters } from "@adjoint/core/data/Nearest"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type * as SchemaAST from "effect/SchemaAST"
import * as SchemaIssue from "effect/SchemaIssue"
import * as SchemaParser from "effect/SchemaParser"
import type { Finding } from "../diagnostic/Diagnostic.ts"
import { type Edit, renamed } from "../diagnostic/Edit.ts"
import { scalar } from "../diagnostic/Fix.ts"
import { called, detailed, listed, type Meaning, meaning } from "../diagnostic/Suggest.ts"
import { isRecord } from "../source/Data.ts"
import { type Path, pointer, print } from "../source/Path.ts"
import { type Codec, type Elsewhere, type Homes, type Misplaced, type Notes, notesOf, type Verdict } from "./Annotation.ts"
import { flow, items, mend } from "./Mend.ts"
import { structKeys } from "./StructKeys.ts"
import { got, wanted } from "./Words.ts"

type Decoder = (value: unknown) => Result.Result<unknown, SchemaIssue.Issue>

/** Stops at the first issue. A choice tries forms that fail, and what is right needs no issues of theirs. */
const brisk = { errors: "first", onExcessProperty: "error" } as const

const thorough = { errors: "all", onExcessProperty: "error", reportInput: true } as const

/** The decoders of schemas, created once: thousands of layers have few forms. */
const decoders = (options: typeof brisk | typeof thorough) => {
  const known = new WeakMap<SchemaAST.AST, Decoder>()
  return (ast: SchemaAST.AST): Decoder => {
    const made = known.get(ast) ?? SchemaParser.decodeUnknownResult(Schema.make<Codec>(ast), options)
    known.set(ast, made)
    return made
  }
}

/** What a value decodes to, or its first issue. */
export const briskly = decoders(brisk)
const thoroughly = decoders(thorough)

/** All findings about a value, or what it decodes to. */
const examined = (schema: Codec, here: Here): Result.Result<unknown, ReadonlyArray<Finding>> =>
  Result.mapError(thoroughly(schema.ast)(here.value), (issue) => withoutRenamed(once(read(issue, here))))

/**
 * Decodes a value, or fails with all findings. `path` is the place of the value, `homes` has the places of keys of other sections.
 * Findings that are `brief` propose nothing.
 */
export const decode = <T>(
  schema: Codec<T>,
  value: unknown,
  path: Path = [],
  homes: Homes | undefined = notesOf(schema.ast).homes,
  isBrief = false,
): Result.Result<T, ReadonlyArray<Finding>> => {
  const right = briskly(schema.ast)(value)
  const decoded = Result.isSuccess(right) ? right : examined(schema, { path, value, parent: undefined, homes, isBrief })
  return decoded as Result.Result<T, ReadonlyArray<Finding>>
}

/** A finding that several forms of a choice agree on is reported once. */
const once = (all: ReadonlyArray<Finding>): ReadonlyArray<Finding> =>
  all.length < 2
    ? all
    : [
        ...new Map(
          all.map((finding) => {
            const { at, code, message } = finding
            return [`${code} ${at.on} ${pointer(at.path)} ${message}`, finding]
          }),
        ).values(),
      ]

/** A key that is missing because another is misspelt is reported with the other. */
export const withoutRenamed = (all: ReadonlyArray<Finding>): ReadonlyArray<Finding> => {
  if (all.every(({ code }) => code !== "S102")) return all
  const taken = new Set(
    all.flatMap(({ code, at, fix }) => {
      const name = code === "S101" ? renamed(fix) : undefined
      return name === undefined ? [] : [pointer([...at.path.slice(0, -1), name])]
    }),
  )
  return all.filter(({ code, at }) => code !== "S102" || !taken.has(pointer(at.path)))
}

/** The place of an issue in the refused value. */
export interface Here {
  readonly path: Path
  readonly value: unknown
  readonly parent: unknown
  /** The schema of the map or list that contains it. */
  readonly owner?: SchemaAST.AST
  readonly homes: Homes | undefined
  /** Whether findings propose nothing, because they are not shown. */
  readonly isBrief: boolean
}

/** A place one step below. */
export const below = (here: Here, key: PropertyKey): Here => {
  const { value } = here
  const inside = typeof value === "object" && value !== null && Object.hasOwn(value, key)
  return {
    path: [...here.path, typeof key === "symbol" ? String(key) : key],
    value: inside ? (value as { readonly [key: PropertyKey]: unknown })[key] : undefined,
    parent: value,
    homes: here.homes,
    isBrief: here.isBrief,
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

/** A brief finding: its place and its code, without a proposal. */
const brief = ({ issue, path }: SchemaIssue.Pointer, here: Here): Finding => {
  const at = path.reduce(below, here).path
  return issue._tag === "UnexpectedKey"
    ? { code: "S101", message: "unknown key", at: { path: at, on: "key" } }
    : { code: "S103", message: "invalid value", at: { path: at } }
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

/**
 * The first sentence of an option's documentation, and its default.
 *
 * `summary("The file. It may be gzipped. Default: a.csv.") // => "The file. Default: a.csv."`
 */
export const summary = (documentation: string): string => {
  const [first = "", ...rest] = documentation.split(/(?<=\.) (?=[A-Z`])/u)
  return [first, ...rest.filter((sentence) => sentence.startsWith("Default:")).slice(0, 1)].join(" ")
}

/** A value of the wrong type or out of range. */
export const refused = (ast: SchemaAST.AST | undefined, here: Here): Finding => {
  const { isBrief, path, value } = here
  const notes = ast === undefined ? {} : notesOf(ast)
  if (isBrief) return { code: notes.code ?? "S103", message: `${print(path)}: invalid value`, at: { path } }
  const want = ast === undefined ? "something else" : wanted(ast)
  // The purpose of a value helps where no better proposal is known. The message already names the value of a literal.
  const purpose = ast?._tag === "Literal" || notes.description === undefined ? undefined : summary(notes.description)
  const { fix, help = notes.help ?? purpose } = proposal(ast, here)
  return {
    code: notes.code ?? "S103",
    message: `${print(path)}: expected ${want}, got ${got(value)}`,
    at: { path },
    ...(help === undefined ? {} : { help }),
    ...(fix === undefined ? {} : { fix }),
  }
}

/** What to write instead, if it is known. */
const proposal = (ast: SchemaAST.AST | undefined, here: Here): { readonly help?: string; readonly fix?: Edit } => {
  const { path, value } = here
  const mended = mend(ast, value)
  if (mended !== undefined)
    return {
      help: mended.help,
      ...(mended.text === undefined ? {} : { fix: { title: mended.help, at: { path }, text: mended.text } }),
    }
  return ast?._tag === "Arrays" && ast.rest.length > 0 ? asList(ast, here) : {}
}

/** A list that was written as its only item, or as a map of its items. */
const asList = (ast: SchemaAST.Arrays, { homes, path, value }: Here): { readonly help?: string; readonly fix?: Edit } => {
  if (value === null || value === undefined || Array.isArray(value)) return {}
  const schema = Schema.make(ast) as unknown as Codec
  const candidates = isRecord(value) && Object.keys(value).length > 0 ? [items(value), [value]] : [[value]]
  for (const candidate of candidates) {
    const found = decode(schema, candidate, path, homes)
    const wrong = Result.isFailure(found) ? found.failure : []
    if (wrong.some(({ fix }) => fix === undefined)) continue
    if (candidate.length > 1 || isRecord(value)) {
      const help = "write a list: a `-` before each, on a line of its own, or `[{ … }, { … }]`"
      return { help, fix: { title: "make it a list", itemize: path } }
    }
    const [only] = wrong
    const text = `[${only?.fix !== undefined && "at" in only.fix ? only.fix.text : flow(value)}]`
    return { help: `write a list: \`${text}\``, fix: { title: `write \`${text}\``, at: { path }, text } }
  }
  return {}
}

const formatter = SchemaIssue.makeFormatterDefault()

/** A rule about a whole map or list, such as that the first of two bounds is the lower one: its message, or what it returns about this value. */
const rule = ({ filter, issue }: SchemaIssue.Filter, here: Here): Finding => {
  const { message: said } = filter.annotations ?? {}
  return {
    code: "S103",
    message: `${print(here.path)}: ${typeof said === "string" ? said : (formatter(issue).split("\n")[0] ?? "")}`,
    at: { path: here.path },
  }
}

/** A key that is needed and not there. */
export const missing = ({ homes, isBrief, owner, parent, path }: Here): Finding => {
  const key = path.at(-1)
  const property = owner?._tag === "Objects" ? owner.propertySignatures.find(({ name }) => name === key) : undefined
  const { description } = property === undefined ? {} : notesOf(property.type)
  // An item that a list lacks is a list of the wrong length.
  if (owner !== undefined && typeof key === "number")
    return refused(owner, { path: path.slice(0, -1), value: parent, parent: undefined, homes, isBrief })
  // What can be one thing only is written there.
  const only = property?.type._tag === "Literal" ? String(property.type.literal) : undefined
  const fix = only === undefined ? {} : { fix: { title: `add \`${key}: ${only}\``, at: { path }, text: only, main: "" } }
  const isMain = owner !== undefined && notesOf(owner).main === key
  const example = isMain && property?.type._tag === "Number" ? ` Example: \`${path.at(-2)}: 16\`.` : ""
  return {
    code: "S102",
    message: `\`${key}\` is missing in ${print(path.slice(0, -1))}`,
    at: { path, on: "missing" },
    ...(description === undefined ? {} : { help: `\`${key}\`: ${summary(description)}${example}` }),
    ...fix,
  }
}

const notYet = "the model language reserves this name for a later version: remove it"

/** The help for a key that belongs elsewhere, from the table of such keys. */
const placed = ({ elsewhere = {} }: Notes, found: Misplaced): Elsewhere | undefined => {
  const name = Object.keys(elsewhere).find((each) => letters(each) === letters(found.key))
  const said = name === undefined ? undefined : elsewhere[name]
  return typeof said === "string" ? { help: said } : said?.(found)
}

/** The one other section that has a place for a key. */
const atHome = (homes: Homes | undefined, { key, path }: Misplaced): Elsewhere | undefined => {
  const isInSection = path.length <= 3 && path.every((step) => typeof step === "string")
  const [to, second] = isInSection ? (homes?.get(letters(key)) ?? []) : []
  if (to === undefined || second !== undefined) return undefined
  const name = to.at(-1)
  const help = `\`${name}\` belongs in \`${print(to.slice(0, -1))}\``
  return { help, fix: { title: `move it to \`${print(to)}\``, move: path, to } }
}

/** A key that is not part of the language here. */
export const unexpected = (ast: SchemaAST.AST, here: Here): Finding => {
  const { isBrief, parent, path } = here
  const key = String(path.at(-1) ?? "")
  const notes = notesOf(ast)
  const at = { path, on: "key" } as const
  if (notes.later?.includes(key)) return { code: "S108", message: `\`${key}\` is not supported yet`, at, help: notYet }
  const unknown = { code: "S101", message: `unknown key \`${key}\` in ${print(path.slice(0, -1))}`, at } as const
  const names = ast._tag === "Objects" ? ast.propertySignatures.map((property) => String(property.name)) : []
  const found = { key, value: here.value, path, map: isRecord(parent) ? parent : {} }
  // A proposal that is not shown matters where the key may be a misspelt one that is missing.
  if (isBrief && (ast._tag !== "Objects" || structKeys(ast).required.every((name) => Object.hasOwn(found.map, name))))
    return unknown
  const known = called(key, names, notes.synonyms)
  const belongs = known.length > 0 ? undefined : (placed(notes, found) ?? atHome(here.homes, found))
  if (belongs !== undefined) return { ...unknown, ...belongs }
  const meant = meaning(key, names, notes.synonyms)
  if (meant === undefined) {
    const all = [...names, ...(notes.besides ?? [])]
    return { ...unknown, help: all.length === 0 ? "there are no options" : `it can be ${listed(all)}` }
  }
  const [name = "", second] = meant.names
  if (Object.hasOwn(found.map, name)) return { ...unknown, help: `did you mean \`${name}\`, which is already set?` }
  return {
    ...unknown,
    help: meant.help,
    ...(second === undefined ? { fix: { title: `rename to \`${name}\``, at, text: scalar(name) } } : {}),
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
  if (dispatch !== undefined) return verdict(dispatch(here.value, here.isBrief), here)
  if (here.isBrief) return [refused(issue.ast, here)]
  if (typeof here.value === "string") return [word(here.value, issue.ast, here)]
  // Of forms of different types, the one with the type of the value was intended.
  const kind = Array.isArray(here.value) ? "Arrays" : isRecord(here.value) ? "Objects" : undefined
  const ofKind = issue.issues.filter((inner) => inner._tag === "Composite" && inner.ast._tag === kind)
  const [only] = ofKind
  return only !== undefined && ofKind.length === 1 && mend(issue.ast, here.value) === undefined
    ? read(only, here)
    : [refused(issue.ast, here)]
}

/** The findings of a verdict on a value. */
export const verdict = (found: Verdict, here: Here): ReadonlyArray<Finding> => {
  if (found._tag === "Meant") {
    const { homes, isBrief, path } = here
    const again = examined(found.schema, { path, value: found.input, parent: undefined, homes, isBrief })
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
      ...(found.fix === undefined ? {} : { fix: found.fix(here.path) }),
    },
  ]
}

/** The one word that begins as a text does, or the other way round: `maximum` for `max`. */
const abbreviation = (value: string, words: ReadonlyArray<string>): Meaning | undefined => {
  const short = 3
  const begins = (long: string, start: string): boolean => start.length >= short && letters(long).startsWith(letters(start))
  const [only, second] = words.filter((each) => begins(value, each) || begins(each, value))
  return only === undefined || second !== undefined ? undefined : { names: [only], help: `did you mean \`${only}\`?` }
}

/** The finding for a text that is not one of the allowed words. */
const word = (value: string, ast: SchemaAST.AST, here: Here): Finding => {
  const finding = refused(ast, here)
  const words = wordsOf(ast)
  const meant = meaning(value, words, notesOf(ast).synonyms) ?? abbreviation(value, words)
  if (meant === undefined || finding.fix !== undefined) return finding
  const [only, second] = meant.names
  return {
    ...finding,
    help: meant.help,
    ...(only === undefined || second !== undefined
      ? {}
      : { fix: { title: `write \`${only}\``, at: finding.at, text: scalar(only) } }),
  }
}
