/**
 * Reading a model file: text to document, with everything that can be said about it found in one pass. Phases run in
 * order, and each goes on with what the ones before could make sense of.
 */
import * as Result from "effect/Result"
import { check, type Readable } from "./check/Check.ts"
import { known } from "./check/Known.ts"
import * as Names from "./check/Names.ts"
import type { ModelFile } from "./Document.ts"
import { type Phase, phaseOf } from "./diagnostic/Codes.ts"
import { type Diagnostic, type Finding, hasErrors, locate, sort } from "./diagnostic/Diagnostic.ts"
import { renamed } from "./diagnostic/Edit.ts"
import { scalar } from "./diagnostic/Fix.ts"
import { type Language, standard } from "./Language.ts"
import type { Facts } from "./prepare/Facts.ts"
import type { Codec } from "./schema/Annotation.ts"
import { decode } from "./schema/Issues.ts"
import { meant } from "./schema/Meant.ts"
import { apply, type Override } from "./source/Override.ts"
import { pointer } from "./source/Path.ts"
import type { Positions } from "./source/Positions.ts"
import { fromText, type Source } from "./source/Source.ts"
import { type Data, isRecord, type Parsed, parse } from "./source/Yaml.ts"
import { expand } from "./variables/Expand.ts"

/** What a model file says. Without a document there are errors. */
export interface Reading {
  readonly source: Source
  readonly positions: Positions
  readonly document?: ModelFile
  /** The document as the schema has it, whatever the checks say of it. */
  readonly decoded?: ModelFile
  readonly sections: Readable
  readonly diagnostics: ReadonlyArray<Diagnostic>
}

/** What is known of the data, and what is wrong with it. */
export interface Known {
  readonly facts: Facts
  readonly findings: ReadonlyArray<Finding>
}

/** What plain data means, as far as it means anything. */
interface Understood {
  readonly decoded?: ModelFile
  readonly sections: Readable
  readonly findings: ReadonlyArray<Finding>
  readonly positions: Positions
}

/** A document out of plain data without variables. `unknown` are the places of values that variables should have said. */
const understand = (data: Data, positions: Positions, unknown: ReadonlySet<string>, language: Language): Understood => {
  const whole = decode(language.schema.file, data)
  const sections: Readable = Result.isSuccess(whole) ? whole.success : readable(data, language)
  const isKnown = ({ at: { path } }: Finding): boolean => path.every((_, i) => !unknown.has(pointer(path.slice(0, i + 1))))
  const schema = Result.isFailure(whole) ? whole.failure : []
  const layers = isRecord(data) && isRecord(data.model) ? (data.model.layers ?? null) : null
  return {
    ...(Result.isSuccess(whole) && unknown.size === 0 ? { decoded: whole.success } : {}),
    sections,
    findings: [...schema, ...Names.check(layers)].filter(isKnown),
    positions,
  }
}

/** The sections that are right, or would be with their keys spelt well, whatever is wrong with the others. */
const readable = (data: Data, { schema: { sections } }: Language): Readable => {
  const read = <T>(codec: Codec<T>, key: string): T | undefined => {
    if (!isRecord(data) || !Object.hasOwn(data, key)) return undefined
    return meant(codec, data[key])
  }
  const found = {
    data: read(sections.data, "data"),
    model: read(sections.model, "model"),
    pretrain: read(sections.pretrain, "pretrain"),
    train: read(sections.train, "train"),
    evaluate: read(sections.evaluate, "evaluate"),
    lint: read(sections.lint, "lint"),
  }
  return Object.fromEntries(Object.entries(found).filter(([, section]) => section !== undefined)) as Readable
}

/** What is wrong with a block is said once, however often the block is used. */
const once = (diagnostics: ReadonlyArray<Diagnostic>): ReadonlyArray<Diagnostic> => {
  const seen = new Set<string>()
  return diagnostics.filter(({ code, path, span }) => {
    const key = JSON.stringify([code, span === undefined ? path : [span.start, span.end]])
    const isNew = !path.includes("block") || !seen.has(key)
    seen.add(key)
    return isNew
  })
}

/**
 * The findings of the data and of the document, without those that follow from another: a head predicts the column that a
 * mistyped name meant, and a split that adds up to too much is said in the document's words.
 */
