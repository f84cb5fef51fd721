/**
 * A source is the text of one model file with the offsets where its lines begin; a span is a stretch of that text.
 * Offsets count UTF-16 units from 0, lines and columns count from 1.
 */
import { Result } from "effect"
import { type Diagnostic, diagnostic } from "../diagnostic/Diagnostic.ts"

/** The text of one file, by lines. */
export interface Source {
  readonly file: string
  readonly text: string
  readonly lineStarts: ReadonlyArray<number>
}

/** A stretch of a source, from `start` up to but not including `end`. */
export interface Span {
  readonly start: number
  readonly end: number
  readonly line: number
  readonly column: number
  readonly endLine: number
  readonly endColumn: number
}

/** A model file larger than this is refused before it is parsed. */
export const maxBytes = 1024 * 1024

/** Lines end with `\n` or `\r\n`. */
export const fromText = (file: string, text: string): Source => {
  const lineStarts = [0]
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) lineStarts.push(at + 1)
  return { file, text, lineStarts }
}

const refuse = (file: string, code: "Y004" | "Y005" | "Y006", message: string, help: string): Result.Result<never, Diagnostic> =>
  Result.fail(diagnostic({ code, message, file, path: [], help }))

// YAML 1.2 allows no other control character, and one of these in a message could drive the reader's terminal.
const control = /(?![\t\n\r])\p{Cc}/u

/** The text of a file from its bytes. Refuses what is too large, empty, not UTF-8 or not text, before anything is parsed. */
export const fromBytes = (file: string, bytes: Uint8Array): Result.Result<Source, Diagnostic> => {
  if (bytes.length > maxBytes)
    return refuse(
      file,
      "Y006",
      `the file has ${bytes.length} bytes; a model file has at most ${maxBytes}`,
      "keep data in files of their own and name them under `data.source`",
    )
  const nul = bytes.indexOf(0)
  if (nul >= 0)
    return refuse(file, "Y004", `the file is not text: byte ${nul} is NUL`, "a model file is YAML or JSON saved as UTF-8")
  let text: string
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes)
  } catch {
    return refuse(file, "Y004", "the file is not UTF-8 text", "a model file is YAML or JSON; save it as UTF-8")
  }
  if (text.trim() === "") return refuse(file, "Y005", "the file is empty", "a model file starts with `schema: 1`")
  const source = fromText(file, text)
  const found = control.exec(text)
  if (found !== null) {
    const hex = text.charCodeAt(found.index).toString(16).toUpperCase().padStart(4, "0")
    return Result.fail(
      diagnostic({
        code: "Y004",
        message: `the file holds the control character U+${hex}, which is not text`,
        file,
        path: [],
        span: span(source, found.index, found.index + 1),
        help: "delete it; in a quoted string it can be written as an escape",
      }),
    )
  }
  return Result.succeed(source)
}

const lineAt = (source: Source, offset: number): number => {
  let low = 0
  let high = source.lineStarts.length - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if ((source.lineStarts[middle] ?? 0) <= offset) low = middle
    else high = middle - 1
  }
  return low
}

/** The span between two offsets, kept inside the text. */
export const span = (source: Source, start: number, end: number): Span => {
  const from = Math.max(0, Math.min(start, source.text.length))
  const to = Math.max(from, Math.min(end, source.text.length))
  const line = lineAt(source, from)
  const endLine = lineAt(source, to)
  return {
    start: from,
    end: to,
    line: line + 1,
    column: from - (source.lineStarts[line] ?? 0) + 1,
    endLine: endLine + 1,
    endColumn: to - (source.lineStarts[endLine] ?? 0) + 1,
  }
}

/** The text of a line, counted from 1, without its line end. */
export const lineText = (source: Source, line: number): string => {
  const start = source.lineStarts[line - 1]
  if (start === undefined) return ""
  return source.text.slice(start, source.lineStarts[line] ?? source.text.length).replace(/\r?\n$/, "")
}
