/**
 * Edits that mend a mistake: said of the document by the check that found it, made of the text here. One is only offered
 * where the text that it touches is what the document says, so that nothing else is changed by it.
 */
import type { Path } from "../source/Path.ts"
import * as Positions from "../source/Positions.ts"
import { type Span, span as spanIn } from "../source/Source.ts"

/** An edit of the text: `span` becomes `text`. */
export interface Fix {
  readonly title: string
  readonly span: Span
  readonly text: string
}

/** A place in a document: the value at a path, the key that leads to it, or a key that is missing there. */
export interface Spot {
  readonly path: Path
  readonly on?: "key" | "value" | "missing"
}

/**
 * An edit in terms of the document: the key or value at a spot becomes `text`. `was` is the value, where it may stand as
 * the short form of its map. `main` says that a value which was not written is added to its map, and which option stands
 * there if no map does; it is empty where only a map can.
 */
export interface Edit {
  readonly title: string
  readonly at: Spot
  readonly text: string
  readonly was?: string
  readonly main?: string
}

/**
 * An edit is only offered where exactly the text it replaces was written, never on an ancestor or through a variable.
 * The key of a spelled-out use (`{ relu: {} }`) may have been written as its bare name (`relu`), and a main option
 * (`{ head: { target: y } }`) as its bare value (`head: y`).
 */
const editable = (positions: Positions.Positions, spot: Spot, was: unknown): Span | undefined => {
  const place = Positions.at(positions, spot.path)
  if (place !== undefined) {
    if (spot.on === "key") return place.key
    return place.defined === undefined ? place.value : undefined
  }
  const parent = Positions.at(positions, spot.path.slice(0, -1))
  if (parent === undefined || parent.defined !== undefined) return undefined
  const written = positions.source.text.slice(parent.value.start, parent.value.end).replace(/^(["'])(.*)\1$/, "$2")
  return written === (spot.on === "key" ? spot.path.at(-1) : was) ? parent.value : undefined
}

/** An edit of the text that adds an option which was not written, in the style of those that were; with its map, where that is missing too. */
const added = (positions: Positions.Positions, { at, main, text, title }: Edit): Fix | undefined => {
  const place = at.path.slice(0, -1)
  const owner = Positions.at(positions, place)
  if (owner === undefined && place.length > 1)
    return added(positions, { title, at: { path: place }, text: `{ ${at.path.at(-1)}: ${text} }`, main: "" })
  if (owner === undefined || owner.defined !== undefined) return undefined
  const source = positions.source.text
  const { end, start } = owner.value
  const written = source.slice(start, end)
  const option = `${at.path.at(-1)}: ${text}`
  const others = Positions.inside(positions, place)
  if (others.length === 0)
    return main !== "" && /^[\w.$-]+$/.test(written)
      ? { title, span: owner.value, text: `{ ${main}: ${written}, ${option} }` }
      : undefined
  if (written.startsWith("{")) {
    const last = Math.max(...others.map(({ value }) => value.end))
    return { title, span: spanIn(positions.source, last, last), text: `, ${option}` }
  }
  const first = Math.min(...others.map(({ key, value }) => (key ?? value).start))
  const indent = " ".repeat(first - (source.lastIndexOf("\n", first - 1) + 1))
  return { title, span: spanIn(positions.source, first, first), text: `${option}\n${indent}` }
}

/** The edit of the text that an edit of the document is, where it can be made. */
export const fixOf = (positions: Positions.Positions, edit: Edit): Fix | undefined => {
  if (edit.main !== undefined && Positions.at(positions, edit.at.path) === undefined) return added(positions, edit)
  const span = editable(positions, edit.at, edit.was)
  return span === undefined ? undefined : { title: edit.title, span, text: edit.text }
}
