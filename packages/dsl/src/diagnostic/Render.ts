/** Diagnostics as text for a person (with carets under the source) and as JSON for a program. */
import { print } from "../source/Path.ts"
import { lineText, type Source, type Span } from "../source/Source.ts"
import type { Diagnostic, Note } from "./Diagnostic.ts"
import { columns, printable } from "./Printable.ts"

/** How to render text. */
export interface TextOptions {
  readonly colour?: boolean
}

const styles = {
  error: "\u001b[1;31m",
  warning: "\u001b[1;33m",
  bold: "\u001b[1m",
  gutter: "\u001b[34m",
  help: "\u001b[36m",
} as const

type Paint = (style: keyof typeof styles, text: string) => string

const painter = (colour: boolean): Paint =>
  colour ? (style, text) => `${styles[style]}${text}\u001b[0m` : (_style, text) => text

/** Longer lines are cut around the marked text. */
const widest = 120

/** Longer messages are cut: a name from the file may be as long as the file. */
const longest = 1000

const cut = (text: string): string => printable(text.length > longest ? `${text.slice(0, longest)}…` : text)

interface Mark {
  readonly span: Span
  readonly label: string
  readonly primary: boolean
}

/** A part of a line with what is marked in it, and how far the part was moved to the left. */
interface Window {
  readonly text: string
  readonly from: number
  readonly marks: ReadonlyArray<Mark>
}

/** The parts of a line to show: the whole line, or a part for each of its marks, where those that fit into one share it. */
const windows = (line: string, marks: ReadonlyArray<Mark>): ReadonlyArray<Window> => {
  if (line.length <= widest) return [{ text: line, from: 0, marks }]
  const groups: Array<Array<Mark>> = []
  for (const mark of marks) {
    const group = groups.at(-1)
    if (group?.[0] !== undefined && mark.span.endColumn - group[0].span.column <= widest) group.push(mark)
    else groups.push([mark])
  }
  return groups.map((group) => {
    const first = Math.min(...group.map(({ span }) => span.column - 1))
    const last = Math.max(...group.map(({ span }) => span.endColumn - 1))
    const from = Math.max(0, first - Math.max(0, Math.min(Math.floor(widest / 3), widest - (last - first))))
    return { text: line.slice(from, from + widest), from, marks: group }
  })
}

const snippet = (
  source: Source,
  marks: ReadonlyArray<Mark>,
  severity: "error" | "warning",
  paint: Paint,
): ReadonlyArray<string> => {
  const lines = [...new Set(marks.map((mark) => mark.span.line))].toSorted((a, b) => a - b)
  const width = String(lines.at(-1) ?? 1).length
  const bar = paint("gutter", `${" ".repeat(width)} |`)
  const out: Array<string> = []
  let previous: number | undefined
  for (const line of lines) {
    if (previous !== undefined && line > previous + 1) out.push(paint("gutter", "..."))
    previous = line
    const here = marks.filter((mark) => mark.span.line === line).toSorted((a, b) => a.span.column - b.span.column)
    const whole = lineText(source, line)
    for (const { text, from, marks } of windows(whole, here)) {
      const cutLeft = from > 0 ? "…" : ""
      const cutRight = from + text.length < whole.length ? "…" : ""
      out.push(`${paint("gutter", `${String(line).padStart(width)} |`)} ${cutLeft}${printable(text)}${cutRight}`)
      for (const mark of marks) {
        const start = Math.max(0, mark.span.column - 1 - from)
        const end = mark.span.endLine === line ? mark.span.endColumn - 1 - from : text.length
        const pad = " ".repeat(cutLeft.length + columns(text.slice(0, start)))
        const sign = (mark.primary ? "^" : "-").repeat(Math.max(1, columns(text.slice(start, Math.max(start, end)).trimEnd())))
        const label = mark.label === "" ? "" : ` ${cut(mark.label)}`
        out.push(`${bar} ${pad}${paint(mark.primary ? severity : "gutter", `${sign}${label}`)}`)
      }
    }
  }
  return out
}

const helpLine = (diagnostic: Diagnostic): string | undefined => {
  const available = diagnostic.fix === undefined ? "" : "  [fix available]"
  const text = diagnostic.help ?? diagnostic.fix?.title
  return text === undefined ? undefined : `${cut(text)}${available}`
}

