/** The search markers of a document: each with its written place, the places that its value is used for, and what it stands in. */
import { type Data, isRecord } from "../source/Data.ts"
import type { Path } from "../source/Path.ts"
import { isMarker, type Values } from "./Marker.ts"

/** An alternative of a marker, by the place where the marker is written. */
export interface Alternative {
  readonly marker: string
  readonly choice: number
}

/** A search marker: one for each written place, however often it is used. */
export interface Found {
  /** The place where it is written, and its JSON Pointer. */
  readonly from: Path
  readonly id: string
  readonly values: Values
  /** The default: an index of a list, or a number of a range. */
  readonly standard: number
  /** The places of the document that its value is used for. */
  readonly to: ReadonlyArray<Path>
  /** The alternatives that every use of it stands in, outermost first. */
  readonly within: ReadonlyArray<Alternative>
}

/** Values chosen for markers, by the JSON Pointers of the places where they are written. Others have their defaults. */
export type Chosen = ReadonlyMap<string, number>

/** A path of the result without the alternatives that lead to it. */
export const withoutAlternatives = (path: Path): Path => path.filter((step, i) => step !== "$search" && path[i - 1] !== "$search")

/** The common start of two lists of alternatives. */
const common = (a: ReadonlyArray<Alternative>, b: ReadonlyArray<Alternative>): ReadonlyArray<Alternative> => {
  const end = a.findIndex(({ choice, marker }, i) => b[i]?.marker !== marker || b[i]?.choice !== choice)
  return end < 0 ? a : a.slice(0, end)
}

/** Adds a use of a marker at a place of the document, with the alternatives that it stands in. */
export const record = (
  markers: Map<string, Found>,
  found: Omit<Found, "to" | "within">,
  to: Path,
  stands: Found["within"],
): void => {
  const before = markers.get(found.id)
  markers.set(found.id, {
    ...found,
    to: [...(before?.to ?? []), withoutAlternatives(to)],
    within: before === undefined ? stands : common(before.within, stands),
  })
}

/** The places of the outermost search markers. */
export const markersIn = (node: Data, path: Path): ReadonlyArray<Path> => {
  if (isMarker(node)) return [path]
  if (Array.isArray(node)) return node.flatMap((item: Data, i) => markersIn(item, [...path, i]))
  return isRecord(node) ? Object.entries(node).flatMap(([key, item]) => markersIn(item, [...path, key])) : []
}
