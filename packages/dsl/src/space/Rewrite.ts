/**
 * The text of a model file at a point of its space: each marker becomes the value that was chosen, in place, each value that was
 * set on the command line is written, and the section `search` goes. Everything else stays as it was written: layout, comments,
 * variables and blocks. A comment inside a marker stays if it belongs to the marker or to the chosen value.
 */
import type { Point } from "@adjoint/core/search/Space"
import * as Result from "effect/Result"
import type { TextEdit } from "../diagnostic/Diagnostic.ts"
import { put } from "../diagnostic/Edit.ts"
import { edited } from "../diagnostic/Fix.ts"
import { columnOf, remove } from "../diagnostic/Layout.ts"
import { flow } from "../schema/Mend.ts"
import { type Data, isRecord } from "../source/Data.ts"
import { type Path, pointer } from "../source/Path.ts"
import * as Positions from "../source/Positions.ts"
import { type Span, span as spanIn } from "../source/Source.ts"
import { commentsOf } from "../text/Comments.ts"
import { isMarker, type Marker, named, placeOf, valuesOf } from "../variables/Marker.ts"
import type { FileSpace } from "./FileSpace.ts"

/** A file with markers, as it was parsed. */
interface Written {
  readonly data: Data
  readonly positions: Positions.Positions
  readonly file: FileSpace
}

/** What takes the place of a marker: its text, the comments above it, the span that it comes from, and whether it may stand beside a key. */
interface Replacement {
  readonly body: string
  readonly above: ReadonlyArray<string>
  readonly own: Span | undefined
  readonly isLine: boolean
  /** Where the comment begins that the text ends with. */
  readonly beside?: number
}

/** A text of several lines, whose later lines begin so many columns further left. */
const outdented = (text: string, columns: number): string =>
  text
    .split("\n")
    .map((line, i) => (i === 0 ? line : line.replace(/^ */, (indent) => indent.slice(0, Math.max(0, indent.length - columns)))))
    .join("\n")

const linesOf = (text: string): ReadonlyArray<string> =>
  text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "")

const isBlank = (text: string): boolean => /^\s*$/.test(text)

