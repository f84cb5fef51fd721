/**
 * Edits that mend a mistake: a check states them in terms of the document, and `fixOf` makes them edits of the text. A fix
 * is only offered where the text is the literal value of the document, so that it changes nothing else.
 */
import { isWithin, type Path } from "../source/Path.ts"
import * as Positions from "../source/Positions.ts"
import { type Span, span as spanIn } from "../source/Source.ts"
import * as Layout from "./Layout.ts"

type TextEdit = Layout.TextEdit

/** The edits of the text that mend one mistake: the one at the mistake, and those elsewhere that belong to it. */
export interface Fix extends Layout.TextEdit {
  readonly title: string
  readonly also?: ReadonlyArray<TextEdit>
}

/** A place in a document: the value at a path, the key that leads to it, or a key that is missing there. */
export interface Location {
  readonly path: Path
  readonly on?: "key" | "value" | "missing"
}

/**
 * Replaces the key or value at a location by `text`. `was` is the value, if it may be written as the short form of its map.
 * With `main`, a missing value is added to its map; `main` is the option that a short form sets, and is empty
 * if only a map is allowed.
 */
export interface Replace {
  readonly at: Location
  readonly text: string
  readonly was?: string
  readonly main?: string
}

/** One change of a document. */
export type Change =
  | Replace
  /** A key with its value, or an item of a list, is deleted. */
  | { readonly remove: Path }
  /** A key moves to another place, with the maps that lead there; its value becomes `text` if that is given. */
  | { readonly move: Path; readonly to: Path; readonly text?: string }
  /** A key with its value becomes the text of one or more entries. */
  | { readonly entry: Path; readonly text: string }
  /** A list gets one more item: a text (which may have stood elsewhere), or the item at a path, which moves there. */
  | { readonly append: Path; readonly text: string; readonly remove?: Path }
  | { readonly append: Path; readonly item: Path }
  /** The keys of a map become the items of a list. */
  | { readonly itemize: Path }

/** A change with a short title. */
export type Edit = Change & { readonly title: string }

/** The name that a key takes by an edit. */
export const renamed = (edit: Change | undefined): string | undefined =>
  edit !== undefined && "at" in edit && edit.at.on === "key" ? edit.text : undefined

/** A value without the line end that a map or list in block style reaches to. */
const trimmed = ({ source }: Positions.Positions, { end, start }: Span): Span =>
  spanIn(source, start, start + source.text.slice(start, end).trimEnd().length)

/**
 * Text is only replaced where exactly that text was written, never on an ancestor or through a variable. The key of a
 * spelled-out use (`{ relu: {} }`) may have been written as its bare name (`relu`), and a main option
 * (`{ head: { target: y } }`) as its bare value (`head: y`).
 */
