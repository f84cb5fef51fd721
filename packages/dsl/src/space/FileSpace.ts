/**
 * The space of a model file: its search markers as core's flat dimensions. A marker is one dimension, for the place where it is
 * written: one in `vars`, in a block or in a `repeat` has the same value wherever it is used. A marker inside a branch exists only
 * with that branch, unless it is used outside of the branch too.
 */
import * as Space from "@adjoint/core/search/Space"
import { shortened } from "../diagnostic/Shortened.ts"
import type { Data } from "../source/Data.ts"
import { print } from "../source/Path.ts"
import { type Chosen, type Found, withoutAlternatives } from "../variables/Found.ts"
import { branchName, type Values } from "../variables/Marker.ts"

/** A marker by the name of its dimension. */
export interface Searched extends Found {
  readonly name: string
}

/** The dimensions of a file in order, with their markers, and the point that training uses. */
export interface FileSpace {
  readonly space: Space.Space
  readonly searched: ReadonlyMap<string, Searched>
  readonly standard: Space.Point
}

/** A name for each marker: its path, with the alternatives around it only where two would have the same name. */
const namesOf = (markers: ReadonlyArray<Found>): ReadonlyArray<string> => {
  const short = markers.map(({ from }) => print(withoutAlternatives(from)))
  return markers.map(({ from }, i) => {
    const name = short[i] ?? ""
    return short.indexOf(name) === short.lastIndexOf(name) ? name : print(from)
  })
}

/** Whether a list is one of numbers, each above the one before: its neighbours are alike. */
const isRising = (values: ReadonlyArray<Data>): boolean =>
  values.length > 2 &&
  values.every((value, i) => {
    const before = values[i - 1]
    return typeof value === "number" && (typeof before !== "number" || value > before)
  })

const dimensionOf = (values: Values): Space.Dimension => {
  if (values._tag === "List")
    return { _tag: "Choice", size: values.values.length, ...(isRising(values.values) ? { ordered: true } : {}) }
  const { high, kind, log, low, step } = values
  return {
    _tag: kind === "int" ? "Int" : "Float",
    low,
    high,
    ...(log ? { log } : {}),
    ...(step === undefined ? {} : { step }),
  }
}

/** The space of the markers of a document. */
export const fileSpace = (markers: ReadonlyArray<Found>): FileSpace => {
  const names = namesOf(markers)
  const nameOf = new Map(markers.map(({ id }, i) => [id, names[i] ?? id]))
  const space = markers.map(({ id, values, within }): Space.Named => {
    const around = within.at(-1)
    const dimension = around === undefined ? undefined : nameOf.get(around.marker)
    return {
      name: nameOf.get(id) ?? id,
      ...dimensionOf(values),
      ...(around === undefined || dimension === undefined ? {} : { when: { dimension, choice: around.choice } }),
    }
  })
  const searched = new Map(markers.map((found, i) => [names[i] ?? found.id, { ...found, name: names[i] ?? found.id }]))
  const made = { space, searched }
  return { ...made, standard: completed(made, {}) }
}

/** The point with these numbers, and with the default of every other dimension that exists. */
export const completed = ({ searched, space }: Pick<FileSpace, "searched" | "space">, partial: Space.Point): Space.Point =>
  Space.build(space, ({ name }) => Space.numberOf(partial, name) ?? searched.get(name)?.standard ?? 0)

/** The values that a point chooses for the markers. */
export const chosenAt = ({ searched }: FileSpace, point: Space.Point): Chosen =>
  new Map(
    Object.entries(point).flatMap(([name, value]) => {
      const found = searched.get(name)
      return found === undefined ? [] : [[found.id, value] as const]
    }),
  )

const dataText = (value: Data): string => {
  if (typeof value === "string") return shortened(value)
  return shortened(branchName(value) ?? JSON.stringify(value) ?? "")
}

/** A value of a dimension in a few letters: a number, a word, or the name of a branch. */
export const shown = ({ searched }: Pick<FileSpace, "searched">, name: string, value: number): string => {
  const values = searched.get(name)?.values
  return values?._tag === "List" ? dataText(values.values[value] ?? null) : String(value)
}

/** The values of a dimension in a few words: `32, 64, 128`, `1 … 4` or `0.0001 … 0.1 log`. */
export const shownValues = (file: Pick<FileSpace, "searched">, name: string): string => {
  const values = file.searched.get(name)?.values
  if (values === undefined) return ""
  if (values._tag === "List") return values.values.map((_, i) => shown(file, name, i)).join(", ")
  const { high, log, low, step } = values
  return `${low} … ${high}${log ? " log" : ""}${step === undefined ? "" : ` in steps of ${step}`}`
}

/** A point in a few words: `train.batch 64, train.optimizer adam`. */
export const shownPoint = (space: FileSpace, point: Space.Point): string =>
  Object.entries(point)
    .map(([name, value]) => `\`${name}\` ${shown(space, name, value)}`)
    .join(", ")
