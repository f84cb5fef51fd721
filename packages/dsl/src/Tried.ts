/**
 * Checks a file with search markers before anything is searched: at a few points that cover its space, each value of a list and
 * both ends of a range must make a document whose schema, shapes and training are right, and whose rows are those of the others.
 */
import type { Point } from "@adjoint/core/search/Space"
import { differences } from "./check/Differences.ts"
import { layerOf, type ModelFile } from "./Document.ts"
import { codes } from "./diagnostic/Codes.ts"
import { type Diagnostic, diagnostic, type Note } from "./diagnostic/Diagnostic.ts"
import { editsOf } from "./diagnostic/Fix.ts"
import type { Language } from "./Language.ts"
import { type Opened, openAt, type Searched } from "./Open.ts"
import { checked, documentFacts, type Known, type Reading } from "./Reading.ts"
import type { Data } from "./source/Data.ts"
import { isWithin, type Path } from "./source/Path.ts"
import * as Positions from "./source/Positions.ts"
import type { Span } from "./source/Source.ts"
import { decisive, decisiveOfLoss } from "./space/Comparable.ts"
import { cover } from "./space/Cover.ts"
import { completed, type FileSpace, shown } from "./space/FileSpace.ts"
import { objectives } from "./space/Objectives.ts"
import { placeOf } from "./variables/Marker.ts"

/** The limit on values of documents that are checked, the values of the document times the points; but a few points always are. */
const maxTried = 200_000
const fewest = 4

/** At most so many items of a list, evenly spread: of five items, three are the first, the middle and the last. */
const spread = <T>(items: ReadonlyArray<T>, most: number): ReadonlyArray<T> =>
  items.length <= most
    ? items
    : Array.from({ length: most }, (_, i) => Math.round((i * (items.length - 1)) / (most - 1))).flatMap((i) => items[i] ?? [])

/** A file whose defaults make a document. */
interface Sound extends Opened {
  readonly decoded: ModelFile
  readonly searched: Searched
}

/** The place of a value that a point chooses, in the text. */
const spanOf = ({ file, positions }: Searched, name: string, value: number): Span | undefined => {
  const found = file.searched.get(name)
  if (found === undefined) return undefined
  const place = Positions.nearest(positions, [...found.from, ...placeOf(found.values, value)])
  return place?.value
}

/** The names of the dimensions of a point whose values are not those of the defaults. */
const changed = ({ standard }: FileSpace, point: Point): ReadonlyArray<string> =>
  Object.keys(point).filter((name) => point[name] !== standard[name])

/** The dimension whose value a path leads into: of several the innermost. */
const ownerOf = ({ searched, space }: FileSpace, point: Point, path: Path): string | undefined =>
  space.findLast(({ name }) => Object.hasOwn(point, name) && searched.get(name)?.to.some((to) => isWithin(path, to)) === true)
    ?.name

/** The same dimension alone: with those around it, and the defaults of all others. */
const alone = ({ file }: Searched, point: Point, name: string): Point => {
  const partial: Record<string, number> = {}
  for (let at: string | undefined = name; at !== undefined; ) {
    const now: string = at
    partial[now] = point[now] ?? 0
    at = file.space.find((dimension) => dimension.name === now)?.when?.dimension
  }
  return completed(file, partial)
}

const isInside = (inner: Span | undefined, outer: Span): boolean =>
  inner !== undefined && inner.start >= outer.start && inner.end <= outer.end

/** A diagnostic that says with which values of some dimensions it arises. Its fix is kept if it changes nothing but one of them. */
const withValues = (searched: Searched, whole: Diagnostic, point: Point, names: ReadonlyArray<string>): Diagnostic => {
  const { file } = searched
  const { fix, ...found } = whole
  const spans = names.flatMap((name) => spanOf(searched, name, point[name] ?? 0) ?? [])
  const isLocal = fix !== undefined && spans.some((span) => editsOf(fix).every((edit) => isInside(edit.span, span)))
  const notes = names.flatMap((name): ReadonlyArray<Note> => {
    const span = spanOf(searched, name, point[name] ?? 0)
    return span === undefined || isInside(found.span, span) ? [] : [{ span, label: `\`${name}\` may have this value` }]
  })
  const [only] = names
  const isHere = names.length === 1 && only !== undefined && notes.length === 0
  const values = names.map((name) => `\`${name}\` ${shown(file, name, point[name] ?? 0)}`).join(", ")
  return {
    ...found,
    ...(isLocal ? { fix } : {}),
    ...(isHere || values === "" ? {} : { message: `${found.message}, with ${values}` }),
    related: [...found.related, ...notes],
  }
}

/** The diagnostic of a file at a point, with the values of the point that it may come from. */
export const naming = (searched: Searched, found: Diagnostic): Diagnostic => {
  const { file, point = {} } = searched
  const owner = ownerOf(file, point, found.path)
  // The defaults are right, so that a mistake comes from a value that differs from them.
  return withValues(searched, found, point, owner === undefined ? changed(file, point) : [owner])
}

