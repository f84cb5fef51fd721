/** Explains text that is not YAML in words for readers who do not know the grammar, with the edit if one is certain. */
import type { CST, YAMLError } from "yaml"
import type { Fix } from "../diagnostic/Edit.ts"
import { lineText, type Source, span } from "../source/Source.ts"

/** A mistake in the text: from where to where, what it is, and what mends it. */
export interface Mistake {
  readonly start: number
  readonly end: number
  readonly message: string
  readonly help?: string
  readonly fix?: Fix
  /** The missing bracket, and the place before which it is missing. */
  readonly missing?: { readonly closer: string; readonly at: number }
}

const help: { readonly [code: string]: string } = {
  TAB_AS_INDENT: "indent with spaces; YAML does not allow tabs there",
  BAD_INDENT: "check the indentation, and that every `[` and `{` is closed",
  MISSING_CHAR:
    "check that every quote, `[` and `{` is closed, that `,` and `: ` stand between the parts, and that a space follows `-`",
  BLOCK_AS_IMPLICIT_KEY:
    "does this line, or the one below it, begin where its neighbours do? A value on the line of its key cannot itself hold `key: value`",
  BLOCK_IN_FLOW: "inside `[ ]` and `{ }` write `a: 1, b: 2`",
  UNEXPECTED_TOKEN: "text with `:`, `#`, `{`, `[`, `*`, `&`, `!` or `%` in it needs quotes",
  MULTILINE_IMPLICIT_KEY: "is a `:` missing, or the space after it, or is the line indented too little?",
}

const lowerFirst = (text: string): string => text.slice(0, 1).toLowerCase() + text.slice(1)

const closers: { readonly [opener: string]: string } = { "{": "}", "[": "]" }

/** The tokens directly below one: the value of a document, the keys and values of a collection. */
export const below = (token: CST.Token): ReadonlyArray<CST.Token> => {
  if (token.type === "document") return token.value === undefined ? [] : [token.value]
  if (!("items" in token)) return []
  return token.items.flatMap((item) => [...("key" in item && item.key ? [item.key] : []), ...(item.value ? [item.value] : [])])
}

/** The tokens of open quotes and brackets, in the order of the text. */
const unclosed = (tokens: ReadonlyArray<CST.Token>, isOpen: (token: CST.Token) => boolean): ReadonlyArray<CST.Token> => {
  const found: Array<CST.Token> = []
  const open: Array<CST.Token> = [...tokens]
  for (let token = open.pop(); token !== undefined; token = open.pop()) {
    if (isOpen(token)) found.push(token)
    for (const inner of below(token)) open.push(inner)
  }
  return found.toSorted((a, b) => a.offset - b.offset)
}

const isCloser = ({ type }: CST.SourceToken): boolean => type === "flow-map-end" || type === "flow-seq-end"

const isOpenBracket = (token: CST.Token): token is CST.FlowCollection =>
  token.type === "flow-collection" && !token.end.some(({ source }) => source === closers[token.start.source])

const isOpenQuote = (token: CST.Token): boolean =>
  (token.type === "double-quoted-scalar" || token.type === "single-quoted-scalar") &&
  !(token.source.length > 1 && token.source.endsWith(token.source.charAt(0)))

const lineOf = (source: Source, at: number): number => span(source, at, at).line

