/**
 * A source is the text of one model file with the offsets where its lines begin; a span is a stretch of that text.
 * Offsets count UTF-16 units from 0, lines and columns count from 1.
 */

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

/** Lines end with `\n` or `\r\n`. */
export const fromText = (file: string, text: string): Source => {
  const lineStarts = [0]
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) lineStarts.push(at + 1)
  return { file, text, lineStarts }
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
  let end = source.lineStarts[line] ?? source.text.length
  if (source.text[end - 1] === "\n" && end > start) end--
  if (source.text[end - 1] === "\r" && end > start) end--
  return source.text.slice(start, end)
}