/** The parts of a document that the facts of its data follow from. */
const described = ({ data, model }: Opened["sections"]): unknown => ({
  data,
  input: model?.input,
  inputs: model?.inputs,
  heads: model?.layers.flatMap((layer) => {
    const item = layerOf(layer)
    return item._tag === "Head" ? [item.head.target] : []
  }),
})

const isSame = (a: unknown, b: unknown): boolean => differences(a, b).length === 0

/**
 * What is known of the data of a file at a point: the same as of the defaults, unless its columns are prepared in another way. Then
 * it is what the document states, and the number of rows, which every point has.
 */
export const knownAt = (opened: Opened, at: Opened, { facts }: Known, language: Language): Known => {
  if (isSame(described(at.sections), described(opened.sections))) return { facts, findings: [] }
  const stated = documentFacts(at, language).facts
  return { facts: facts.rows === undefined ? stated : { ...stated, rows: facts.rows }, findings: [] }
}

const errorsOf = ({ diagnostics }: Reading): ReadonlyArray<Diagnostic> =>
  diagnostics.filter(({ code }) => codes[code].severity === "error")

/** The finding that a point has other rows or another target. */
const otherRows = (opened: Sound, at: Opened): ReadonlyArray<Diagnostic> => {
  if (at.decoded === undefined || isSame(decisive(at.decoded.data), decisive(opened.decoded.data))) return []
  return [
    diagnostic({
      code: "S109",
      message: "this value cannot be searched: it decides which rows there are, or what is predicted",
      file: opened.source.file,
      path: ["data"],
      help: "scores of different rows cannot be compared: write another file for them",
    }),
  ]
}

/** The finding that a point has another loss, where trials are compared by it. */
const otherLoss = (opened: Sound, at: Opened, { catalogue }: Language): ReadonlyArray<Diagnostic> => {
  const { search } = opened.sections
  const compared = search === undefined ? undefined : objectives(search).find(({ name }) => /(?:^|\.)loss$/u.test(name))
  if (compared === undefined || at.decoded === undefined) return []
  if (isSame(decisiveOfLoss(at.decoded, catalogue), decisiveOfLoss(opened.decoded, catalogue))) return []
  return [
    diagnostic({
      code: "T528",
      message: `with this value \`${compared.name}\` is another loss, by which trials cannot be compared`,
      file: opened.source.file,
      path: ["train", "loss"],
      help: "search for a metric instead, such as `maximize: val.accuracy`",
    }),
  ]
}

const sizeOf = (data: Data): number =>
  typeof data === "object" && data !== null ? Object.values(data).reduce<number>((sum, item: Data) => sum + sizeOf(item), 1) : 1

/** The errors of the points that cover the space of a file without errors at its defaults. */
export const triedDiagnostics = (opened: Sound, known: Known, language: Language): ReadonlyArray<Diagnostic> => {
  const { searched } = opened
  const { file } = searched
  const points = spread(cover(file), Math.max(fewest, Math.floor(maxTried / sizeOf(opened.decoded as unknown as Data))))
  const errorsAt = (point: Point): ReadonlyArray<Diagnostic> => {
    const at = openAt(opened, point, language)
    const errors = errorsOf(checked(at, knownAt(opened, at, known, language), language))
    return [...errors, ...otherRows(opened, at), ...otherLoss(opened, at, language)]
  }
  /** The dimensions that have the same error alone; all if none has. */
  const causes = (point: Point, { code, message }: Diagnostic): ReadonlyArray<string> => {
    const all = changed(file, point)
    const single = all.filter((name) =>
      errorsAt(alone(searched, point, name)).some((e) => e.code === code && e.message === message),
    )
    // Of nested dimensions the outermost is the cause.
    const inner = new Set(
      single.filter((name) => single.includes(file.space.find((d) => d.name === name)?.when?.dimension ?? "")),
    )
    return single.length === 0 ? all : single.filter((name) => !inner.has(name))
  }
  const seen = new Set<string>()
  return points.flatMap((point) =>
    errorsAt(point).flatMap((found): ReadonlyArray<Diagnostic> => {
      const owner = found.span === undefined ? undefined : ownerOf(file, point, found.path)
      const names = owner === undefined ? causes(point, found) : [owner]
      // Of several values that lead to the same mistake at one place, the first is enough.
      const key = JSON.stringify([found.code, found.span?.start, names, owner === undefined ? 0 : point[owner]])
      if (seen.has(key)) return []
      seen.add(key)
      const [name] = names
      const span = found.span ?? (name === undefined ? undefined : spanOf(searched, name, point[name] ?? 0))
      return [withValues(searched, span === undefined ? found : { ...found, span }, point, names)]
    }),
  )
}
