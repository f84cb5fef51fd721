/**
 * Errors of data files: a closed list of reasons, each with the fields that locate the mistake, and one sentence for each that
 * a person can act on.
 */

import { TaggedError } from "effect/Data"
import { escaped } from "../types/escaped.ts"
import type { Shape } from "../types/Shape.ts"
import * as Shapes from "../types/Shape.ts"
import { grouped } from "./grouped.ts"
import { looksSame } from "./Nearest.ts"

/** The place of a cell: the 1-based line of the file (if there is a file), the 1-based row of data, and the column's name. */
export interface Cell {
  readonly line?: number
  readonly row: number
  readonly column: string
}

/** The number of rows of an array of a dataset: `inputs`, `targets`, or a name in a tree of them, such as `inputs.image`. */
export interface RowCount {
  readonly array: string
  readonly rows: number
}

/** Why data was refused. `offset` counts bytes from 0; `line` and `row` count from 1. */
export type Reason =
  /** `others` have the name with another ending. */
  | { readonly _tag: "NotFound"; readonly nearest: ReadonlyArray<string>; readonly others?: ReadonlyArray<string> }
  | { readonly _tag: "NotReadable"; readonly cause: string }
  /** A file whose rows are read while training is no longer the one that was opened. */
  | { readonly _tag: "Changed"; readonly got: string }
  | { readonly _tag: "Empty"; readonly got: string; readonly wanted: string }
  | {
      readonly _tag: "NotText"
      readonly offset: number
      readonly line: number
      readonly got: number
      readonly hint: string
    }
  | { readonly _tag: "BadEncoding"; readonly line: number; readonly encoding: string }
  | { readonly _tag: "BadHeader"; readonly line: number; readonly got: string; readonly wanted: string }
  | { readonly _tag: "BadRow"; readonly line: number; readonly row: number; readonly got: number; readonly wanted: number }
  | {
      readonly _tag: "BadQuote"
      readonly line: number
      /** Absent in a header. */
      readonly column?: string
      readonly got: string
      readonly wanted: string
      readonly hint: string
    }
  | ({ readonly _tag: "BadCell"; readonly got: string; readonly wanted: string; readonly hint: string } & Cell)
  | {
      readonly _tag: "BadRecord"
      readonly line: number
      readonly row: number
      /** Absent where the record as a whole is wrong. */
      readonly column?: string
      readonly got: string
      readonly wanted: string
    }
  | {
      readonly _tag: "NoColumn"
      readonly column: string
      readonly nearest: ReadonlyArray<string>
      readonly columns: ReadonlyArray<string>
    }
  | { readonly _tag: "UnlistedColumns"; readonly columns: ReadonlyArray<string> }
  | { readonly _tag: "BadMagic"; readonly offset: number; readonly got: string; readonly wanted: string }
  | { readonly _tag: "BadFile"; readonly got: string; readonly wanted: string; readonly hint: string }
  | { readonly _tag: "BadField"; readonly offset: number; readonly field: string; readonly got: string; readonly wanted: string }
  /** `got` is the number of bytes, or a lower bound of it if it is more than wanted. */
  | { readonly _tag: "BadLength"; readonly offset: number; readonly got: number; readonly wanted: bigint; readonly why: string }
  | { readonly _tag: "Truncated"; readonly offset: number; readonly wanted: string }
  | { readonly _tag: "Corrupt"; readonly format: string; readonly got: string }
  | { readonly _tag: "TooLarge"; readonly what: string; readonly got: bigint; readonly limit: number; readonly unit: string }
  | {
      readonly _tag: "NoArray"
      readonly name: string
      readonly nearest: ReadonlyArray<string>
      readonly names: ReadonlyArray<string>
    }
  | { readonly _tag: "RowsDiffer"; readonly first: RowCount; readonly other: RowCount }
  | { readonly _tag: "BadShape"; readonly what: string; readonly got: Shape; readonly wanted: string }
  | { readonly _tag: "BadSpec"; readonly at: string; readonly got: string; readonly wanted: string; readonly hint: string }
  | { readonly _tag: "BadSplit"; readonly part: string; readonly got: string; readonly wanted: string; readonly hint: string }

/**
 * Data that cannot be used.
 *
 * `file` is the path as it was given, absent for bytes in memory; `reason` says what is wrong. `message` is one sentence:
 * the place, what was found, what was wanted and often what to try.
 */
export class DataError extends TaggedError("DataError")<{
  readonly file?: string
  readonly reason: Reason
}> {
  override get message(): string {
    const place = place_(this.file, this.reason)
    return escaped(`${place === "" ? "" : `${place}: `}${print(this.reason)}`)
  }
}

/** An error without a file. */
export const dataError = (reason: Reason): DataError => new DataError({ reason })

/** The error with a file, unless it has one already. */
export const inFile = (error: DataError, file: string): DataError =>
  error.file === undefined ? new DataError({ file, reason: error.reason }) : error

/** A reason as one sentence, without the file. */
export const print = (reason: Reason): string => {
  const sentence = sentences[reason._tag] as (reason: Reason) => string
  return sentence(reason)
}

/** Text from a file for a message: quoted, control characters escaped, cut to 40 characters. */
export const quote = (text: string): string => JSON.stringify(text.length > 40 ? `${text.slice(0, 39)}…` : text)

const place_ = (file: string | undefined, reason: Reason): string => {
  const line = "line" in reason ? reason.line : undefined
  if (line === undefined) return file ?? ""
  return file === undefined ? `line ${line}` : `${file}:${line}`
}

