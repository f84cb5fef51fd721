/**
 * The sources of rows: one entry for each kind of file, with its options, their defaults, its documentation and its reader.
 * Generated rows are entries of `Toys`.
 *
 * A new kind of file is one file with one entry, and a row of `kinds`.
 */
import type * as Csv from "./Csv.ts"
import * as Field from "./Field.ts"
import type { Fitted, FittedSource } from "./Fitted.ts"
import type { Folder } from "./Folder.ts"
import type { NamedArrays, Raw } from "./Raw.ts"
import { arrow } from "./sources/arrow.ts"
import { idx } from "./sources/idx.ts"
import { images } from "./sources/images.ts"
import { jsonl } from "./sources/jsonl.ts"
import type { AnyKind, BlockReader, First, Read, Reading, Wanted } from "./sources/Kind.ts"
import { npz } from "./sources/npz.ts"
import { parquet } from "./sources/parquet.ts"
import { safetensors } from "./sources/safetensors.ts"
import { csv, tsv } from "./sources/table.ts"

export type { AnyKind, First, Read, Reading, Refused, Wanted } from "./sources/Kind.ts"

/** The kinds of file, by their names in model files. */
export const kinds = { csv, tsv, jsonl, parquet, arrow, idx, npz, safetensors, images } as const satisfies {
  readonly [name: string]: AnyKind
}

/** The name of a kind of file. */
export type Name = keyof typeof kinds

/** The options of a kind of file, as a model file gives them. */
export type Options<N extends Name> = Field.Written<(typeof kinds)[N]["fields"]>

/** The file name endings that imply a kind. */
export type Ending = (typeof kinds)[Name]["endings"][number]

/** A kind of file with its options, or with only its path, as a model file gives it. */
export type Spelling = {
  readonly [N in Name]: { readonly [K in N]: Options<N> | ("path" extends keyof Options<N> ? string : never) }
}[Name]

/** A kind of file with its options. */
export interface Use {
  readonly name: string
  readonly options: { readonly [option: string]: unknown }
}

/** The bytes of the files that options name, and the folders that they name. */
export type Files = { readonly [option: string]: Uint8Array | Folder }

/** The kind of a source; `undefined` for generated rows. */
export const kindOf = (name: string): AnyKind | undefined => (Object.hasOwn(kinds, name) ? kinds[name as Name] : undefined)

/** An option of a source that is a file or a folder. */
export interface File {
  readonly option: string
  readonly path: string
  readonly isFolder: boolean
}

/**
 * The options of a source that are files or folders, in order.
 * `filesOf({ name: "csv", options: { path: "a.data" } }) // => [{ option: "path", path: "a.data", isFolder: false }]`
 */
export const filesOf = ({ name, options }: Use): ReadonlyArray<File> =>
  Object.entries(kindOf(name)?.fields ?? {}).flatMap(([option, { kind }]) => {
    const path = Object.hasOwn(options, option) ? options[option] : undefined
    return (kind === "path" || kind === "folder") && typeof path === "string"
      ? [{ option, path, isFolder: kind === "folder" }]
      : []
  })

/** The rows in the bytes of a source's files. */
export const read = (kind: AnyKind, { options }: Use, files: Files, wanted: Wanted = {}): Reading<Raw> => {
  const decode = kind.read as (options: object, files: Files, wanted: Wanted) => Reading<Raw>
  return decode(Field.fill(kind.fields, options), files, wanted)
}

/** The arrays of these names in a source's files; `undefined` for a kind without named arrays. */
export const named = (kind: AnyKind, files: Files, names: ReadonlyArray<string>): Read<NamedArrays> | undefined => {
  const decode = kind.named as ((files: Files, names: ReadonlyArray<string>) => Read<NamedArrays>) | undefined
  return decode?.(files, names)
}

/** A reader of a source's table block by block; `undefined` for a kind that is only read completely. `use` is how each column is stored. */
export const blocks = ({ name, options }: Use, use?: Csv.Options["use"]): BlockReader | undefined => {
  const kind = kindOf(name)
  const reader = kind?.blocks as ((options: object, use: Csv.Options["use"]) => BlockReader) | undefined
  return kind === undefined ? undefined : reader?.(Field.fill(kind.fields, options), use)
}

/** Reads the first bytes of a source's files; `undefined` for a kind that is only read completely. */
export const first = (kind: AnyKind, { options }: Use, files: Files, wanted: Wanted = {}): Reading<First> | undefined => {
  const decode = kind.first as ((options: object, files: Files, wanted: Wanted) => Reading<First>) | undefined
  return decode?.(Field.fill(kind.fields, options), files, wanted)
}

/** The record of a source in `Fitted`: its kind and its options, without file names. */
export const recorded = ({ name, options }: Use): FittedSource => {
  const fields = kindOf(name)?.fields ?? {}
  const kept = Object.entries(Field.fill(fields, options)).flatMap(([option, value]) =>
    !["path", "folder"].includes(fields[option]?.kind ?? "") && value !== undefined ? [[option, value] as const] : [],
  )
  return { name, options: Object.fromEntries(kept) as FittedSource["options"] }
}

/**
 * How the rows of a run were read: the kind of its source and the options that are not files; `undefined` for rows that were
 * given in memory.
 */
export const of = ({ source }: Pick<Fitted, "source">): FittedSource | undefined => source

/** The options of the reader of delimited text; the defaults for another source. */
export const tableOptionsOf = ({ name, options }: Use): Csv.Options => {
  const kind = kindOf(name)
  const table = kind?.table as ((options: object) => Csv.Options) | undefined
  return table === undefined || kind === undefined ? {} : table(Field.fill(kind.fields, options))
}

/**
 * The options with which a run's table was read, so that new rows are read in the same way: the delimiter, and whether the
 * first line names the columns. The defaults if the rows were not a table.
 */
export const tableOptions = (fitted: Pick<Fitted, "source">): Csv.Options => {
  const source = of(fitted)
  return source === undefined ? {} : tableOptionsOf(source)
}
