/**
 * Reads a model file: converts text to a document and collects all findings in one pass. Phases run in
 * order; each uses the valid results of the phases before it.
 */
import { grouped } from "@adjoint/core/data/grouped"
import * as Result from "effect/Result"
import { check, type Readable, type Report } from "./check/Check.ts"
import * as Names from "./check/Names.ts"
import * as Size from "./check/Size.ts"
import type { ModelFile } from "./Document.ts"
import { phaseOf } from "./diagnostic/Codes.ts"
import { type Diagnostic, type Finding, hasErrors, locate, sort } from "./diagnostic/Diagnostic.ts"
import { renamed } from "./diagnostic/Edit.ts"
import { scalar } from "./diagnostic/Fix.ts"
import { suggest } from "./diagnostic/Suggest.ts"
import { type Language, standard } from "./Language.ts"
import type { Facts } from "./prepare/Facts.ts"
import { known } from "./prepare/Known.ts"
import type { Codec } from "./schema/Annotation.ts"
import * as Decode from "./schema/Decode.ts"
import { decode } from "./schema/Issues.ts"
import { repaired } from "./schema/Repaired.ts"
import { model as modelWords } from "./schema/Vocabulary.ts"
import { type Data, isRecord } from "./source/Data.ts"
import { isWithin, pointer } from "./source/Path.ts"
import type { Positions } from "./source/Positions.ts"
import { fromText, type Source } from "./source/Source.ts"
import { apply, type Override, spelledOut } from "./text/Override.ts"
import { type Parsed, parse } from "./text/Yaml.ts"
import { type Expanded, expand } from "./variables/Expand.ts"

/** A model file that was parsed and decoded, but not checked. */
export interface Opened {
  readonly source: Source
  readonly positions: Positions
  /** The decoded document, with or without findings of the checks. */
  readonly decoded?: ModelFile
  readonly sections: Readable
  /** Diagnostics of the text. */
  readonly syntax: ReadonlyArray<Diagnostic>
  /** Findings of variables, schema and names. */
  readonly findings: ReadonlyArray<Finding>
}

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

/** Decodes plain data without variables, as far as it is valid. `unknown` has the places of values whose variables are unknown. */
const decodeSections = (
  data: Data,
  positions: Positions,
  unknown: ReadonlySet<string>,
  language: Language,
): Omit<Opened, "syntax"> => {
  const whole = Decode.file(language.schema, data)
  const schema = Result.isFailure(whole) ? whole.failure : []
  const readableSections: Readable = Result.isSuccess(whole) ? whole.success : readable(data, schema, language)
  const size = readableSections.model === undefined ? [] : Size.check(readableSections.model)
  const { model: _, ...withoutModel } = readableSections
  // A model that is too large is not processed further.
  const sections = size.length === 0 ? readableSections : withoutModel
  const isKnown = ({ at: { path } }: Finding): boolean =>
    unknown.size === 0 || path.every((_, i) => !unknown.has(pointer(path.slice(0, i + 1))))
  const model = isRecord(data) && isRecord(data.model) ? data.model : {}
  const inputs = inputsIn(model)
  return {
    ...(Result.isSuccess(whole) && unknown.size === 0 && size.length === 0 ? { decoded: whole.success } : {}),
    sections,
    findings: [...size, ...schema, ...(inputs === "unknown" ? [] : Names.check(model.layers ?? null, undefined, inputs))].filter(
      isKnown,
    ),
    positions,
    source: positions.source,
  }
}

/** The names of a model's inputs, also where their key is misspelled; `unknown` where they are not a map. */
const inputsIn = (model: { readonly [key: string]: Data }): ReadonlyArray<string> | "unknown" | undefined => {
  const keys = Object.keys(model).filter((key) => suggest(key, ["input", "inputs"], modelWords.synonyms) === "inputs")
  const [key] = keys
  if (key === undefined) return undefined
  const written = model[key]
  return isRecord(written) ? Object.keys(written) : "unknown"
}