/** The edits that turn a file into the plain file of a point. Dimensions that the point does not have keep their defaults. */
export const rewrite = ({ data, file, positions }: Written, point: Point): ReadonlyArray<TextEdit> => {
  const { overrides = [], source } = positions
  const { text } = source
  const comments = commentsOf(source)
  const byId = new Map([...file.searched.values()].map((found) => [found.id, found]))

  const isFlow = (start: number): boolean => /[[{]/.test(text.charAt(start))

  /** Where the text of a value ends that is no block; an empty one ends with the colon of its key. */
  const ownEnd = ({ key, value: { end, start } }: Positions.Place): number =>
    key !== undefined && end <= key.end ? text.indexOf(":", key.end) + 1 : start + text.slice(start, end).trimEnd().length

  const isBlock = (at: string, { value }: Positions.Place): boolean => !isFlow(value.start) && Positions.hasInside(positions, at)

  /** The span of a value, of a block up to the end of its last value: what the parser takes for its end may have comments before it. */
  const spanAt = (path: Path): Span | undefined => {
    const at = pointer(path)
    const place = positions.places.get(at)
    if (place === undefined) return undefined
    const { start } = place.value
    if (!isBlock(at, place)) return spanIn(source, start, Math.max(start, ownEnd(place)))
    const inner = [...positions.places].filter(([other, found]) => other.startsWith(`${at}/`) && !isBlock(other, found))
    return spanIn(source, start, Math.max(...inner.map(([, found]) => ownEnd(found))))
  }

  /** The comment that follows on the same line. */
  const commentAfter = ({ end }: Span): Span | undefined =>
    comments.find(({ start }) => start >= end && /^ *$/.test(text.slice(end, start)))

  /** The place below a marker of the value that takes its place, or a number that is written nowhere. */
  const chosen = (node: Marker, path: Path): Path | number | undefined => {
    const found = byId.get(pointer(path))
    const values = found?.values ?? Result.getOrUndefined(valuesOf(node.$search))
    if (values === undefined) return undefined
    const value = found === undefined ? undefined : point[found.name]
    if (values._tag === "Range") return value ?? ["default"]
    const index = value ?? found?.standard ?? named(values.values, node.default ?? null)[0]
    return index === undefined ? ["default"] : placeOf(values, index)
  }

  /**
   * The text of a value with the markers in it replaced, and the comments that belong above its first line. A pair that a list in
   * flow style has without braces gets them.
   */
  const valueText = (node: Data, path: Path, span: Span): { readonly written: string; readonly above: ReadonlyArray<string> } => {
    const edits = editsIn(node, path)
    const inner = edits.filter((edit) => edit.span.start >= span.start)
    const above = edits.filter((edit) => edit.span.start < span.start).flatMap((edit) => linesOf(edit.text))
    const written = edited(text, inner, span.start, span.end)
    if (written === "") return { written: "null", above }
    const owner = spanAt(path.slice(0, -1))
    const isPair = isRecord(node) && !written.startsWith("{") && owner !== undefined && isFlow(owner.start)
    return { written: isPair ? `{ ${written} }` : written, above }
  }

  /** The comments of a marker that stay: those before or beside the chosen value, and those of no value. */
  const keptComments = (marker: Span, item: Span | undefined, items: ReadonlyArray<Span>): ReadonlyArray<Span> =>
    comments.filter((comment) => {
      if (comment.start < marker.start || comment.start >= marker.end) return false
      // The text of a value has its own comments.
      if (items.some(({ end, start }) => comment.start >= start && comment.start < end)) return false
      const beside = items.findLast(({ end }) => end <= comment.start && /^,? *$/.test(text.slice(end, comment.start)))
      const next = items.find(({ start }) => start > comment.start)
      const isAlone = isBlank(text.slice(lineStart(comment.start), comment.start))
      const isBefore = isAlone && next !== undefined && /^(?:\s*#[^\n]*\n)*[\s-]*$/.test(text.slice(comment.end, next.start))
      const owner = beside ?? (isBefore ? next : undefined)
      return owner === undefined || owner === item
    })

  const lineStart = (at: number): number => text.lastIndexOf("\n", at - 1) + 1

  const slice = ({ end, start }: Span): string => text.slice(start, end).trimEnd()

  const markerEdits = (node: Marker, path: Path): ReadonlyArray<TextEdit> => {
    const marker = spanAt(path)
    const found = chosen(node, path)
    if (marker === undefined || found === undefined) return []
    const list = Array.isArray(node.$search) ? node.$search : []
    const places = [...list.map((_, i) => ["$search", i]), ["default"]]
    const items = places.flatMap((place) => spanAt([...path, ...place]) ?? [])
    const isInBlock = !isFlow(marker.start)
    const value = typeof found === "number" ? numberAt(found) : valueAt(node, path, found, items)
    if (value === undefined) return []
    const { above, body, own } = value
    const isInFlow = own === undefined || isFlow(spanAt([...path, "$search"])?.start ?? 0)
    const moved = isInFlow ? body : outdented(body, columnOf(text, own.start) - columnOf(text, marker.start))
    const after = isInBlock ? commentAfter(marker) : undefined
    const key = Positions.at(positions, path)?.key
    const colon = key === undefined ? undefined : text.indexOf(":", key.end) + 1
    // A value of one line stands beside its key, where the marker began in the line below.
    const between = colon === undefined ? undefined : /^\s*(#[^\n]*)?\s*$/.exec(text.slice(colon, marker.start))
    const isBeside = isInBlock && colon !== undefined && value.isLine && between !== undefined && between !== null
    const [, written] = between ?? []
    const comment = written === undefined ? [] : [" ", written.trimEnd()]
    const kept = [
      ...keptComments(marker, own, items)
        .filter(({ start }) => start !== value.beside)
        .map(slice),
      ...above,
      ...(after === undefined || isBeside ? [] : [slice(after)]),
    ]
    const at = lineStart(isBeside ? (key?.start ?? marker.start) : marker.start)
    const indent = /^ */.exec(text.slice(at))?.[0] ?? ""
    const lines = kept.map((comment) => `${indent}${comment}\n`).join("")
    const end = after === undefined || isBeside ? marker.end : after.end
    return [
      ...(lines === "" ? [] : [{ span: spanIn(source, at, at), text: lines }]),
      isBeside
        ? { span: spanIn(source, colon, end), text: [" ", moved, ...comment].join("") }
        : { span: spanIn(source, marker.start, end), text: moved },
    ]
  }

  /** A number that is written nowhere. */
  const numberAt = (value: number): Replacement => ({ body: String(value), above: [], own: undefined, isLine: true })

  /** The text of the value that takes the place of a marker, with the comment beside it if it is an item of a block. */
  const valueAt = (node: Marker, path: Path, found: Path, items: ReadonlyArray<Span>): Replacement | undefined => {
    const at = [...path, ...found]
    const span = spanAt(at)
    if (span === undefined) return undefined
    const [, index] = found
    const list: ReadonlyArray<Data> = Array.isArray(node.$search) ? node.$search : []
    const value = typeof index === "number" ? (list[index] ?? null) : (node.default ?? null)
    const { above, written } = valueText(value, at, span)
    const isItem = typeof index === "number" && !isFlow(spanAt([...path, "$search"])?.start ?? 0)
    const comment = isItem ? commentAfter(span) : undefined
    const isLong = typeof value === "object" && value !== null && !/^[[{]/.test(written)
    return {
      body: comment === undefined ? written : `${written}${text.slice(span.end, comment.start)}${slice(comment)}`,
      above,
      own: typeof index === "number" ? items.find(({ start }) => start === span.start) : undefined,
      isLine: !isLong && !written.includes("\n"),
      ...(comment === undefined ? {} : { beside: comment.start }),
    }
  }

  /** A value without markers, each replaced by the value that is chosen. */
  const settled = (node: Data, path: Path): Data => {
    if (Array.isArray(node)) return node.map((item: Data, i) => settled(item, [...path, i]))
    if (!isRecord(node)) return node
    if (!isMarker(node))
      return Object.fromEntries(Object.entries(node).map(([key, item]) => [key, settled(item, [...path, key])] as const))
    const found = chosen(node, path)
    if (typeof found === "number") return found
    const [key, index] = found ?? ["default"]
    const value = key === "default" ? node.default : Array.isArray(node.$search) ? node.$search[Number(index)] : undefined
    return settled(value ?? null, [...path, ...(found ?? ["default"])])
  }

  const isSet = (path: Path): boolean => overrides.some((override) => pointer(override.path) === pointer(path))

  /** A value from the command line, in place of the one that was written, or added to its map. */
  const overrideEdits = (node: Data, path: Path): ReadonlyArray<TextEdit> => {
    const span = spanAt(path)
    const written = flow(settled(node, path))
    return span === undefined ? (put(positions, path, written) ?? []) : [{ span, text: written }]
  }

  const editsIn = (node: Data, path: Path): ReadonlyArray<TextEdit> => {
    if (isSet(path)) return overrideEdits(node, path)
    if (isMarker(node)) return markerEdits(node, path)
    if (Array.isArray(node)) return node.flatMap((item: Data, i) => editsIn(item, [...path, i]))
    return isRecord(node) ? Object.entries(node).flatMap(([key, item]) => editsIn(item, [...path, key])) : []
  }

  /** The edit that deletes the section `search`, with the lines of comments directly above it, unless the file begins with them. */
  const removal = (): ReadonlyArray<TextEdit> => {
    const removed = remove(positions, ["search"])
    if (removed === undefined) return []
    const { end, start } = removed.span
    let from = start
    while (from > 0 && lineStart(from) === from && text.startsWith("#", lineStart(from - 1))) from = lineStart(from - 1)
    return [{ span: spanIn(source, from === 0 ? start : from, end), text: removed.text }]
  }

  if (!isRecord(data)) return []
  const { search, ...sections } = data
  return [...editsIn(sections, []), ...(search === undefined ? [] : removal())]
}
