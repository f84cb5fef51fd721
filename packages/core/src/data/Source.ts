/**
 * The sources of rows: one entry for each kind of file, with its options, their defaults, its documentation and its reader.
 * Generated rows are entries of `Toys`.
 *
 * A new kind of file is one file with one entry, and a row of `kinds`.
 */
import * as Result from "effect/Result"
import * as BlankWords from "./BlankWords.ts"
import type * as Csv from "./Csv.ts"
import * as Field from "./Field.ts"
import type { FileBytes } from "./FileBytes.ts"
import type { Fitted, FittedSource } from "./Fitted.ts"
import type { Folder } from "./Folder.ts"
import { type Format, read as readNumber } from "./NumberFormat.ts"
import { type AnyRaw, isTable, type NamedArrays, type Raw } from "./Raw.ts"
import type { RawArray } from "./RawArray.ts"
import { arrow } from "./sources/arrow.ts"
import { idx } from "./sources/idx.ts"
import { images } from "./sources/images.ts"
import { jsonl } from "./sources/jsonl.ts"
import type { AnyKind, BlockReader, First, Groups, InFiles, Read, Reading, Wanted, WantedOfBlocks } from "./sources/Kind.ts"
import { npz } from "./sources/npz.ts"
import { parquet } from "./sources/parquet.ts"
import { safetensors } from "./sources/safetensors.ts"
import { csv, tsv } from "./sources/table.ts"
import type { ByteStore } from "./storedRows.ts"
import type { Table } from "./Table.ts"

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

/** The words for blanks that a table is read with after its cells have their types. Delimited text is read with them. */
const wordsOf = (kind: AnyKind, { blanks }: Use["options"]): BlankWords.BlankWords | undefined =>
  blanks === undefined || kind.table !== undefined || kind.fields.blanks?.kind !== "words"
    ? undefined
    : BlankWords.textsOf(blanks as Field.Words)

/** The result of reading, with `f` applied to its value. */
const mapped = <A, B>(reading: Reading<A>, f: (value: A) => B): Reading<B> =>
  reading instanceof Promise ? reading.then((read) => Result.map(read, f)) : Result.map(reading, f)

/** The rows in the bytes of a source's files. */
export const read = (kind: AnyKind, { options }: Use, files: Files, wanted: Wanted = {}): Reading<Raw> => {
  const decode = kind.read as (options: object, files: Files, wanted: Wanted) => Reading<Raw>
  const words = wordsOf(kind, options)
  return mapped(decode(Field.fill(kind.fields, options), files, wanted), (raw) =>
    isTable(raw) ? BlankWords.without(raw, words) : raw,
  )
}

/** The arrays of these names in a source's files; `undefined` for a kind without named arrays. */
export const named = (kind: AnyKind, files: Files, names: ReadonlyArray<string>): Read<NamedArrays> | undefined => {
  const decode = kind.named as ((files: Files, names: ReadonlyArray<string>) => Read<NamedArrays>) | undefined
  return decode?.(files, names)
}

/** Whether a source's table can be read block by block. */
export const hasBlocks = ({ name }: Use): boolean => {
  const kind = kindOf(name)
  return kind?.blocks !== undefined || kind?.groups !== undefined
}

/** A reader of a source's table block by block; `undefined` for a kind whose bytes are not read in their order. */
export const blocks = async ({ name, options }: Use, wanted: WantedOfBlocks = {}): Promise<BlockReader | undefined> => {
  const kind = kindOf(name)
  if (kind?.blocks === undefined) return undefined
  const make = kind.blocks as (options: object, wanted: WantedOfBlocks) => BlockReader | Promise<BlockReader>
  const { end, push } = await make(Field.fill(kind.fields, options), wanted)
  const words = wordsOf(kind, options)
  const without = (table: Table | undefined): Table | undefined => table && BlankWords.without(table, words)
  return { push: (bytes) => Result.map(push(bytes), without), end: () => Result.map(end(), without) }
}

