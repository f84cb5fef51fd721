/**
 * YAML 1.2 core text (and so JSON) to plain data and the side table of its positions. Features that change the meaning of what
 * is written (tags, anchors, aliases, merge keys, directives, duplicate keys) are refused.
 */
import * as Result from "effect/Result"
import {
  Composer,
  type CST,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  Lexer,
  type ParsedNode,
  Parser,
  type YAMLError,
} from "yaml"
import { type Diagnostic, diagnostic } from "../diagnostic/Diagnostic.ts"
import type { Data } from "../source/Data.ts"
import { type Path, pointer, print } from "../source/Path.ts"
import type { Place, Positions } from "../source/Positions.ts"
import { type Source, type Span, span } from "../source/Source.ts"
import * as PlainYaml from "./PlainYaml.ts"
import { below, mistake } from "./Syntax.ts"

/** The maximum nesting of maps and lists. */
export const maxDepth = 64

/** The result of parsing. Without `data` the text could not be read. */
export interface Parsed {
  readonly data?: Data
  readonly positions: Positions
  readonly diagnostics: ReadonlyArray<Diagnostic>
}

const useVars = "name shared values under `vars` and read them with `$name`"

/** The limit on words and signs of a text. A tree of more would take seconds and gigabytes. */
export const maxWords = 150_000

/** Beside the enclosing collections, the parser's stack has the document, the current collection and the current scalar. */
const aroundDepth = 3

const tooLarge = (source: Source, message: string, at: number): Diagnostic =>
  diagnostic({ code: "Y006", message, file: source.file, path: [], span: span(source, at, at + 1) })

const tooDeep = `maps and lists stand more than ${maxDepth} deep inside each other`

/** The lexer's marks between words, which are not in the text: of a document, of a broken collection, and of a scalar. */
const marks: ReadonlySet<string> = new Set(["\x02", "\x18", "\x1f"])

/**
 * The words of a text, or where the first above the limit begins. The words alone need little memory; a tree of as many needs a
 * hundred megabytes.
 */
const wordsOf = (text: string): Result.Result<ReadonlyArray<string>, number> => {
  const words: Array<string> = []
  let offset = 0
  for (const word of new Lexer().lex(text)) {
    if (words.length === maxWords) return Result.fail(offset)
    words.push(word)
    if (!marks.has(word)) offset += word.length
  }
  return Result.succeed(words)
}

/** The tokens of a text. Stops at the first word above a limit, before the recursive steps that follow. */
const tokensOf = (source: Source): Result.Result<ReadonlyArray<CST.Token>, Diagnostic> => {
  const words = wordsOf(source.text)
  if (Result.isFailure(words))
    return Result.fail(tooLarge(source, `the file has more than ${maxWords} words and signs`, words.failure))
  const parser = new Parser()
  const tokens: Array<CST.Token> = []
  for (const word of words.success) {
    for (const token of parser.next(word)) tokens.push(token)
    if (parser.stack.length > maxDepth + aroundDepth) return Result.fail(tooLarge(source, tooDeep, parser.offset))
  }
  for (const token of parser.end()) tokens.push(token)
  const deep = firstTooDeep(tokens)
  return deep === undefined ? Result.succeed(tokens) : Result.fail(tooLarge(source, tooDeep, deep.offset))
}

/** The first token that is nested too deep. Counts without recursion, and protects the recursive steps that follow. */
const firstTooDeep = (tokens: ReadonlyArray<CST.Token>): CST.Token | undefined => {
  const open: Array<readonly [CST.Token, number]> = tokens.map((token) => [token, 0] as const)
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [token, depth] = next
    if (depth > maxDepth) return token
    for (const inner of below(token)) open.push([inner, token.type === "document" ? depth : depth + 1])
  }
  return undefined
}

const syntax = (source: Source, tokens: ReadonlyArray<CST.Token>, error: YAMLError): Diagnostic => {
  if (error.code === "MULTIPLE_DOCS")
    return diagnostic({
      code: "Y008",
      message: "a model file has one document; `---` starts a second one",
      file: source.file,
      path: [],
      span: span(source, error.pos[0], Math.max(error.pos[1], error.pos[0] + 1)),
    })
  const isRight = (text: string): boolean =>
    composed([...new Parser().parse(text)], text).every(({ errors }) => errors.length === 0)
  const { end, fix, help, message, missing, start } = mistake({ source, tokens, isRight }, error)
  return diagnostic({
    code: "Y001",
    message,
    file: source.file,
    path: [],
    span: span(source, start, end),
    ...(help === undefined ? {} : { help }),
    ...(fix === undefined ? {} : { fix }),
    ...(missing === undefined
      ? {}
      : { related: [{ span: span(source, missing.at, missing.at + 1), label: `\`${missing.closer}\` is missing before this` }] }),
  })
}

/** The documents of a text. Duplicate keys are found in `read`, which can point at both. */
const composed = (tokens: ReadonlyArray<CST.Token>, text: string): ReadonlyArray<Document.Parsed> => [
  ...new Composer({
    version: "1.2",
    schema: "core",
    uniqueKeys: false,
    merge: false,
    prettyErrors: false,
    logLevel: "silent",
  }).compose(tokens, true, text.length),
]

/** The one document of a source. Never throws. */
export const parse = (source: Source): Parsed => {
  const plain = PlainYaml.read(source)
  if (plain === undefined) return parseAny(source)
  if ("excessAt" in plain)
    return {
      positions: { source, places: new Map() },
      diagnostics: [tooLarge(source, `the file has more than ${PlainYaml.maxValues} values`, plain.excessAt)],
    }
  return { data: plain.data, positions: { source, places: plain.places }, diagnostics: [] }
}