/**
 * One diagnostic as lines of text: what, where, the source with carets under the place, and what to try. Without the
 * source (or without a place in it) it names the file and the path.
 */
export const text = (diagnostic: Diagnostic, source: Source | undefined, options: TextOptions = {}): string => {
  const paint = painter(options.colour ?? false)
  const { span, severity } = diagnostic
  const out = [`${paint(severity, `${severity}[${diagnostic.code}]`)}${paint("bold", `: ${cut(diagnostic.message)}`)}`]
  const where =
    span === undefined
      ? diagnostic.path.length === 0
        ? diagnostic.file
        : `${diagnostic.file}: ${print(diagnostic.path)}`
      : `${diagnostic.file}:${span.line}:${span.column}`
  out.push(`${paint("gutter", "  -->")} ${cut(where)}`)
  let width = 2
  if (span !== undefined && source !== undefined) {
    const secondary = (note: Note): Mark => ({ ...note, primary: false })
    const marks = [{ span, label: diagnostic.label ?? "", primary: true }, ...diagnostic.related.map(secondary)]
    width = String(Math.max(...marks.map((mark) => mark.span.line))).length
    out.push(...snippet(source, marks, severity, paint))
  }
  const help = helpLine(diagnostic)
  if (help !== undefined) out.push(`${" ".repeat(width)} ${paint("gutter", "=")} ${paint("help", "help:")} ${help}`)
  return out.join("\n")
}

/** At most this many diagnostics of a file are shown. */
export const maxShown = 100

/** The first diagnostics, errors before warnings, in the order they are in. */
export const shown = (diagnostics: ReadonlyArray<Diagnostic>): ReadonlyArray<Diagnostic> => {
  if (diagnostics.length <= maxShown) return diagnostics
  const errors = diagnostics.filter((d) => d.severity === "error")
  const warnings = diagnostics.filter((d) => d.severity === "warning")
  const kept = new Set([...errors, ...warnings].slice(0, maxShown))
  return diagnostics.filter((diagnostic) => kept.has(diagnostic))
}

/** The version of the JSON form. It grows by new fields alone; anything else raises the number. */
export const jsonVersion = 1

/** How many there are of each severity. */
interface Counts {
  readonly errors: number
  readonly warnings: number
}

/** Diagnostics as `--json` prints them, of one file or of several. */
export interface Report extends Counts {
  readonly version: typeof jsonVersion
  readonly kind: "diagnostics"
  readonly files: ReadonlyArray<Counts & { readonly file: string }>
  /** How many diagnostics are counted but left out; absent where all are there. */
  readonly omitted?: number
  readonly diagnostics: ReadonlyArray<Diagnostic>
}

const counts = (diagnostics: ReadonlyArray<Diagnostic>): Counts => ({
  errors: diagnostics.filter((d) => d.severity === "error").length,
  warnings: diagnostics.filter((d) => d.severity === "warning").length,
})

/** The JSON form: the first diagnostics as they are, and the counts of all, together and by file. */
export const report = (
  diagnostics: ReadonlyArray<Diagnostic>,
  files: ReadonlyArray<string> = [...new Set(diagnostics.map(({ file }) => file))],
): Report => ({
  version: jsonVersion,
  kind: "diagnostics",
  ...counts(diagnostics),
  files: files.map((file) => ({ file, ...counts(diagnostics.filter((d) => d.file === file)) })),
  ...(diagnostics.length > maxShown ? { omitted: diagnostics.length - maxShown } : {}),
  diagnostics: shown(diagnostics),
})

/** The first diagnostics and a closing line that counts all. */
export const all = (diagnostics: ReadonlyArray<Diagnostic>, source: Source | undefined, options: TextOptions = {}): string => {
  const { errors, warnings } = counts(diagnostics)
  if (diagnostics.length === 0) return ""
  const count = (n: number, word: string): ReadonlyArray<string> => (n === 0 ? [] : [`${n} ${word}${n === 1 ? "" : "s"}`])
  const all = [...count(errors, "error"), ...count(warnings, "warning")].join(", ")
  const summary = diagnostics.length > maxShown ? `${all}; ${maxShown} are shown` : all
  return [...shown(diagnostics).map((diagnostic) => text(diagnostic, source, options)), summary].join("\n\n")
}