/** The valid sections. A section whose only mistakes are misspelled keys counts as valid. */
const readable = (data: Data, findings: ReadonlyArray<Finding>, { schema }: Language): Readable => {
  const { sections } = schema
  const readBy = <T>(decode: (value: unknown) => Result.Result<T, ReadonlyArray<Finding>>, key: string): T | undefined =>
    isRecord(data) && Object.hasOwn(data, key) ? repaired(decode, data[key], [key], findings) : undefined
  const read = <T>(codec: Codec<T>, key: string): T | undefined => readBy((value) => decode(codec, value), key)
  const found = {
    data: read(sections.data, "data"),
    model: readBy((value) => Decode.model(schema, value), "model"),
    pretrain: read(sections.pretrain, "pretrain"),
    train: read(sections.train, "train"),
    evaluate: read(sections.evaluate, "evaluate"),
    lint: read(sections.lint, "lint"),
  }
  return Object.fromEntries(Object.entries(found).filter(([, section]) => section !== undefined)) as Readable
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
const documentFacts = ({ sections }: Opened, { catalogue }: Language): Known => ({
  facts: known(sections.data, sections.model, catalogue),
  findings: [],
})

/**
 * Checks an opened file with the facts of its data, and adds the findings about the data. A reading can be checked
 * again once more is known.
 */
export const withFacts = (opened: Opened, { facts, findings: wrong }: Known, language: Language = standard()): Reading => {
  const { decoded, findings, positions, sections, source, syntax } = opened
  const report = check(sections, facts, language.catalogue)
  const allowed = new Set(sections.lint?.allow ?? [])
  // A map that lost a key to a syntax error would be reported as lacking it.
  const damaged = new Set(syntax.flatMap(({ code, path }) => (phaseOf(code) === "Y" ? [pointer(path)] : [])))
  const all = [...findings, ...withoutConsequences(wrong, report.findings)]
  const kept = all.filter(({ at, code }) => !allowed.has(code) && !(damaged.size > 0 && damaged.has(pointer(at.path))))
  // If the data and the document have the same finding, that of the data is kept.
  const byPlace = new Map(kept.toReversed().map((finding) => [`${finding.code}${pointer(finding.at.path)}`, finding]))
  const diagnostics = sort(
    withoutDuplicates([...syntax, ...[...byPlace.values()].toReversed().map((finding) => locate(finding, positions))]),
  )
  return {
    source,
    positions,
    sections,
    syntax,
    findings,
    diagnostics,
    report,
    ...(decoded === undefined ? {} : { decoded }),
    ...(decoded === undefined || hasErrors(diagnostics) ? {} : { document: decoded }),
  }
}

/** Expands and decodes the data of a text; `syntax` has the diagnostics of the text itself. */
const openData = (data: Data, positions: Positions, syntax: ReadonlyArray<Diagnostic>, language: Language): Opened => {
  const expanded = expand(data, positions)
  const sections_ = decodeSections(expanded.data, expanded.positions, expanded.unknown, language)
  const findings = [...expanded.findings, ...sections_.findings, ...searchFindings(expanded, sections_, language)]
  return { ...sections_, syntax, findings }
}

/** The decoded sections: short forms spelled out, defaults filled in. */
const sectionsOf = (data: Data, positions: Positions, language: Language): Readable => {
  const expanded = expand(data, positions)
  return decodeSections(expanded.data, expanded.positions, expanded.unknown, language).sections
}

/** The limit on values checked for search markers: the values of the document times the rounds. */
const maxTried = 100_000

/**
 * Checks the values of search markers with the schema, in place of the markers: the first value of every
 * marker, then the second, and so on. Where the document is wrong without them, only that is reported.
 */
const searchFindings = (
  { data, searches }: Expanded,
  { decoded }: Pick<Opened, "decoded">,
  language: Language,
): ReadonlyArray<Finding> => {
  if (decoded === undefined || searches.length === 0) return []
  const rounds = Math.max(...searches.map(({ tried }) => tried.length))
  const [first] = searches
  if (first !== undefined && rounds * sizeOf(data) > maxTried)
    return [
      {
        code: "Y006",
        message: `the search markers make more than ${grouped(maxTried)} values out of this document`,
        at: { path: first.path },
        help: "search fewer values, or write a smaller document",
      },
    ]
  return Array.from({ length: rounds }, (_, round) => round).flatMap((round) => {
    const now = searches.flatMap(({ path, tried }) => {
      const one = tried[round]
      return one === undefined ? [] : [{ to: path, from: one.path, value: one.value }]
    })
    const made = now.reduce<Data>(
      (accumulated, { to, value }) => Result.getOrElse(apply(accumulated, { path: to, value, text: "" }), () => accumulated),
      data,
    )
    const whole = Decode.file(language.schema, made)
    if (Result.isSuccess(whole)) return []
    return whole.failure.flatMap((finding): ReadonlyArray<Finding> => {
      const marker = now.find(({ to }) => isWithin(finding.at.path, to))
      if (marker === undefined) return []
      const { fix: _, ...rest } = finding
      return [{ ...rest, at: { ...finding.at, path: [...marker.from, ...finding.at.path.slice(marker.to.length)] } }]
    })
  })
}

/** How many values data holds. */
const sizeOf = (data: Data): number =>
  typeof data === "object" && data !== null ? Object.values(data).reduce<number>((sum, item: Data) => sum + sizeOf(item), 1) : 1

const unreadable = (source: Source, { diagnostics, positions }: Parsed): Opened => ({
  source,
  positions,
  sections: {},
  syntax: diagnostics,
  findings: [],
})

/**
 * Opens the text of a model file with values from the command line; of two for one path the last wins. Fails with
 * the error of a path; errors of values are diagnostics.
 */
export const openWith = (
  source: Source,
  overrides: ReadonlyArray<Override>,
  language: Language = standard(),
): Result.Result<Opened, string> => {
  const parsed = parse(source)
  const { data, diagnostics, positions } = parsed
  if (data === undefined) return Result.succeed(unreadable(source, parsed))
  const set = (made: Result.Result<Data, string>, override: Override) =>
    Result.flatMap(made, (before) => {
      const direct = apply(before, override)
      if (Result.isSuccess(direct)) return direct
      const spelled = spelledOut(before, override.path, () => sectionsOf(before, positions, language))
      return spelled === undefined ? direct : apply(spelled, override)
    })
  return Result.map(overrides.reduce(set, Result.succeed(data)), (made) =>
    openData(made, overrides.length === 0 ? positions : { ...positions, overrides }, diagnostics, language),
  )
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
 * variables: a `$` in it is a dollar sign. Never throws.
 */
export const readData = (data: Data, language: Language = standard(), name = "model"): Reading => {
  const positions: Positions = { source: fromText(name, ""), places: new Map() }
  const opened = { ...decodeSections(data, positions, new Set(), language), syntax: [] }
  return withFacts(opened, documentFacts(opened, language), language)
}
