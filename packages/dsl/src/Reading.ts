/** The reading of a model file: an opened file with the results of all checks, as diagnostics at their places. */
import { check, type Report } from "./check/Check.ts"
import * as Searching from "./check/Searching.ts"
import { subjectOf } from "./check/Subject.ts"
import type { ModelFile } from "./Document.ts"
import { codes, phaseOf } from "./diagnostic/Codes.ts"
import { type Diagnostic, type Finding, hasErrors, locate, sort } from "./diagnostic/Diagnostic.ts"
import { renamed } from "./diagnostic/Edit.ts"
import { scalar } from "./diagnostic/Fix.ts"
import type { Language } from "./Language.ts"
import type { Opened } from "./Open.ts"
import type { Facts } from "./prepare/Facts.ts"
import { known } from "./prepare/Known.ts"
import { isRecord } from "./source/Data.ts"
import { pointer } from "./source/Path.ts"

/** A model file with its diagnostics. Without a document there are errors. */
export interface Reading extends Opened {
  readonly document?: ModelFile
  readonly diagnostics: ReadonlyArray<Diagnostic>
  /** The result of the checks. */
  readonly report: Report
}

/** The facts of the data, and the findings about it. */
export interface Known {
  readonly facts: Facts
  readonly findings: ReadonlyArray<Finding>
}

/** A mistake inside a block is reported once, even if the block is used several times. */
const withoutDuplicates = (diagnostics: ReadonlyArray<Diagnostic>): ReadonlyArray<Diagnostic> => {
  const seen = new Set<string>()
  return diagnostics.filter(({ code, path, span }) => {
    if (!path.includes("block")) return true
    const key = JSON.stringify([code, span === undefined ? path : [span.start, span.end]])
    const isNew = !seen.has(key)
    seen.add(key)
    return isNew
  })
}

/**
 * The findings of the data and of the document, without those that follow from another: that a head or an input names a column
 * whose name is mistyped in `columns`, and that a split is too large, which the document's finding explains better.
 */
const withoutConsequences = (ofData: ReadonlyArray<Finding>, ofDocument: ReadonlyArray<Finding>): ReadonlyArray<Finding> => {
  const meant = new Set(ofData.flatMap(({ code, fix }) => (code === "D301" ? [renamed(fix)] : [])))
  const misnamed = new Set(ofData.flatMap(({ at, code }) => (code === "D301" && at.on === "key" ? [pointer(at.path)] : [])))
  const isMeant = ({ at, code, fix }: Finding): boolean =>
    ((code === "D303" || code === "D301") &&
      fix !== undefined &&
      "at" in fix &&
      fix.was !== undefined &&
      meant.has(scalar(fix.was))) ||
    ((code === "D303" || code === "D307") && misnamed.has(pointer(at.path)))
  const isSaid = ({ code }: Finding): boolean => code === "D304" && ofDocument.some((other) => other.code === "D304")
  return [...ofData.filter((found) => !isSaid(found) && !isMeant(found)), ...ofDocument.filter((found) => !isMeant(found))]
}

/** The facts of the data that the document itself states. */
export const documentFacts = ({ sections }: Opened, { catalogue }: Language): Known => ({
  facts: known(sections.data, sections.model, catalogue),
  findings: [],
})

/** The findings about the section `search`, which every point of a space shares. */
const searchFindings = (
  { findings, searched, sections }: Opened,
  facts: Facts,
  catalogue: Language["catalogue"],
): ReadonlyArray<Finding> => {
  const { search, train } = sections
  if (search === undefined || train === undefined || searched?.point !== undefined) return []
  // A wrong marker is none of the file's, but there is something to search.
  const isWrong = findings.some(({ code }) => codes[code].severity === "error")
  const written = searched?.data
  const vars = isRecord(written) && isRecord(written.vars) ? Object.keys(written.vars) : []
  const found = Searching.check({
    search,
    subject: subjectOf(train, sections, facts, catalogue),
    variables: vars,
    ...(searched === undefined ? {} : { file: searched.file }),
  })
  return isWrong ? found.filter(({ code }) => code !== "A640") : found
}

/** The reading of an opened file with the facts of its data, and the findings about them. */
export const checked = (opened: Opened, { facts, findings: wrong }: Known, { catalogue }: Language): Reading => {
  const { findings, positions, sections, syntax } = opened
  const report = check(sections, facts, catalogue)
  const searching = searchFindings(opened, facts, catalogue)
  const allowed = new Set(sections.lint?.allow ?? [])
  // A map that lost a key to a syntax error would be reported as lacking it.
  const damaged = new Set(syntax.flatMap(({ code, path }) => (phaseOf(code) === "Y" ? [pointer(path)] : [])))
  const all = [...findings, ...withoutConsequences(wrong, report.findings), ...searching]
  const kept = all.filter(({ at, code }) => !allowed.has(code) && !(damaged.size > 0 && damaged.has(pointer(at.path))))
  // If the data and the document have the same finding, that of the data is kept.
  const byPlace = new Map(kept.toReversed().map((finding) => [`${finding.code}${pointer(finding.at.path)}`, finding]))
  const diagnostics = sort(
    withoutDuplicates([...syntax, ...[...byPlace.values()].toReversed().map((finding) => locate(finding, positions))]),
  )
  return withDiagnostics({ ...opened, report, diagnostics })
}

/** A reading has its document unless a diagnostic is an error. */
export const withDiagnostics = ({ document: _, ...reading }: Reading): Reading => {
  const { decoded, diagnostics } = reading
  return decoded === undefined || hasErrors(diagnostics) ? reading : { ...reading, document: decoded }
}
