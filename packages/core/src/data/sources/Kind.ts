/** The entry of a kind of data file: its options, its documentation and its readers. */
import * as Result from "effect/Result"
import type { NDArray } from "../../types/NDArray.ts"
import type * as Csv from "../Csv.ts"
import type { DataError } from "../DataError.ts"
import type { Fields, Files, Filled } from "../Field.ts"
import type { FileBytes, GrowingFile } from "../FileBytes.ts"
import type { Folder } from "../Folder.ts"
import type { AnyRaw, NamedArrays, Raw } from "../Raw.ts"
import type { RawArray } from "../RawArray.ts"
import type { Image } from "../Spec.ts"
import type { ByteStore } from "../storedRows.ts"
import type { Table } from "../Table.ts"

/** An error, and the option of the source that it is about, such as a file. */
export interface Refused {
  readonly option: string
  readonly error: DataError
}

/** The result of reading. */
export type Read<A> = Result.Result<A, Refused>

/** A result of reading, or the promise of one where the reader is loaded first or reads one file after the other. */
export type Reading<A> = Read<A> | Promise<Read<A>>

/** What the rows are for. */
export interface Wanted {
  /** The size and the channels of images. */
  readonly image?: Image
  /** Whether a column of a name is used; all are without it. */
  readonly isUsed?: (column: string) => boolean
}

/** What the rows of a table are for that is read block by block. */
export interface WantedOfBlocks extends Wanted {
  /** How each column of delimited text is stored. */
  readonly use?: Csv.Options["use"]
  /** Whether all columns are kept (by default), or those alone that are used: others may be blank. */
  readonly keeps?: "used" | "all"
}

/** What the first bytes of large files contain. */
export interface First {
  /** The first rows; arrays come without targets. */
  readonly raw: Raw
  /** The number of rows in the whole file, if the first bytes contain it. */
  readonly rows?: number
  /** The targets of all rows, if their file is small enough to be read. */
  readonly targets?: NDArray
}

/** Reads a table that arrives in pieces of bytes, in order, as blocks of complete rows. */
export interface BlockReader {
  /** The rows that this piece completes, if any. */
  readonly push: (bytes: Uint8Array) => Result.Result<Table | undefined, DataError>
  /** The rows after the last piece. */
  readonly end: () => Result.Result<Table | undefined, DataError>
}

/** A reader, or the promise of one where its module is loaded first. */
export type Blocks = BlockReader | Promise<BlockReader>

/** The blocks of rows of a table, one after the other; it ends with the first error. */
export type Groups = AsyncIterable<Result.Result<Table, DataError>>

/** How arrays are read whose rows stay in their files. */
export interface InFiles {
  /** Their names, if the document names them. */
  readonly names?: ReadonlyArray<string>
  /** Larger arrays stay in their file, in bytes. */
  readonly limit: number
  /** The size and the channels of images. */
  readonly image?: Image
  /** A new file for rows that the source has in another form. */
  readonly create: () => GrowingFile
}

/** One kind of file. */
export interface Kind<F extends Fields, E extends string = string> {
  /** A description of one sentence. */
  readonly doc: string
  /** When to use it, and its pitfalls. */
  readonly advice: string
  /** The file name endings that imply this kind. */
  readonly endings: ReadonlyArray<E>
  /** The characters, each a byte, that files of this kind begin with: one of these. */
  readonly magic?: ReadonlyArray<string>
  readonly fields: F
  /** The option that a single value sets. */
  readonly main?: keyof F & string
  /** The rows in the bytes of its files. */
  readonly read: (options: Filled<F>, files: Files<F>, wanted: Wanted) => Reading<Raw>
  /** Reads the first bytes of its files; absent if they must be read completely. */
  readonly first?: (options: Filled<F>, files: Files<F>, wanted: Wanted) => Reading<First>
  /** Reads arrays by their names; absent for kinds without named arrays. The option of an error is the name of the array. */
  readonly named?: (files: Files<F>, names: ReadonlyArray<string>) => Read<NamedArrays>
  /** The options of the CSV reader, for kinds of delimited text. */
  readonly table?: (options: Filled<F>) => Csv.Options
  /** Whether the bytes of its files are packed, so that their rows take several times the memory. */
  readonly isPacked?: true
  /** Reads a table block by block, for kinds of one file that may be larger than memory. Unpacked bytes arrive. */
  readonly blocks?: (options: Filled<F>, wanted: WantedOfBlocks) => Blocks
  /** The same for kinds whose bytes are not read in their order. */
  readonly groups?: (options: Filled<F>, store: ByteStore, wanted: WantedOfBlocks) => Groups
  /** Reads arrays that may be larger than memory: their headers, and small ones whole. Files are unpacked. */
  readonly inFiles?: (
    options: Filled<F>,
    files: { readonly [option in keyof Files<F>]: Files<F>[option] extends Folder ? Folder : FileBytes },
    wanted: InFiles,
  ) => Promise<Read<AnyRaw | NamedArrays<RawArray>>>
  /** The size that the first bytes of a file declare for all of it, in bytes, where they do. */
  readonly declared?: (first: Uint8Array) => number | undefined
}

/** A kind with any options. */
export interface AnyKind extends Pick<Kind<Fields>, "doc" | "advice" | "endings" | "magic" | "fields" | "isPacked" | "declared"> {
  readonly main?: string
  readonly read: (options: never, files: never, wanted: Wanted) => Reading<Raw>
  readonly first?: (options: never, files: never, wanted: Wanted) => Reading<First>
  readonly named?: (files: never, names: ReadonlyArray<string>) => Read<NamedArrays>
  readonly table?: (options: never) => Csv.Options
  readonly blocks?: (options: never, wanted: WantedOfBlocks) => Blocks
  readonly groups?: (options: never, store: ByteStore, wanted: WantedOfBlocks) => Groups
  readonly inFiles?: (options: never, files: never, wanted: InFiles) => Promise<Read<AnyRaw | NamedArrays<RawArray>>>
}

/** Infers the options of a kind from its literal. */
/* @__NO_SIDE_EFFECTS__ */ export const kind = <const F extends Fields, const E extends string = never>(
  definition: Kind<F, E>,
): Kind<F, E> => definition

/** A result whose error is about an option. */
export const about = <A>(option: string, result: Result.Result<A, DataError>): Read<A> =>
  Result.mapError(result, (error) => ({ option, error }))
