/**
 * A model file at a point of its space: as a reading, which is checked like any file, and as the text of a plain model file. A
 * training from that text has the bits of the trial.
 */
import * as Space from "@adjoint/core/search/Space"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { sizeOf } from "./build/Sizes.ts"
import { differences } from "./check/Differences.ts"
import type { ModelFile, Search } from "./Document.ts"
import { type Diagnostic, diagnostic } from "./diagnostic/Diagnostic.ts"
import { edited } from "./diagnostic/Fix.ts"
import { type Language, standard } from "./Language.ts"
import { openAt } from "./Open.ts"
import { type Reading, read, withFacts } from "./Read.ts"
import { fromText } from "./source/Source.ts"
import { shownPoint } from "./space/FileSpace.ts"
import { rewrite } from "./space/Rewrite.ts"
import { knownAt } from "./Tried.ts"
import * as Condition from "./variables/Condition.ts"
import { toYaml } from "./Write.ts"

/** A point that is not one of the file's space, such as one of an earlier version of the file. */
const notIn = ({ searched, source }: Reading, point: Space.Point): Diagnostic | undefined => {
  const { file } = searched ?? {}
  if (file === undefined ? Object.keys(point).length === 0 : Space.contains(file.space, point)) return undefined
  const written = Object.entries(point).map(([name, value]) => `\`${name}\` ${value}`)
  return diagnostic({
    code: "S110",
    message: `the file has no point with ${written.length === 0 ? "no values" : written.join(", ")}`,
    file: source.file,
    path: [],
    help:
      file === undefined
        ? "it has no search markers"
        : `its defaults are ${shownPoint(file, file.standard)}: was the file changed since the search began?`,
  })
}

/** The reading of a file at a point, with the facts that are known of its data. Its errors name the values of the point. */
export const readAt = (reading: Reading, point: Space.Point, language: Language = standard()): Reading => {
  const wrong = notIn(reading, point)
  if (wrong !== undefined) {
    const { document: _, ...rest } = reading
    return { ...rest, diagnostics: [wrong] }
  }
  const at = openAt(reading, point, language)
  return withFacts(at, knownAt(reading, at, { facts: reading.report.facts, findings: [] }, language), language)
}

/** The document of a file at a point. Fails with everything that is wrong with it. */
export const withPoint = (
  reading: Reading,
  point: Space.Point,
  language: Language = standard(),
): Result.Result<ModelFile, ReadonlyArray<Diagnostic>> => {
  const { diagnostics, document } = readAt(reading, point, language)
  return document === undefined ? Result.fail(diagnostics) : Result.succeed(document)
}

/** The section `search` of a reading; of a file without it, every default. */
export const searchOf = ({ sections }: Reading, { schema }: Language = standard()): Search =>
  sections.search ?? Schema.decodeSync(schema.sections.search)({})

/** A condition of `search.where` that a point breaks, with the sizes that it compares. */
export interface Broken {
  readonly condition: string
  readonly sizes: { readonly [name in Condition.Fact]?: number }
}

/** The sizes of the document of a reading, of those that are known of its data. */
export const sizesOf = (
  { document, report }: Reading,
  facts: ReadonlyArray<Condition.Fact>,
  { catalogue }: Language = standard(),
): { readonly [name in Condition.Fact]?: number } =>
  Object.fromEntries(
    facts.flatMap((fact) => {
      const size = document === undefined ? undefined : sizeOf(document, report.facts, fact, catalogue)
      return size === undefined ? [] : [[fact, size] as const]
    }),
  )

/**
 * The first condition of `search.where` that a reading at a point breaks, before anything is trained; `undefined` if all hold. A
 * point that is not a right model breaks none, and neither does one of whose data too little is known for the sizes.
 */
export const brokenBy = (at: Reading, language: Language = standard()): Broken | undefined => {
  const { document, searched, sections } = at
  if (document === undefined) return undefined
  for (const text of sections.search?.where ?? []) {
    const condition = Result.getOrUndefined(Condition.parse(text))
    if (condition === undefined) continue
    const sizes = sizesOf(at, Condition.names(condition).filter(Condition.isFact), language)
    const lookup = (name: string) => (Condition.isFact(name) ? sizes[name] : searched?.numbers.get(name))
    if (Condition.holds(condition, lookup) === false) return { condition: text, sizes }
  }
  return undefined
}

/**
 * The text of a plain model file that has the values of a point in place of the markers, and no section `search`. It keeps the
 * layout, the comments and the variables of the file. Where that text would not give the same document, as with values from the
 * command line, it is the document with every default written out. Fails with everything that is wrong with the point.
 */
export const writtenWith = (
  reading: Reading,
  point: Space.Point,
  language: Language = standard(),
): Result.Result<string, ReadonlyArray<Diagnostic>> =>
  Result.map(withPoint(reading, point, language), (document) => {
    const { searched, source } = reading
    const text = searched === undefined ? source.text : edited(source.text, rewrite(searched, point))
    const again = read(fromText(source.file, text), language)
    const isSame =
      again.decoded !== undefined && again.searched === undefined && differences(again.decoded, document).length === 0
    return isSame ? text : toYaml(document)
  })
