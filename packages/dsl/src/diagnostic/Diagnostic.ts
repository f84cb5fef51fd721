/**
 * A diagnostic is one mistake or piece of advice as a value: what is wrong, where, what to try, and, where a program can
 * do it, the edit that mends it. Rendering is elsewhere.
 */
import { TaggedError } from "effect/Data"
import type { Path } from "../source/Path.ts"
import * as Positions from "../source/Positions.ts"
import type { Span } from "../source/Source.ts"
import { type Code, codes, type Severity } from "./Codes.ts"

/** A span with what is to be said about it. */
export interface Note {
  readonly span: Span
  readonly label: string
}

/** An edit of the text: `span` becomes `text`. */
export interface Fix {
  readonly title: string
  readonly span: Span
  readonly text: string
}

/** One mistake or piece of advice. Without a span it concerns the whole file. */
export interface Diagnostic {
  readonly code: Code
  readonly severity: Severity
  readonly message: string
  readonly file: string
  readonly path: Path
  readonly span?: Span
  /** What is said beside the carets. */
  readonly label?: string
  readonly related: ReadonlyArray<Note>
  readonly help?: string
  readonly fix?: Fix
}

/** A diagnostic from its parts; the severity is its code's. */
export const diagnostic = (
  parts: Omit<Diagnostic, "severity" | "related"> & { readonly related?: ReadonlyArray<Note> },
): Diagnostic => ({ ...parts, severity: codes[parts.code].severity, related: parts.related ?? [] })

/** A place in a document: the value at a path, the key that leads to it, or a key that is missing there. */
export interface Spot {
  readonly path: Path
  readonly on?: "key" | "value" | "missing"
}

/** What a check finds, in terms of the document; `locate` turns it into a diagnostic of a text. */
export interface Finding {
  readonly code: Code
  readonly message: string
  readonly at: Spot
  readonly label?: string
  readonly related?: ReadonlyArray<{ readonly at: Spot; readonly label: string }>
  readonly help?: string
  /** The key or value at this spot becomes `text`. `was` is the value, where it may stand as the short form of its map. */
  readonly fix?: { readonly title: string; readonly at: Spot; readonly text: string; readonly was?: string }
}

const spanOf = (positions: Positions.Positions, spot: Spot): Span | undefined => {
  const exact = Positions.at(positions, spot.path)
  if (exact === undefined) {
    const owner = Positions.nearest(positions, spot.path)
    return spot.on === "missing" ? (owner?.key ?? owner?.value) : owner?.value
  }
  return spot.on === "key" ? (exact.key ?? exact.value) : exact.value
}

/**
 * An edit is only offered where exactly the text it replaces was written, never on an ancestor or through a variable.
 * The key of a spelled-out use (`{ relu: {} }`) may have been written as its bare name (`relu`), and a main option
 * (`{ head: { target: y } }`) as its bare value (`head: y`).
 */
const editable = (positions: Positions.Positions, spot: Spot, was: unknown): Span | undefined => {
  const place = Positions.at(positions, spot.path)
  if (place !== undefined) {
    if (spot.on === "key") return place.key
    return place.defined === undefined ? place.value : undefined
  }
  const parent = Positions.at(positions, spot.path.slice(0, -1))
  if (parent === undefined || parent.defined !== undefined) return undefined
  const written = positions.source.text.slice(parent.value.start, parent.value.end).replace(/^(["'])(.*)\1$/, "$2")
  return written === (spot.on === "key" ? spot.path.at(-1) : was) ? parent.value : undefined
}

/** The diagnostic of a finding in the text it was found in; of a document that was never text it names the path alone. */
export const locate = (finding: Finding, positions: Positions.Positions): Diagnostic => {
  const outside = Positions.overridden(positions, finding.at.path)
  if (outside !== undefined) return said(finding, `--set ${outside}`)
  const span = spanOf(positions, finding.at)
  const related: Array<Note> = []
  for (const note of finding.related ?? []) {
    const where = spanOf(positions, note.at)
    if (where !== undefined) related.push({ span: where, label: note.label })
  }
  const defined = Positions.nearest(positions, finding.at.path)?.defined
  if (defined !== undefined) related.push({ span: defined.span, label: `\`${defined.name}\` is set here` })
  const edit = finding.fix === undefined ? undefined : editable(positions, finding.fix.at, finding.fix.was)
  return diagnostic({
    code: finding.code,
    message: finding.message,
    file: positions.source.file,
    path: finding.at.path,
    related,
    ...(span === undefined ? {} : { span }),
    ...(finding.label === undefined ? {} : { label: finding.label }),
    ...(finding.help === undefined ? {} : { help: finding.help }),
    ...(finding.fix === undefined || edit === undefined
      ? {}
      : { fix: { title: finding.fix.title, text: finding.fix.text, span: edit } }),
  })
}

/** The diagnostic of a finding in something that is no text. */
const said = ({ at, code, help, label, message }: Finding, file: string): Diagnostic =>
  diagnostic({
    code,
    message,
    file,
    path: at.path,
    ...(label === undefined ? {} : { label }),
    ...(help === undefined ? {} : { help }),
  })

/** Whether any of them is an error. */
export const hasErrors = (diagnostics: ReadonlyArray<Diagnostic>): boolean => diagnostics.some((d) => d.severity === "error")

/** Warnings made errors, as `--strict` asks. */
export const promote = (diagnostics: ReadonlyArray<Diagnostic>): ReadonlyArray<Diagnostic> =>
  diagnostics.map((d) => (d.severity === "warning" ? { ...d, severity: "error" as const } : d))

/** By place in the text; what concerns the whole file comes first. */
export const sort = (diagnostics: ReadonlyArray<Diagnostic>): ReadonlyArray<Diagnostic> =>
  diagnostics.toSorted(
    (a, b) => (a.span?.start ?? -1) - (b.span?.start ?? -1) || (a.code < b.code ? -1 : a.code > b.code ? 1 : 0),
  )

/** A model file that cannot be used, with everything that was found in it. */
export class ModelFileError extends TaggedError("ModelFileError")<{
  readonly file: string
  readonly diagnostics: ReadonlyArray<Diagnostic>
}> {
  override get message(): string {
    const errors = this.diagnostics.filter((d) => d.severity === "error")
    return `${this.file}: ${errors.map((d) => `${d.code} ${d.message}`).join("; ")}`
  }
}
