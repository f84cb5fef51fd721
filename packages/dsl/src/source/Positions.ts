/**
 * The side table of a parsed document: where in the text each key and each value was written. The document itself stays
 * plain data; a value that was not written (a default, the long form of a short one) is looked up as its nearest
 * ancestor that is.
 */
import { isWithin, type Path, pointer } from "./Path.ts"
import type { Source, Span } from "./Source.ts"

/** Where one value is written, with the key before it if it has one. */
export interface Place {
  readonly key?: Span
  readonly value: Span
  /** Where the value itself was defined, when it was written as `$name`. */
  readonly defined?: { readonly name: string; readonly span: Span }
}

/** Places by JSON Pointer. */
export interface Positions {
  readonly source: Source
  readonly places: ReadonlyMap<string, Place>
  /** Values that were set on the command line, not in the text, with the text that set them. */
  readonly overrides?: ReadonlyArray<{ readonly path: Path; readonly text: string }>
}

/** The place of exactly this path. */
export const at = (positions: Positions, path: Path): Place | undefined => positions.places.get(pointer(path))

/** The place of this path or of its nearest ancestor that was written. */
export const nearest = (positions: Positions, path: Path): Place | undefined => {
  for (let length = path.length; length >= 0; length--) {
    const place = at(positions, path.slice(0, length))
    if (place !== undefined) return place
  }
  return undefined
}

const children = new WeakMap<ReadonlyMap<string, Place>, ReadonlyMap<string, ReadonlyArray<Place>>>()

/** The places directly below each path that has any, by JSON Pointer. */
const below = (places: ReadonlyMap<string, Place>): ReadonlyMap<string, ReadonlyArray<Place>> => {
  const known = children.get(places)
  if (known !== undefined) return known
  const made = new Map<string, Array<Place>>()
  for (const [at, place] of places) {
    const owner = at.slice(0, Math.max(0, at.lastIndexOf("/")))
    const list = made.get(owner)
    if (at === "") continue
    if (list === undefined) made.set(owner, [place])
    else list.push(place)
  }
  children.set(places, made)
  return made
}

/** The places directly below a path. */
export const inside = ({ places }: Positions, path: Path): ReadonlyArray<Place> => below(places).get(pointer(path)) ?? []

/** Whether there are places below a JSON Pointer. */
export const hasInside = ({ places }: Positions, pointer: string): boolean => below(places).has(pointer)

/** The command-line setting of this path, if any. */
export const overridden = ({ overrides = [] }: Positions, path: Path): string | undefined =>
  overrides.findLast((override) => isWithin(path, override.path))?.text
