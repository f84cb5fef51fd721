/**
 * Reads a model file: converts text to a document and collects all findings in one pass. Phases run in
 * order; each uses the valid results of the phases before it. A file with search markers is checked at several points of its space.
 */
import { sort } from "./diagnostic/Diagnostic.ts"
import { type Language, standard } from "./Language.ts"
import { decodeSections, type Opened, openData, unreadable } from "./Open.ts"
import { checked, documentFacts, type Known, type Reading, withDiagnostics } from "./Reading.ts"
import { type Data, isRecord } from "./source/Data.ts"
import type { Positions } from "./source/Positions.ts"
import { fromText, type Source } from "./source/Source.ts"
import { hasMarker, tied } from "./space/Tied.ts"
import { naming, triedDiagnostics } from "./Tried.ts"
import { parse } from "./text/Yaml.ts"

export { type Opened, openAt, openWith } from "./Open.ts"
export type { Known, Reading } from "./Reading.ts"

/**
 * Checks an opened file with the facts of its data, and adds the findings about the data. A reading can be checked
 * again once more is known.
 */
export const withFacts = (opened: Opened, known: Known, language: Language = standard()): Reading => {
  const reading = checked(opened, known, language)
  const { document, searched } = reading
  if (searched === undefined) return reading
  if (searched.point !== undefined)
    return withDiagnostics({ ...reading, diagnostics: reading.diagnostics.map((found) => naming(searched, found)) })
  if (document === undefined) return reading
  const tried = triedDiagnostics({ ...opened, searched, decoded: document }, known, language)
  return tried.length === 0 ? reading : withDiagnostics({ ...reading, diagnostics: sort([...reading.diagnostics, ...tried]) })
}

/** Reads the text of a model file and checks it with the facts that it states about its data. Never throws. */
export const read = (source: Source, language: Language = standard()): Reading => {
  const parsed = parse(source)
  const { data, diagnostics, positions } = parsed
  const opened = data === undefined ? unreadable(source, parsed) : openData(data, positions, diagnostics, language)
  return withFacts(opened, documentFacts(opened, language), language)
}

/**
 * Reads plain data, such as the TypeScript form builds; `name` stands where the name of a file would. Data has no
 * variables: a `$` in it is a dollar sign. A search marker that stands in several places by reference has one value. Never throws.
 */
export const readData = (data: Data, language: Language = standard(), name = "model"): Reading => {
  const positions: Positions = { source: fromText(name, ""), places: new Map() }
  const opened =
    isRecord(data) && hasMarker(data)
      ? openData(tied(data), positions, [], language)
      : { ...decodeSections(data, positions, new Set(), language), syntax: [] }
  return withFacts(opened, documentFacts(opened, language), language)
}