/** The end of the content of a line, without its comment and the blanks before it. */
const contentEnd = (source: Source, line: number): number => {
  const text = lineText(source, line).replace(/\s+#.*$/u, "")
  return (source.lineStarts[line - 1] ?? 0) + text.trimEnd().length
}

interface Reading {
  readonly source: Source
  readonly tokens: ReadonlyArray<CST.Token>
  /** Whether a text is YAML; an edit is only offered if its result is. */
  readonly isRight: (text: string) => boolean
}

/** An edit, if the text is right after it. */
const offered = ({ isRight, source }: Reading, fix: Fix): { readonly fix?: Fix } => {
  const edits = [{ span: fix.span, text: fix.text }, ...(fix.also ?? [])]
  let out = ""
  let at = 0
  for (const edit of edits) {
    out += source.text.slice(at, edit.span.start) + edit.text
    at = edit.span.end
  }
  return isRight(out + source.text.slice(at)) ? { fix } : {}
}

/** An open quote includes the brackets after it, so quotes are checked first. */
const quotes = ({ source, tokens }: Reading): Mistake | undefined => {
  const [first] = unclosed(tokens, isOpenQuote)
  if (first === undefined) return undefined
  const quote = source.text.charAt(first.offset)
  return {
    start: first.offset,
    end: first.offset + 1,
    message: `the quote \`${quote}\` that opens here is not closed`,
    help: `write \`${quote}\` where the text ends`,
  }
}

const brackets = (reading: Reading, at: number): Mistake | undefined => {
  const { source, tokens } = reading
  const open = unclosed(tokens, isOpenBracket).filter(isOpenBracket)
  // The one that ends with the bracket of another is not closed; otherwise the outermost.
  const found = open.findLast(({ end }) => end.some(isCloser)) ?? open[0]
  if (found === undefined) return undefined
  const opener = found.start.source
  const closer = closers[opener] ?? ""
  const line = lineOf(source, found.offset)
  const missing = open.filter(({ offset }) => lineOf(source, offset) === line).map(({ start }) => closers[start.source] ?? "")
  const end = contentEnd(source, line)
  const text = missing
    .toReversed()
    .map((each) => (each === "}" ? " }" : each))
    .join("")
  return {
    start: found.offset,
    end: found.offset + 1,
    message: `the bracket \`${opener}\` that opens here is not closed`,
    help: `write \`${closer}\` where the ${opener === "[" ? "list" : "map"} ends`,
    ...offered(reading, { title: `close it with \`${text.trim()}\` at the end of the line`, span: span(source, end, end), text }),
    ...(at <= found.offset || at >= source.text.trimEnd().length ? {} : { missing: { closer, at } }),
  }
}

/** `key:value`, which YAML reads as one text. */
const colon = (reading: Reading, start: number): Mistake | undefined => {
  const { source } = reading
  const line = lineOf(source, start)
  const text = lineText(source, line)
  const [, before = "", key = ""] = /^(\s*(?:- +)?)([\w.]+):(?=[^\s/\\])/u.exec(text) ?? []
  if (key === "") return undefined
  const from = (source.lineStarts[line - 1] ?? 0) + before.length
  const after = from + key.length + 1
  return {
    start: from,
    end: contentEnd(source, line),
    message: `there is no space after the colon of \`${key}:\``,
    help: `write \`${key}: …\`, with a space after the colon`,
    ...offered(reading, { title: "put a space after the colon", span: span(source, after, after), text: " " }),
  }
}

/** `key: a: 1, b: 2`: options on the line of their key, without the braces around them. */
const braces = (reading: Reading, start: number): Mistake | undefined => {
  const { source } = reading
  const line = lineOf(source, start)
  const from = source.lineStarts[line - 1] ?? 0
  const content = source.text.slice(from, contentEnd(source, line))
  const [, before = "", key = "", options = ""] = /^(\s*(?:- +)*)([\w.]+): +([^{}[\]'"#]+)$/u.exec(content) ?? []
  const parts = options.split(/, */u)
  if (!parts.some((part) => /^[\w.]+: /u.test(part))) return undefined
  const at = from + content.length - options.length
  const named = parts.map((part) => (/^[\w.]+: /u.test(part) ? part : `…: ${part}`)).join(", ")
  const text = `{ ${options} }`
  return {
    start: from + before.length,
    end: from + content.length,
    message: `the options of \`${key}\` are not in braces`,
    help: `write \`${key}: { ${named} }\``,
    ...(named === options
      ? offered(reading, { title: "put the options in braces", span: span(source, at, at + options.length), text })
      : {}),
  }
}

/** Replaces tabs of the indentation by spaces, as many as one step of the other lines has. */
const tabs = (reading: Reading, start: number): { readonly fix?: Fix } => {
  const { source } = reading
  const indents = source.lineStarts.map((_, i) => /^ */u.exec(lineText(source, i + 1))?.[0].length ?? 0).filter((n) => n > 0)
  const step = " ".repeat(indents.length === 0 ? 2 : Math.min(...indents))
  const edits = source.lineStarts.flatMap((at, i) => {
    const [indent = ""] = /^[ \t]*/u.exec(lineText(source, i + 1)) ?? []
    return indent.includes("\t") ? [{ span: span(source, at, at + indent.length), text: indent.replaceAll("\t", step) }] : []
  })
  const [first, ...also] = edits
  if (first === undefined || start < first.span.start) return {}
  return offered(reading, { title: "indent with spaces", ...first, ...(also.length === 0 ? {} : { also }) })
}

/** The first mistake of a text that is not YAML. */
export const mistake = (reading: Reading, error: YAMLError): Mistake => {
  const { source } = reading
  const [at, until] = error.pos
  const start = at + (/^ */.exec(source.text.slice(at, at + 1000))?.[0].length ?? 0)
  const special =
    error.code === "TAB_AS_INDENT"
      ? undefined
      : (quotes(reading) ??
        brackets(reading, start) ??
        (isPlain(error) ? colon(reading, start) : undefined) ??
        (error.code === "BLOCK_AS_IMPLICIT_KEY" ? braces(reading, start) : undefined))
  if (special !== undefined) return special
  const words = help[error.code]
  return {
    start,
    end: Math.max(until, start + 1),
    message: lowerFirst(error.message),
    ...(words === undefined ? {} : { help: words }),
    ...(error.code === "TAB_AS_INDENT" ? tabs(reading, start) : {}),
  }
}

/** The errors that a missing space after a colon leads to. */
const isPlain = ({ code }: YAMLError): boolean =>
  code === "MULTILINE_IMPLICIT_KEY" || code === "MISSING_CHAR" || code === "BLOCK_AS_IMPLICIT_KEY" || code === "UNEXPECTED_TOKEN"
