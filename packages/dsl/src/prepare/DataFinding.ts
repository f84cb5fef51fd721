/** Converts an error of a data reader to a finding at its place in the model file. */

import { DataError, inFile, type Reason } from "@adjoint/core/data/DataError"
import { grouped } from "@adjoint/core/data/grouped"
import { looksSame } from "@adjoint/core/data/Nearest"
import { arrayLabel } from "@adjoint/core/data/Preprocess"
import { lengthsOf } from "@adjoint/core/data/SequenceArray"
import type { Data } from "../Document.ts"
import type { Code } from "../diagnostic/Codes.ts"
import type { Finding, Location } from "../diagnostic/Diagnostic.ts"
import { scalar } from "../diagnostic/Fix.ts"
import type { Path } from "../source/Path.ts"

/** The part of the document that describes the data. */
export interface Place {
  readonly data: Data
  /** The path of the source, and that of the file name if one file caused the error. */
  readonly source: Path
  readonly file?: Path
  /** The name of that file in messages. */
  readonly name?: string
}

const columnPath = (name: string): Path => ["data", "columns", name]

const isListed = ({ columns }: Data, name: string): boolean => columns !== undefined && Object.hasOwn(columns, name)

const hasArray = ({ data: { arrays } }: Place, name: string): boolean => arrays !== undefined && Object.hasOwn(arrays, name)

/** The array whose rows have the lengths of an array of this name. */
const measured = ({ data: { arrays = {} } }: Place, lengths: string): string | undefined =>
  Object.keys(arrays).find((name) => lengthsOf(arrays[name]) === lengths)

const lengthsPath = (place: Place, lengths: string): Path => ["data", "arrays", measured(place, lengths) ?? "", "lengths"]

const columnOf = (at: string): string | undefined => /^column `(.*)`$/su.exec(at)?.[1]

/** The path of the `pca` of the data, or of a named array. */
const pcaPath = (at: string): Path | undefined => {
  const [found, array] = /^pca(?: of the array `(.*)`)?$/su.exec(at) ?? []
  return found === undefined ? undefined : ["data", ...(array === undefined ? [] : ["arrays", array]), "pca"]
}

interface Located {
  readonly code: Code
  readonly at: Location
  readonly related?: NonNullable<Finding["related"]>
}

const unreadable = (place: Place): Located => ({ code: "D305", at: { path: place.file ?? place.source } })

/** The target of arrays, which has the names of its classes. */
const targetAt: Located = { code: "D305", at: { path: ["data", "target"] } }

const locations: { readonly [T in Reason["_tag"]]?: (reason: Extract<Reason, { readonly _tag: T }>, place: Place) => Located } = {
  NoColumn: ({ column }) => ({ code: "D301", at: { path: columnPath(column), on: "key" } }),
  NoArray: ({ name }, place) =>
    hasArray(place, name)
      ? { code: "D301", at: { path: ["data", "arrays", name], on: "key" } }
      : measured(place, name) === undefined
        ? unreadable(place)
        : { code: "D301", at: { path: lengthsPath(place, name) } },
  UnlistedColumns: ({ columns: _ }, { data }) => ({
    code: "D302",
    at: data.columns === undefined ? { path: ["data"], on: "key" } : { path: ["data", "columns"], on: "key" },
  }),
  BadCell: ({ column }, place) => ({
    ...(measured(place, column) === undefined
      ? {}
      : { related: [{ at: { path: lengthsPath(place, column) }, label: "the lengths of the rows" }] }),
    ...(column === arrayLabel && place.data.target !== undefined ? targetAt : unreadable(place)),
    ...(isListed(place.data, column) ? { related: [{ at: { path: columnPath(column) }, label: "the type of the column" }] } : {}),
    ...(hasArray(place, column)
      ? { related: [{ at: { path: ["data", "arrays", column] }, label: "the type of the array" }] }
      : {}),
  }),
  BadShape: ({ what }, place) => {
    const [, noun, name = ""] = /^the (array|lengths) `(.*)`$/su.exec(what) ?? []
    const { arrays } = place.data
    const array = arrays !== undefined && Object.hasOwn(arrays, name) ? arrays[name] : undefined
    if (noun === "lengths") return { code: "D305", at: { path: lengthsPath(place, name) } }
    if (array !== undefined)
      return { code: "D305", at: { path: ["data", "arrays", name, ...(array.type === "image" ? ["size"] : [])] } }
    return place.data.image === undefined ? unreadable(place) : { code: "D305", at: { path: ["data", "image", "size"] } }
  },
  BadSpec: ({ at }, place) => {
    if (at.startsWith("the array `")) return unreadable(place)
    const whitened = pcaPath(at)
    if (whitened !== undefined) return { code: "D309", at: { path: whitened } }
    const column = columnOf(at)
    if (column !== undefined && isListed(place.data, column)) return { code: "D305", at: { path: columnPath(column) } }
    return place.data.columns === undefined
      ? { code: "D302", at: { path: ["data"], on: "key" } }
      : { code: "D305", at: { path: ["data", "columns"], on: "key" } }
  },
  BadSplit: ({ part }) => ({ code: "D304", at: { path: ["data", "split", /^fold \d+$/u.test(part) ? "folds" : part] } }),
}

