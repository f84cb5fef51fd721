/**
 * Reading a model file: text to document, with everything that can be said about it found in one pass. Phases run in
 * order, and each goes on with what the ones before could make sense of.
 */
import { Result } from "effect"
import * as Names from "./check/Names.ts"
import type { ModelFile } from "./Document.ts"
import { type Diagnostic, type Finding, hasErrors, locate, sort, unlocated } from "./diagnostic/Diagnostic.ts"
import type { Language } from "./Language.ts"
import type { Codec } from "./schema/Annotation.ts"
import { decode } from "./schema/Issues.ts"
import type { Sections } from "./schema/ModelFileSchema.ts"
import { pointer } from "./source/Path.ts"
import type { Positions } from "./source/Positions.ts"
import { fromText, type Source } from "./source/Source.ts"
import { type Data, isRecord, parse } from "./source/Yaml.ts"
import { expand } from "./variables/Expand.ts"

/** The sections of a file that could be read, whatever is wrong with the others. */
export type Readable = { readonly [K in keyof Sections]?: Sections[K] extends Codec<infer T> ? T : never }

/** What a model file says. Without a document there are errors. */
export interface Reading {
  readonly source: Source
  readonly positions: Positions
  readonly document?: ModelFile
  readonly sections: Readable
  readonly diagnostics: ReadonlyArray<Diagnostic>
}

/** What plain data means, as far as it means anything. */
interface Understood {
  readonly document?: ModelFile
  readonly sections: Readable
  readonly findings: ReadonlyArray<Finding>
  readonly positions: Positions
}

/** Plain data, from either face, as a document. */
const understand = (data: Data, positions: Positions, language: Language): Understood => {
  const expanded = expand(data, positions)
  const whole = decode(language.schema.file, expanded.data)
  const sections: Readable = Result.isSuccess(whole) ? whole.success : readable(expanded.data, language)
  const isKnown = (finding: Finding): boolean =>
    finding.at.path.every((_, i) => !expanded.unknown.has(pointer(finding.at.path.slice(0, i + 1))))
  const schema = Result.isFailure(whole) ? whole.failure.filter(isKnown) : []
  const raw = isRecord(expanded.data) && isRecord(expanded.data.model) ? (expanded.data.model.layers ?? null) : null
  const findings = [...expanded.findings, ...schema, ...Names.check(raw).filter(isKnown)]
  const isWhole = Result.isSuccess(whole) && expanded.unknown.size === 0
  return { ...(isWhole ? { document: whole.success } : {}), sections, findings, positions: expanded.positions }
}

const readable = (data: Data, language: Language): Readable => {
  const { sections } = language.schema
  const read = <T>(codec: Codec<T>, key: string): T | undefined => {
    if (!isRecord(data) || !Object.hasOwn(data, key)) return undefined
    const result = decode(codec, data[key])
    return Result.isSuccess(result) ? result.success : undefined
  }
  const found = {
    data: read(sections.data, "data"),
    model: read(sections.model, "model"),
    train: read(sections.train, "train"),
    evaluate: read(sections.evaluate, "evaluate"),
    lint: read(sections.lint, "lint"),
  }
  return Object.fromEntries(Object.entries(found).filter(([, section]) => section !== undefined)) as Readable
}

/** The reading of what was understood; `say` makes a diagnostic of a finding. */
const reading = (
  source: Source,
  understood: Understood,
  before: ReadonlyArray<Diagnostic>,
  say: (finding: Finding) => Diagnostic,
): Reading => {
  const { document, findings, positions, sections } = understood
  const allowed = new Set(sections.lint?.allow ?? [])
  // A map that lost a key to the syntax would be said to lack it.
  const damaged = new Set(before.map(({ path }) => pointer(path)))
  const kept = findings.filter((finding) => !allowed.has(finding.code) && !damaged.has(pointer(finding.at.path)))
  const diagnostics = sort([...before, ...kept.map(say)])
  return { source, positions, sections, diagnostics, ...(document === undefined || hasErrors(diagnostics) ? {} : { document }) }
}

/** Reads the text of a model file. Never throws. */
export const read = (source: Source, language: Language): Reading => {
  const { data, diagnostics, positions } = parse(source)
  if (data === undefined) return { source, positions, sections: {}, diagnostics: sort(diagnostics) }
  const understood = understand(data, positions, language)
  return reading(source, understood, diagnostics, (finding) => locate(finding, understood.positions))
}

/** Reads plain data, such as the TypeScript face builds; `name` stands where the name of a file would. Never throws. */
export const readData = (data: Data, language: Language, name = "model"): Reading => {
  const source = fromText(name, "")
  return reading(source, understand(data, { source, places: new Map() }, language), [], (finding) => unlocated(finding, name))
}