/** The blocks of a source's table, read from where they are in its file; `undefined` for other kinds. */
export const groups = ({ name, options }: Use, store: ByteStore, wanted: WantedOfBlocks = {}): Groups | undefined => {
  const kind = kindOf(name)
  if (kind?.groups === undefined) return undefined
  const make = kind.groups as (options: object, store: ByteStore, wanted: WantedOfBlocks) => Groups
  const words = wordsOf(kind, options)
  const all = make(Field.fill(kind.fields, options), store, wanted)
  return (async function* () {
    for await (const table of all) yield Result.map(table, (each) => BlankWords.without(each, words))
  })()
}

/** Arrays of a source whose rows may stay in its files, which are unpacked; `undefined` for kinds that are read whole. */
export const inFiles = (
  { name, options }: Use,
  files: { readonly [option: string]: FileBytes | Folder },
  wanted: InFiles,
): Promise<Read<AnyRaw | NamedArrays<RawArray>>> | undefined => {
  const kind = kindOf(name)
  const read = kind?.inFiles as
    | ((options: object, files: object, wanted: InFiles) => Promise<Read<AnyRaw | NamedArrays<RawArray>>>)
    | undefined
  return kind === undefined ? undefined : read?.(Field.fill(kind.fields, options), files, wanted)
}

/** Reads the first bytes of a source's files; `undefined` for a kind that is only read completely. */
export const first = (kind: AnyKind, { options }: Use, files: Files, wanted: Wanted = {}): Reading<First> | undefined => {
  const decode = kind.first as ((options: object, files: Files, wanted: Wanted) => Reading<First>) | undefined
  const words = wordsOf(kind, options)
  const reading = decode?.(Field.fill(kind.fields, options), files, wanted)
  return (
    reading && mapped(reading, (first) => (isTable(first.raw) ? { ...first, raw: BlankWords.without(first.raw, words) } : first))
  )
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
 * The options with which a run's table was read: the delimiter, and whether the first line names the columns. The defaults if the
 * rows were not a table.
 */
export const tableOptions = (fitted: Pick<Fitted, "source">): Csv.Options => {
  const source = of(fitted)
  return source === undefined ? {} : tableOptionsOf(source)
}

/** Numbers of words as a file writes them whose numbers have a decimal point and no other marks. */
const plainWords = (words: Field.Words, format: Format): Field.Words => {
  const plain = (word: string | number): ReadonlyArray<string | number> => {
    const number = readNumber(String(word), format)
    return number === undefined || Number.isNaN(number) || String(number) === String(word) ? [word] : [word, number]
  }
  return Array.isArray(words)
    ? words.flatMap(plain)
    : Object.fromEntries(
        Object.entries(words).map(([name, own]: readonly [string, ReadonlyArray<string | number>]) => [name, own.flatMap(plain)]),
      )
}

/**
 * The options with which new rows in a file of a kind are read, so that they mean the same as the rows of a run: those of the run's
 * own source that this kind has too, without files. A delimiter is that of a file of the same kind alone. Words for blanks are those
 * of any table.
 */
export const optionsFor = (own: Use | undefined, name: string): Use["options"] => {
  const fields = kindOf(name)?.fields ?? {}
  if (own === undefined) return {}
  const { blanks, decimal, thousands, ...options } = recorded(own).options
  const isOther = own.name !== name
  const marks = { ...(decimal === undefined ? {} : { decimal }), ...(thousands === undefined ? {} : { thousands }) }
  const isTyped = kindOf(name)?.table === undefined
  const words = blanks === undefined ? {} : { blanks: isTyped ? plainWords(blanks as Field.Words, marks as Format) : blanks }
  return Object.fromEntries(
    Object.entries({ ...options, ...marks, ...words }).filter(
      ([option]) => Object.hasOwn(fields, option) && !(isOther && option === "delimiter"),
    ),
  )
}
