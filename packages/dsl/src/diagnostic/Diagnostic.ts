/**
 * A diagnostic is one mistake or piece of advice as a value: what is wrong, where, what to try, and, if a program can
 * do it, the edit that mends it. Rendering is elsewhere.
 */
import { TaggedError } from "effect/Data"
import type { Path } from "../source/Path.ts"
import * as Positions from "../source/Positions.ts"
import type { Span } from "../source/Source.ts"
import { type Code, codes, type Severity } from "./Codes.ts"
import { type Edit, type Fix, fixOf, type Location } from "./Edit.ts"

export type { Edit, Fix, Location } from "./Edit.ts"
export type { TextEdit } from "./Layout.ts"

/** A span with a label. */
export interface Note {
  readonly span: Span
  readonly label: string
}

/** One mistake or piece of advice. Without a span it concerns the whole file. */
export interface Diagnostic {
  readonly code: Code
  readonly severity: Severity
  readonly message: string
  readonly file: string
  readonly path: Path
  readonly span?: Span
  /** The text beside the carets. */
  readonly label?: string
  readonly related: ReadonlyArray<Note>
  readonly help?: string
  readonly fix?: Fix
}

/** A diagnostic from its parts; the severity is its code's. */
export const diagnostic = (
  parts: Omit<Diagnostic, "severity" | "related"> & { readonly related?: ReadonlyArray<Note> },
): Diagnostic => ({ ...parts, severity: codes[parts.code].severity, related: parts.related ?? [] })

/** The result of a check, in terms of the document; `locate` converts it to a diagnostic of a text. */
export interface Finding {
  readonly code: Code
  readonly message: string
  readonly at: Location
  readonly label?: string
  readonly related?: ReadonlyArray<{ readonly at: Location; readonly label: string }>
  readonly help?: string
  readonly fix?: Edit
}

/** The place of a location, or of the nearest value around it that was written, with the span to show. */
const placeOf = (
  positions: Positions.Positions,
  { on, path }: Location,
): { readonly place?: Positions.Place | undefined; readonly span?: Span | undefined } => {
  const exact = Positions.at(positions, path)
  if (exact !== undefined) return { place: exact, span: on === "key" ? (exact.key ?? exact.value) : exact.value }
  const place = Positions.nearest(positions, path.slice(0, -1))
  return { place, span: on === "missing" ? (place?.key ?? place?.value) : place?.value }
}

/** Whether not even the section of a location was written. */
const isNowhere = (positions: Positions.Positions, { path: [section] }: Location): boolean =>
  section !== undefined && Positions.at(positions, [section]) === undefined

/** The diagnostic of a finding in the text it was found in; of a document that was never text it names the path alone. */
export const locate = (finding: Finding, positions: Positions.Positions): Diagnostic => {
  const outside = Positions.overridden(positions, finding.at.path)
  if (outside !== undefined) return ofOverride(finding, `--set ${outside}`)
  const related: Array<Note> = []
  for (const note of finding.related ?? []) {
    const { span: where } = placeOf(positions, note.at)
    if (where !== undefined) related.push({ span: where, label: note.label })
  }
  // If the section is absent from the text, the first related place is shown instead.
  const instead = related.length > 0 && isNowhere(positions, finding.at) ? related.shift() : undefined
  const { place, span: own } = placeOf(positions, finding.at)
  const span = instead?.span ?? own
  const label = finding.label ?? instead?.label
  const defined = place?.defined
  if (defined !== undefined) related.push({ span: defined.span, label: `\`${defined.name}\` is set here` })
  const fix = finding.fix === undefined ? undefined : fixOf(positions, finding.fix)
  return diagnostic({
    code: finding.code,
    message: finding.message,
    file: positions.source.file,
    path: finding.at.path,
    related,
    ...(span === undefined ? {} : { span }),
    ...(label === undefined ? {} : { label }),
    ...(finding.help === undefined ? {} : { help: finding.help }),
    ...(fix === undefined ? {} : { fix }),
  })
}

/** The diagnostic of a finding in a value that was set on the command line. */
const ofOverride = ({ at, code, help, label, message }: Finding, file: string): Diagnostic =>
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

/** Sorts by place in the text; diagnostics of the whole file come first. */
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