/** The same by the YAML library alone, which reads all texts and locates mistakes. */
export const parseAny = (source: Source): Parsed => {
  const empty: Positions = { source, places: new Map() }
  const stop = (found: Diagnostic): Parsed => ({ positions: empty, diagnostics: [found] })
  const read = tokensOf(source)
  if (Result.isFailure(read)) return stop(read.failure)
  const tokens = read.success
  const documents = composed(tokens, source.text)
  const document = documents[0]
  if (document === undefined) return stop(emptyFile(source))
  // After the first error the parser has lost its place, and further errors are consequences.
  const diagnostics = document.errors.slice(0, 1).map((error) => syntax(source, tokens, error))
  for (const token of tokens)
    if (token.type === "directive")
      diagnostics.push(
        diagnostic({
          code: "Y003",
          message: `the directive \`${token.source}\` is not allowed`,
          file: source.file,
          path: [],
          span: span(source, token.offset, token.offset + token.source.length),
          help: "delete the line; a model file is always read as YAML 1.2",
        }),
      )
  const second = documents[1]
  if (second !== undefined)
    diagnostics.push(
      diagnostic({
        code: "Y008",
        message: "a model file has one document; a second one starts here",
        file: source.file,
        path: [],
        span: span(source, second.range[0], second.range[0] + 1),
        help: "write each model to its own file",
      }),
    )
  if (document.errors.length > 0 || second !== undefined) return { positions: empty, diagnostics }
  if (
    document.contents === null ||
    (isScalar(document.contents) && document.contents.value === null && document.contents.source === "")
  )
    return stop(emptyFile(source))
  return valuesOf(source, document, diagnostics)
}

const emptyFile = (source: Source): Diagnostic =>
  diagnostic({
    code: "Y005",
    message: "the file is empty",
    file: source.file,
    path: [],
    help: "a model file starts with `schema: 1`",
  })

const valuesOf = (source: Source, document: Document.Parsed, before: ReadonlyArray<Diagnostic>): Parsed => {
  const places = new Map<string, Place>()
  const diagnostics = [...before]

  const note = (code: "Y002" | "Y003" | "Y007", message: string, where: Span, path: Path, help: string, related?: Span): void => {
    diagnostics.push(
      diagnostic({
        code,
        message,
        file: source.file,
        path,
        span: where,
        help,
        ...(related === undefined ? {} : { related: [{ span: related, label: "first set here" }] }),
      }),
    )
  }

  const spanOf = (node: ParsedNode): Span => span(source, node.range[0], node.range[1])

  /** The span of the decoration before a node. */
  const decorated = (node: ParsedNode, decoration: string): Span => {
    const start = source.text.lastIndexOf(decoration, node.range[0])
    return start < 0 ? spanOf(node) : span(source, start, start + decoration.length)
  }

  const refuseDecorations = (node: ParsedNode, path: Path): void => {
    if (node.tag !== undefined) {
      const tag = node.tag.replace("tag:yaml.org,2002:", "!!")
      note(
        "Y003",
        `the tag \`${tag}\` is not allowed`,
        decorated(node, tag),
        path,
        "write the value plainly; a model file has no tags",
      )
    }
    if (!isAlias(node) && node.anchor !== undefined)
      note("Y003", `the anchor \`&${node.anchor}\` is not allowed`, decorated(node, `&${node.anchor}`), path, useVars)
  }

  const keyText = (key: ParsedNode | null, path: Path): string | undefined => {
    if (key !== null && isScalar(key)) {
      refuseDecorations(key, path)
      const text = typeof key.value === "string" ? key.value : (key.source ?? "")
      if (text === "__proto__") {
        note("Y007", "`__proto__` cannot be a key", spanOf(key), path, "choose another name")
        return undefined
      }
      if (text === "<<") {
        note("Y003", "the merge key `<<` is not allowed", spanOf(key), path, useVars)
        return undefined
      }
      if (text !== "") return text
    }
    note(
      "Y007",
      "a key must be a plain name",
      key === null ? span(source, 0, 0) : spanOf(key),
      path,
      "write `name: value`; keys cannot be empty, lists or maps",
    )
    return undefined
  }

  const value = (node: ParsedNode | null, path: Path, key?: Span): Data => {
    if (node === null) return null
    places.set(pointer(path), { value: spanOf(node), ...(key === undefined ? {} : { key }) })
    if (isAlias(node)) {
      note("Y003", `the alias \`*${node.source}\` is not allowed`, spanOf(node), path, useVars)
      return null
    }
    refuseDecorations(node, path)
    if (isScalar(node)) return scalar(node.value)
    if (isSeq(node)) return node.items.map((item, i) => value(item as ParsedNode, [...path, i]))
    if (!isMap(node)) return null
    const first = new Map<string, Span>()
    const entries: Array<readonly [string, Data]> = []
    for (const pair of node.items) {
      const keyNode = pair.key as ParsedNode | null
      const name = keyText(keyNode, path)
      if (name === undefined || keyNode === null) continue
      const keySpan = spanOf(keyNode)
      const earlier = first.get(name)
      if (earlier !== undefined) {
        note("Y002", `the key \`${name}\` is set twice in ${print(path)}`, keySpan, [...path, name], "keep one of them", earlier)
        continue
      }
      first.set(name, keySpan)
      const at = [...path, name]
      // A key without a value has the span of the key.
      if (pair.value === null) places.set(pointer(at), { key: keySpan, value: keySpan })
      entries.push([name, value(pair.value as ParsedNode | null, at, keySpan)])
    }
    return Object.fromEntries(entries)
  }

  const data = value(document.contents as ParsedNode | null, [])
  return { data, positions: { source, places }, diagnostics }
}

const scalar = (data: unknown): Data =>
  data === null || typeof data === "string" || typeof data === "number" || typeof data === "boolean" ? data : String(data)