/** The most characters of a name in a message. */
const longestName = 80

/** A name from a file, on one line. */
const named = (name: string): string => {
  const short = name.length > longestName ? `${name.slice(0, longestName - 1)}…` : name
  return `\`${short.replaceAll("\n", "\\n")}\``
}

const list = (names: ReadonlyArray<string>): string => {
  const shown = names.slice(0, 12).map(named)
  return names.length > 12 ? `${shown.join(", ")} and ${names.length - 12} more` : shown.join(", ")
}

const otherForm = ({ column, nearest: [near] }: { readonly column: string; readonly nearest: ReadonlyArray<string> }): string =>
  near !== undefined && looksSame(column, near)
    ? " in this Unicode form: the table has its accents in another one; try: copy the name from the file;"
    : ""

const didYouMean = (nearest: ReadonlyArray<string>): string =>
  nearest.length === 0 ? "" : `; did you mean ${nearest.map(named).join(" or ")}?`

const trying = (hint: string): string => (hint === "" ? "" : `; try: ${hint}`)

const count = (n: number | bigint, unit = ""): string => `${grouped(n)} ${unit}`.trimEnd()

const sentences: { readonly [T in Reason["_tag"]]: (reason: Extract<Reason, { readonly _tag: T }>) => string } = {
  NotFound: ({ nearest, others = [] }) =>
    nearest.length > 0 || others.length === 0
      ? `there is no such file${didYouMean(nearest)}`
      : `there is no such file; there is ${others.map(named).join(" and ")}`,
  NotReadable: (r) => `the file cannot be read: ${r.cause}`,
  Changed: (r) =>
    `the file changed while it was in use: ${r.got}; try: leave it as it is until the run ends, then resume the run`,
  Empty: (r) => `${r.got}; wanted ${r.wanted}`,
  NotText: (r) =>
    `this is not UTF-8 text: byte ${r.offset} is 0x${r.got.toString(16).padStart(2, "0").toUpperCase()}${trying(r.hint)}`,
  BadEncoding: (r) => `this is not ${r.encoding} text; try: name the encoding that the file was saved in`,
  BadHeader: (r) => `the header has ${r.got}; wanted ${r.wanted}`,
  BadRow: (r) => `row ${r.row} has ${count(r.got, r.got === 1 ? "cell" : "cells")}, wanted ${r.wanted}, one for each column`,
  BadQuote: (r) =>
    `${r.column === undefined ? "" : `column ${named(r.column)}: `}got ${r.got}; wanted ${r.wanted}${trying(r.hint)}`,
  BadCell: (r) => `row ${r.row}, column ${named(r.column)}: got ${r.got}, wanted ${r.wanted}${trying(r.hint)}`,
  BadRecord: (r) =>
    `row ${r.row}${r.column === undefined ? "" : `, column ${named(r.column)}`}: got ${r.got}; wanted ${r.wanted}`,
  NoColumn: (r) =>
    `there is no column ${named(r.column)}${otherForm(r) || didYouMean(r.nearest) || ";"} the columns are ${list(r.columns)}`,
  UnlistedColumns: (r) =>
    `the ${r.columns.length === 1 ? "column" : "columns"} ${list(r.columns)} ${r.columns.length === 1 ? "is" : "are"} not listed; try: list ${r.columns.length === 1 ? "it" : "them"}, or add \`"*": ignore\``,
  BadMagic: (r) => `the file starts with ${r.got} at byte ${r.offset}; wanted ${r.wanted}`,
  BadFile: (r) => `got ${r.got}; wanted ${r.wanted}${trying(r.hint)}`,
  BadField: (r) => `${r.field} at byte ${r.offset} is ${r.got}; wanted ${r.wanted}`,
  BadLength: (r) =>
    BigInt(r.got) > r.wanted
      ? `from byte ${r.offset} on there are more bytes than the ${count(r.wanted)} wanted for ${r.why}`
      : `from byte ${r.offset} on there are only ${count(r.got)} of the ${count(r.wanted)} bytes wanted for ${r.why}`,
  Truncated: (r) => `the file ends at byte ${r.offset}, in the middle of ${r.wanted}; try: fetch or copy it again`,
  Corrupt: (r) => `the ${r.format} data is damaged: ${r.got}; try: fetch or copy it again`,
  TooLarge: (r) => `${r.what} is at least ${count(r.got, r.unit)}; the limit is ${count(r.limit, r.unit)}`,
  NoArray: (r) => `there is no array ${named(r.name)}${didYouMean(r.nearest) || ";"} the arrays are ${list(r.names)}`,
  RowsDiffer: ({ first, other }) =>
    first.array === "inputs" && other.array === "targets"
      ? `there are ${count(first.rows, "inputs")} but ${count(other.rows, "targets")}; wanted one target for each input`
      : `${first.array} has ${count(first.rows, "rows")} but ${other.array} has ${count(other.rows)}; wanted as many rows in every array`,
  BadShape: (r) => `${r.what} has the shape ${Shapes.print(r.got)}; wanted ${r.wanted}`,
  BadSpec: (r) => `${r.at}: got ${r.got}, wanted ${r.wanted}${trying(r.hint)}`,
  BadSplit: (r) => `split part \`${r.part}\`: got ${r.got}, wanted ${r.wanted}${trying(r.hint)}`,
}