const settled = (ofData: ReadonlyArray<Finding>, ofDocument: ReadonlyArray<Finding>): ReadonlyArray<Finding> => {
  const meant = new Set(ofData.flatMap(({ code, fix }) => (code === "D301" ? [renamed(fix)] : [])))
  const isMeant = ({ code, fix }: Finding): boolean =>
    code === "D303" && fix !== undefined && "at" in fix && fix.was !== undefined && meant.has(scalar(fix.was))
  const isSaid = ({ code }: Finding): boolean => code === "D304" && ofDocument.some((other) => other.code === "D304")
  return [...ofData.filter((found) => !isSaid(found)), ...ofDocument.filter((found) => !isMeant(found))]
}

/** A reading with the checks made of these facts, and the findings that came with them. */
const checked = (
  base: Omit<Reading, "diagnostics" | "document">,
  before: ReadonlyArray<Diagnostic>,
  { facts, findings }: Known,
  { catalogue }: Language,
): Reading => {
  const { decoded, positions, sections, source } = base
  const allowed = new Set(sections.lint?.allow ?? [])
  // A map that lost a key to the syntax would be said to lack it.
  const damaged = new Set(before.flatMap(({ code, path }) => (phaseOf(code) === "Y" ? [pointer(path)] : [])))
  const all = settled(findings, check(sections, facts, catalogue))
  const kept = all.filter(({ at, code }) => !allowed.has(code) && !damaged.has(pointer(at.path)))
  // Of what the data and the document both say, the data's word comes first and is kept.
  const said = new Map(kept.toReversed().map((finding) => [`${finding.code}${pointer(finding.at.path)}`, finding]))
  const diagnostics = sort(once([...before, ...[...said.values()].toReversed().map((finding) => locate(finding, positions))]))
  return {
    source,
    positions,
    sections,
    diagnostics,
    ...(decoded === undefined ? {} : { decoded }),
    ...(decoded === undefined || hasErrors(diagnostics) ? {} : { document: decoded }),
  }
}

/** A reading with the checks made of what the document itself says of its data. */
const start = (source: Source, understood: Understood, before: ReadonlyArray<Diagnostic>, language: Language): Reading => {
  const { findings, sections } = understood
  const facts = known(sections.data, sections.model, language.catalogue)
  return checked({ source, ...understood }, before, { facts, findings }, language)
}

/** What the data of a text says, with what was found in the text before. */
const written = (data: Data, positions: Positions, before: ReadonlyArray<Diagnostic>, language: Language): Reading => {
  const expanded = expand(data, positions)
  const understood = understand(expanded.data, expanded.positions, expanded.unknown, language)
  return start(positions.source, { ...understood, findings: [...expanded.findings, ...understood.findings] }, before, language)
}

const unreadable = (source: Source, { diagnostics, positions }: Parsed): Reading => ({
  source,
  positions,
  sections: {},
  diagnostics: sort(diagnostics),
})

/** Reads the text of a model file. Never throws. */
export const read = (source: Source, language: Language = standard()): Reading => {
  const parsed = parse(source)
  const { data, diagnostics, positions } = parsed
  return data === undefined ? unreadable(source, parsed) : written(data, positions, diagnostics, language)
}

/**
 * Reads the text of a model file with values set from outside, the last of two for one path winning. Fails with what is
 * wrong with a path; what is wrong with a value is a diagnostic like any other.
 */
export const readWith = (
  source: Source,
  overrides: ReadonlyArray<Override>,
  language: Language = standard(),
): Result.Result<Reading, string> => {
  const parsed = parse(source)
  const { data, diagnostics, positions } = parsed
  if (data === undefined) return Result.succeed(unreadable(source, parsed))
  const set = (made: Result.Result<Data, string>, override: Override) => Result.flatMap(made, (before) => apply(before, override))
  return Result.map(overrides.reduce(set, Result.succeed(data)), (made) =>
    written(made, { ...positions, overrides }, diagnostics, language),
  )
}

/**
 * Reads plain data, such as the TypeScript face builds; `name` stands where the name of a file would. Data has no
 * variables: a `$` in it is a dollar sign. Never throws.
 */
export const readData = (data: Data, language: Language = standard(), name = "model"): Reading => {
  const source = fromText(name, "")
  return start(source, understand(data, { source, places: new Map() }, new Set(), language), [], language)
}

/** The phases that look at what is known of the data. */
const onFacts: ReadonlySet<Phase> = new Set(["D", "G", "T", "A"])

/**
 * The same reading once the data has been looked at: what was said of shapes, training and advice is said again from
 * the facts, and what is wrong with the data is added.
 */
export const withFacts = (reading: Reading, known: Known, language: Language = standard()): Reading =>
  checked(
    reading,
    reading.diagnostics.filter(({ code }) => !onFacts.has(phaseOf(code))),
    known,
    language,
  )
