/**
 * Opens a model file: from text, with values from the command line, to a decoded document whose names refer to something. Markers
 * have their defaults, or the values of a point of the file's space.
 */

import { grouped } from "@adjoint/core/data/grouped"
import type { Point } from "@adjoint/core/search/Space"
import * as Result from "effect/Result"
import type { Readable } from "./check/Check.ts"
import * as Names from "./check/Names.ts"
import * as Size from "./check/Size.ts"
import type { ModelFile } from "./Document.ts"
import type { Diagnostic, Finding } from "./diagnostic/Diagnostic.ts"
import { suggest } from "./diagnostic/Suggest.ts"
import { type Language, standard } from "./Language.ts"
import type { Codec } from "./schema/Annotation.ts"
import * as Decode from "./schema/Decode.ts"
import { decode } from "./schema/Issues.ts"
import type { WholeFile } from "./schema/ModelFileSchema.ts"
import { repaired } from "./schema/Repaired.ts"
import { model as modelWords } from "./schema/Vocabulary.ts"
import { type Data, isRecord } from "./source/Data.ts"
import { pointer } from "./source/Path.ts"
import type { Positions } from "./source/Positions.ts"
import type { Source } from "./source/Source.ts"
import { chosenAt, type FileSpace, fileSpace } from "./space/FileSpace.ts"
import { apply, type Override, spelledOut } from "./text/Override.ts"
import { type Parsed, parse } from "./text/Yaml.ts"
import { expand } from "./variables/Expand.ts"
import type { Found } from "./variables/Found.ts"

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
  /** What a search may choose, if the file has markers, and the point that was chosen, if it is not that of the defaults. */
  readonly searched?: Searched
}

/** The data of a file as it is written, with its space. */
export interface Searched {
  readonly data: Data
  readonly positions: Positions
  readonly file: FileSpace
  readonly point?: Point
  /** The values of the variables that are numbers. */
  readonly numbers: ReadonlyMap<string, number>
}

/** Decodes plain data without variables, as far as it is valid. `unknown` has the places of values whose variables are unknown. */
export const decodeSections = (
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
    ...(Result.isSuccess(whole) && unknown.size === 0 && size.length === 0 ? { decoded: withoutSearch(whole.success) } : {}),
    sections,
    findings: [...size, ...schema, ...(inputs === "unknown" ? [] : Names.check(model.layers ?? null, undefined, inputs))].filter(
      isKnown,
    ),
    positions,
    source: positions.source,
  }
}

/** What is trained: the search over a document is not part of it. */
const withoutSearch = ({ search: _, ...document }: WholeFile): ModelFile => document

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
    train: readBy((value) => Decode.train(schema, value), "train"),
    evaluate: read(sections.evaluate, "evaluate"),
    search: read(sections.search, "search"),
    lint: read(sections.lint, "lint"),
  }
  return Object.fromEntries(Object.entries(found).filter(([, section]) => section !== undefined)) as Readable
}

/** The limit on search markers. */
export const maxDimensions = 500

/** The finding of the first search marker above the limit. */
const tooMany = (markers: ReadonlyArray<Found>): ReadonlyArray<Finding> => {
  const [path] = markers[maxDimensions]?.to ?? []
  if (path === undefined) return []
  const message = `a file has at most ${maxDimensions} search markers, and this one has ${grouped(markers.length)}`
  return [{ code: "Y006", message, at: { path }, help: "search fewer values, or tie them by variables" }]
}

/** Expands and decodes the data of a text; `syntax` has the diagnostics of the text itself. */
export const openData = (data: Data, positions: Positions, syntax: ReadonlyArray<Diagnostic>, language: Language): Opened => {
  const expanded = expand(data, positions)
  const sections = decodeSections(expanded.data, expanded.positions, expanded.unknown, language)
  const { numbers } = expanded
  const markers = expanded.markers.slice(0, maxDimensions)
  return {
    ...sections,
    syntax,
    findings: [...expanded.findings, ...tooMany(expanded.markers), ...sections.findings],
    ...(markers.length === 0 ? {} : { searched: { data, positions, numbers, file: fileSpace(markers) } }),
  }
}

/** The same file at a point of its space: every marker has the value of the point. A file without markers stays as it is. */
export const openAt = (opened: Opened, point: Point, language: Language = standard()): Opened => {
  const { searched, syntax } = opened
  if (searched === undefined) return opened
  const { data, file, positions } = searched
  const expanded = expand(data, positions, chosenAt(file, point))
  const sections = decodeSections(expanded.data, expanded.positions, expanded.unknown, language)
  return {
    ...sections,
    syntax,
    findings: [...expanded.findings, ...sections.findings],
    searched: { ...searched, numbers: expanded.numbers, point },
  }
}

/** The decoded sections: short forms spelled out, defaults filled in. */
const sectionsOf = (data: Data, positions: Positions, language: Language): Readable => {
  const expanded = expand(data, positions)
  return decodeSections(expanded.data, expanded.positions, expanded.unknown, language).sections
}

export const unreadable = (source: Source, { diagnostics, positions }: Parsed): Opened => ({
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