const editable = (positions: Positions.Positions, location: Location, was: unknown): Span | undefined => {
  const place = Positions.at(positions, location.path)
  if (place !== undefined) {
    if (location.on === "key") return place.key
    return place.defined === undefined ? trimmed(positions, place.value) : undefined
  }
  const parent = Positions.at(positions, location.path.slice(0, -1))
  if (parent === undefined || parent.defined !== undefined) return undefined
  const written = positions.source.text.slice(parent.value.start, parent.value.end).replace(/^(["'])(.*)\1$/, "$2")
  return written === (location.on === "key" ? location.path.at(-1) : was) ? trimmed(positions, parent.value) : undefined
}

/** An option that was not written is added, in the style of those that were; with its map, where that is missing too. */
const added = (positions: Positions.Positions, { at, main, text }: Replace): TextEdit | undefined => {
  const place = at.path.slice(0, -1)
  const owner = Positions.at(positions, place)
  if (owner === undefined && place.length > 1)
    return added(positions, { at: { path: place }, text: `{ ${at.path.at(-1)}: ${text} }`, main: "" })
  if (owner === undefined || owner.defined !== undefined) return undefined
  const source = positions.source.text
  const { end, start } = owner.value
  const written = source.slice(start, end)
  const option = `${at.path.at(-1)}: ${text}`
  const others = Layout.inside(positions, place)
  if (others.length === 0)
    return main !== "" && /^[\w.$-]+$/.test(written)
      ? { span: owner.value, text: `{ ${main}: ${written}, ${option} }` }
      : undefined
  if (written.startsWith("{")) {
    const last = Math.max(...others.map(({ value }) => value.end))
    return { span: spanIn(positions.source, last, last), text: `, ${option}` }
  }
  const first = Math.min(...others.map(Layout.startOf))
  const indent = " ".repeat(Layout.columnOf(source, first))
  return { span: spanIn(positions.source, first, first), text: `${option}\n${indent}` }
}

/** The nearest written ancestor of a path, and the keys that are missing below it. */
const gap = (positions: Positions.Positions, path: Path): { readonly owner: Path; readonly missing: Path } => {
  let length = path.length
  while (length > 0 && Positions.at(positions, path.slice(0, length)) === undefined) length--
  return { owner: path.slice(0, length), missing: path.slice(length) }
}

/** A key with its value. */
const whole = (positions: Positions.Positions, key: Span, value: Span): Span =>
  spanIn(positions.source, key.start, trimmed(positions, value).end)

/** The entries that lead to a value: `a: { b: 1 }`. */
const entryOf = ([key = "", ...rest]: Path, text: string): string =>
  `${key}: ${rest.length === 0 ? text : `{ ${entryOf(rest, text)} }`}`

/** The edits that put the text of a value at a path, with the maps that lead there; `undefined` if another value is written there. */
export const put = (positions: Positions.Positions, path: Path, text: string): ReadonlyArray<TextEdit> | undefined => {
  const { missing, owner } = gap(positions, path)
  const place = Positions.at(positions, owner)
  if (place === undefined || place.defined !== undefined) return undefined
  const written = positions.source.text.slice(place.value.start, place.value.end)
  // An equal value needs no edit.
  if (missing.length === 0) return written === text ? [] : undefined
  // The bare name of the entry that has the options: `optimizer: adam`.
  if (written === missing[0] && missing.length > 1) return [{ span: place.value, text: `{ ${entryOf(missing, text)} }` }]
  const edit = Layout.insert(positions, owner, entryOf(missing, text))
  return edit === undefined ? undefined : [edit]
}

const move = (
  positions: Positions.Positions,
  { move: from, text, to }: Extract<Change, { readonly move: Path }>,
): ReadonlyArray<TextEdit> | undefined => {
  const place = Positions.at(positions, from)
  if (place?.key === undefined || place.defined !== undefined) return undefined
  const value = text ?? positions.source.text.slice(place.value.start, place.value.end).trimEnd()
  // A value in block style would need another indentation.
  const isBlock = text === undefined && !/^[[{]/.test(value) && Layout.inside(positions, from).length > 0
  if (isBlock || value.includes("\n")) return undefined
  const { missing, owner } = gap(positions, to)
  const isBeside = owner.length === from.length - 1 && isWithin(from, owner)
  if (isBeside && missing.length > 0) return [{ span: whole(positions, place.key, place.value), text: entryOf(missing, value) }]
  const removed = Layout.remove(positions, from)
  const edits = put(positions, to, value)
  return removed === undefined || edits === undefined ? undefined : [removed, ...edits]
}

const append = (
  positions: Positions.Positions,
  change: Extract<Change, { readonly append: Path }>,
): ReadonlyArray<TextEdit> | undefined => {
  if ("text" in change) {
    const edit = Layout.append(positions, change.append, change.text)
    const removed = change.remove === undefined ? undefined : Layout.remove(positions, change.remove)
    if (edit === undefined || (change.remove !== undefined && removed === undefined)) return undefined
    return removed === undefined ? [edit] : [removed, edit]
  }
  const place = Positions.at(positions, change.item)
  if (place === undefined) return undefined
  const removed = Layout.remove(positions, change.item)
  const edit = Layout.append(positions, change.append, positions.source.text.slice(place.value.start, place.value.end).trimEnd())
  return removed === undefined || edit === undefined ? undefined : [removed, edit]
}

const replace = (positions: Positions.Positions, change: Replace): TextEdit | undefined => {
  if (change.main !== undefined && Positions.at(positions, change.at.path) === undefined) return added(positions, change)
  const span = editable(positions, change.at, change.was)
  return span === undefined ? undefined : { span, text: change.text }
}

const one = (edit: TextEdit | undefined): ReadonlyArray<TextEdit> | undefined => (edit === undefined ? undefined : [edit])

const entry = (positions: Positions.Positions, path: Path, text: string): TextEdit | undefined => {
  const place = Positions.at(positions, path)
  if (place?.key === undefined || place.defined !== undefined) return undefined
  return { span: whole(positions, place.key, place.value), text }
}

const editsFor = (positions: Positions.Positions, change: Change): ReadonlyArray<TextEdit> | undefined => {
  if ("at" in change) return one(replace(positions, change))
  if ("append" in change) return append(positions, change)
  if ("remove" in change) return one(Layout.remove(positions, change.remove))
  if ("move" in change) return move(positions, change)
  if ("entry" in change) return one(entry(positions, change.entry, change.text))
  return Layout.itemize(positions, change.itemize)
}

/** The edits of the text that an edit of the document is, where they can be made. */
export const fixOf = (positions: Positions.Positions, { title, ...change }: Edit): Fix | undefined => {
  const [first, ...also] = editsFor(positions, change) ?? []
  return first === undefined ? undefined : { title, ...first, ...(also.length === 0 ? {} : { also }) }
}