/** The actual image size of an array, if the document states another. */
const sizeOf = (reason: Reason, { data }: Place): string | undefined => {
  if (reason._tag !== "BadShape" || data.image === undefined) return undefined
  const [height, width, channels] = reason.got
  const wanted = data.image.channels ?? 1
  if (height === undefined || width === undefined || reason.got.length > 3) return undefined
  return channels === undefined || channels === wanted ? `[${height}, ${width}]` : undefined
}

/** The message and the help. */
interface Wording {
  readonly message: string
  readonly help?: string
}

/** A message names at most this many columns. */
const shownColumns = 12

const names = (columns: ReadonlyArray<string>): string => {
  const shown = columns.slice(0, shownColumns).map((name) => `\`${name}\``)
  const more = columns.length - shown.length
  return `${shown.join(", ")}${more === 0 ? "" : ` and ${grouped(more)} more`}`
}

const wording = (error: DataError, place: Place): Wording => {
  const { file, reason } = error
  if (reason._tag === "NoColumn") {
    const [near] = reason.nearest
    if (near !== undefined && looksSame(near, reason.column))
      return {
        message: `the data has no column \`${reason.column}\` in this Unicode form`,
        help: `the file has the accents of \`${near}\` in another form: copy the name from there`,
      }
    const help = `${near === undefined ? "" : `did you mean \`${near}\`? `}the columns are ${names(reason.columns)}`
    return { message: `the data has no column \`${reason.column}\``, help }
  }
  if (reason._tag === "NoArray" && (hasArray(place, reason.name) || measured(place, reason.name) !== undefined)) {
    const [near] = reason.nearest
    const help = `${near === undefined ? "" : `did you mean \`${near}\`? `}the arrays are ${names(reason.names)}`
    return { message: `the data has no array \`${reason.name}\``, help }
  }
  if (reason._tag === "UnlistedColumns")
    return {
      message: `\`data.columns\` does not declare ${names(reason.columns)}`,
      help: 'declare the type of each, or add `"*": ignore`',
    }
  if (reason._tag === "BadSpec" && reason.at === "columns" && place.data.columns === undefined)
    return {
      message: "`columns` is missing in data: it declares the type of each column of the table",
      help: `${reason.hint}; a column is \`number\`, \`category\`, \`binary\`, \`class\` (the target) or \`ignore\``,
    }
  if (!("hint" in reason)) return { message: error.message }
  const bare = new DataError({ ...(file === undefined ? {} : { file }), reason: { ...reason, hint: "" } })
  return { message: bare.message, ...(reason.hint === "" ? {} : { help: reason.hint }) }
}

/** The finding of a data error. */
export const finding = (unplaced: DataError, place: Place): Finding => {
  const { reason } = unplaced
  const error = place.name !== undefined && reason._tag === "BadCell" ? inFile(unplaced, place.name) : unplaced
  const find = locations[reason._tag] as ((reason: Reason, place: Place) => Located) | undefined
  const located = find?.(reason, place) ?? unreadable(place)
  const found: Finding = { ...located, ...wording(error, place) }
  const size = sizeOf(reason, place)
  if (size !== undefined)
    return { ...found, help: `the images are \`size: ${size}\``, fix: { title: `write \`${size}\``, at: located.at, text: size } }
  const isNamed = reason._tag === "NoColumn" || (reason._tag === "NoArray" && located.code === "D301")
  const [near] = isNamed ? reason.nearest : []
  if (near === undefined) return found
  return { ...found, fix: { title: `rename it to \`${near}\``, at: located.at, text: scalar(near) } }
}
