/**
 * How entries of maps and items of lists are laid out in the text, in flow style (`{ a: 1, b: 2 }`) and in block style (a
 * line each): where one begins and ends, and the edits that delete it or add another.
 */
import type { Path } from "../source/Path.ts"
import * as Positions from "../source/Positions.ts"
import { type Span, span as spanIn } from "../source/Source.ts"

/** A replacement of a span of the text. */
export interface TextEdit {
  readonly span: Span
  readonly text: string
}

/** The places directly below a path, in the order of the text. */
export const inside = (positions: Positions.Positions, path: Path): ReadonlyArray<Positions.Place> =>
  Positions.inside(positions, path).toSorted((a, b) => startOf(a) - startOf(b))

/** Where an entry or an item begins. */
export const startOf = ({ key, value }: Positions.Place): number => (key ?? value).start

/** Where an entry or an item ends: an empty value ends with its key and the colon. */
const endOf = (text: string, { key, value }: Positions.Place): number => {
  const end = Math.max(key?.end ?? 0, value.end)
  const colon = key !== undefined && value.end <= key.end ? /^\s*:/.exec(text.slice(end))?.[0].length : undefined
  return (
    end -
    (/\s*$/.exec(text.slice(startOf({ value, ...(key === undefined ? {} : { key }) }), end))?.[0].length ?? 0) +
    (colon ?? 0)
  )
}

const lineStart = (text: string, at: number): number => text.lastIndexOf("\n", at - 1) + 1

const lineEnd = (text: string, at: number): number => {
  const end = text.indexOf("\n", at)
  return end < 0 ? text.length : end
}

/** How far from the start of its line. */
export const columnOf = (text: string, at: number): number => at - lineStart(text, at)

const isFlow = (text: string, { value }: Positions.Place): boolean => /[[{]/.test(text.charAt(value.start))

/** The start of an item of a block list, with its dash, or of an entry of a block map; `undefined` if other text precedes it on its line. */
const ownStart = (text: string, start: number): number | undefined => {
  const before = text.slice(lineStart(text, start), start)
  return /^\s*(?:- +)?$/.test(before) ? lineStart(text, start) : undefined
}

/** The edit that deletes an entry or an item. The last entry of a block map is deleted with the map. */
export const remove = (positions: Positions.Positions, path: Path): TextEdit | undefined => {
  const { source } = positions
  const { text } = source
  const place = Positions.at(positions, path)
  const owner = Positions.at(positions, path.slice(0, -1))
  if (place === undefined || owner === undefined || place.defined !== undefined) return undefined
  const others = inside(positions, path.slice(0, -1))
  const index = others.findIndex((other) => startOf(other) === startOf(place))
  const previous = others[index - 1]
  const next = others[index + 1]
  const cut = (from: number, to: number): TextEdit => ({ span: spanIn(source, from, to), text: "" })
  if (others.length === 1) {
    if (isFlow(text, owner)) return { span: owner.value, text: text.charAt(owner.value.start) === "{" ? "{}" : "[]" }
    return path.length > 1 ? remove(positions, path.slice(0, -1)) : undefined
  }
  if (isFlow(text, owner))
    return next === undefined ? cut(endOf(text, previous ?? place), endOf(text, place)) : cut(startOf(place), startOf(next))
  const start = ownStart(text, startOf(place))
  const isInItem = place.key !== undefined && /- +$/.test(text.slice(lineStart(text, startOf(place)), startOf(place)))
  // The first key of an item follows the dash; without it, the next key follows the dash.
  if (isInItem) return next === undefined ? undefined : cut(startOf(place), startOf(next))
  if (start === undefined) return undefined
  return cut(start, Math.min(text.length, lineEnd(text, endOf(text, place)) + 1))
}

/** The edit that adds an entry to a map, as its last. */
export const insert = (positions: Positions.Positions, path: Path, entry: string): TextEdit | undefined => {
  const { source } = positions
  const { text } = source
  const owner = Positions.at(positions, path)
  if (owner === undefined) return undefined
  const others = inside(positions, path)
  const last = others.at(-1)
  const written = text.slice(owner.value.start, owner.value.end)
  if (last === undefined) return /^\{\s*\}$/.test(written) ? { span: owner.value, text: `{ ${entry} }` } : undefined
  if (written.startsWith("[") || last.key === undefined) return undefined
  const end = endOf(text, last)
  if (written.startsWith("{")) return { span: spanIn(source, end, end), text: `, ${entry}` }
  const line = lineEnd(text, end)
  const [first] = others
  const indent = " ".repeat(columnOf(text, startOf(first ?? last)))
  return { span: spanIn(source, line, line), text: `\n${indent}${entry}` }
}

/** The edit that adds an item to a list, as its last. A text such as `head: y` is put in braces where the list is in flow style. */
export const append = (positions: Positions.Positions, path: Path, item: string): TextEdit | undefined => {
  const { source } = positions
  const { text } = source
  const owner = Positions.at(positions, path)
  const others = inside(positions, path)
  const last = others.at(-1)
  if (owner === undefined || owner.defined !== undefined || last === undefined || last.key !== undefined) return undefined
  const end = endOf(text, last)
  if (isFlow(text, owner)) {
    const braced = /^[\w"']+:\s/.test(item) ? `{ ${item} }` : item
    return item.includes("\n") ? undefined : { span: spanIn(source, end, end), text: `, ${braced}` }
  }
  const before = text.slice(lineStart(text, last.value.start), last.value.start)
  const dash = /^(\s*- +)$/.exec(before)?.[1]
  if (dash === undefined) return undefined
  const line = lineEnd(text, end)
  return { span: spanIn(source, line, line), text: `\n${dash}${item}` }
}

/** The edits that make a map a list of maps with one key each. */
export const itemize = (positions: Positions.Positions, path: Path): ReadonlyArray<TextEdit> | undefined => {
  const { source } = positions
  const { text } = source
  const owner = Positions.at(positions, path)
  const entries = inside(positions, path)
  if (owner === undefined || owner.defined !== undefined || entries.length === 0) return undefined
  if (isFlow(text, owner)) {
    const items = entries.map((entry) => `{ ${text.slice(startOf(entry), endOf(text, entry))} }`)
    return [{ span: owner.value, text: `[${items.join(", ")}]` }]
  }
  const insertAt = (at: number, inserted: string): TextEdit => ({ span: spanIn(source, at, at), text: inserted })
  return entries.flatMap((entry, i) => {
    const start = startOf(entry)
    const end = entries[i + 1] === undefined ? endOf(text, entry) : lineStart(text, startOf(entries[i + 1] ?? entry))
    const edits = [insertAt(start, "- ")]
    for (let line = lineEnd(text, start) + 1; line < end; line = lineEnd(text, line) + 1)
      if (!/^\s*$/.test(text.slice(line, lineEnd(text, line)))) edits.push(insertAt(line, "  "))
    return edits
  })
}
