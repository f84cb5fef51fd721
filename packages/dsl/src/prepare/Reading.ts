/** Sources as a model file names them, read: the rows as they stand in the files, and what the files were. */
import { createHash } from "node:crypto"
import { isAbsolute, join } from "node:path"
import * as Csv from "@adjoint/core/data/Csv"
import { DataError } from "@adjoint/core/data/DataError"
import * as Gzip from "@adjoint/core/data/Gzip"
import * as Idx from "@adjoint/core/data/Idx"
import * as Load from "@adjoint/core/data/Load"
import * as Npz from "@adjoint/core/data/Npz"
import type { Raw } from "@adjoint/core/data/Preprocess"
import * as Toys from "@adjoint/core/data/Toys"
import { make, type Use } from "@adjoint/core/learning/Entry"
import * as Key from "@adjoint/core/tensor/Key"
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import * as Result from "effect/Result"
import { type Data, type Named, useOf } from "../Document.ts"
import type { Path } from "../source/Path.ts"
import { finding, type Place } from "./Blame.ts"
import { PrepareError } from "./PrepareError.ts"

/** A file that rows were read from; `path` is as the model file has it. */
export interface FileRecord {
  readonly path: string
  readonly bytes: number
  readonly sha256: string
}

/** Rows of one source, with what to blame when they turn out wrong. */
export interface Rows {
  readonly raw: Raw
  readonly files: ReadonlyArray<FileRecord>
  readonly place: Place
}

type Read<A> = Effect.Effect<A, PrepareError, FileSystem.FileSystem>

/** A data error as a finding of the document. */
export const refused =
  (place: Place) =>
  <A, R>(effect: Effect.Effect<A, DataError, R>): Effect.Effect<A, PrepareError, R> =>
    Effect.mapError(effect, (error) => new PrepareError({ findings: [finding(error, place)] }))

/** Where a path of a model file leads. Paths are taken from the model file's own folder. */
export const resolve = (directory: string, path: string): string => (isAbsolute(path) ? path : join(directory, path))

/** An option of a source that names a file. */
export interface FileOption {
  readonly option: string
  readonly path: string
}

/** The options that name files, whatever the kind of source. */
const fileOptions = ["path", "images", "labels"]

/** The files a source names. */
export const filesOf = ({ options }: Use): ReadonlyArray<FileOption> =>
  fileOptions.flatMap((option) => {
    const path = Object.hasOwn(options, option) ? options[option] : undefined
    return typeof path === "string" ? [{ option, path }] : []
  })

/** The kinds of source that are delimited text, with what their options say to the reader. */
const tables: { readonly [kind: string]: (options: Use["options"]) => Csv.Options } = {
  csv: (options) => options as Csv.Options,
  tsv: (options) => ({ ...(options as Csv.Options), delimiter: "\t" }),
}

/** What the reader of a table is told, `undefined` for a source that is no table. */
export const tableOptions = ({ name, options }: Use): Csv.Options | undefined =>
  Object.hasOwn(tables, name) ? tables[name]?.(options) : undefined

/** A table from the bytes of a file, gzipped or not. */
export const parseTable = (bytes: Uint8Array, options: Csv.Options) =>
  Result.flatMap(Gzip.unpack(bytes), (text) => Csv.parse(text, options))

/** What a reader is given: the source's options, and the way to the files and arrays they name. */
interface Opening {
  readonly use: Use
  readonly open: <A>(option: string, decode: (bytes: Uint8Array) => Result.Result<A, DataError>) => Read<A>
  readonly pick: <A>(option: string, found: (name: string) => Result.Result<A, DataError>) => Read<A>
}

const table = ({ open, use }: Opening): Read<Raw> => open("path", (bytes) => parseTable(bytes, tableOptions(use) ?? {}))

/** How each kind of file is read. Every other source is a toy, which is generated. */
const readers: { readonly [kind: string]: (opening: Opening) => Read<Raw> } = {
  csv: table,
  tsv: table,
  idx: ({ open }) =>
    Effect.all({ inputs: open("images", (bytes) => Idx.decode(bytes)), targets: open("labels", (bytes) => Idx.decode(bytes)) }),
  npz: ({ open, pick }) =>
    Effect.flatMap(
      open("path", (bytes) => Npz.decode(bytes)),
      (arrays) =>
        Effect.all({
          inputs: pick("inputs", (name) => Npz.get(arrays, name)),
          targets: pick("targets", (name) => Npz.get(arrays, name)),
        }),
    ),
}

/** An array inside an archive is named after it: `weights.npz/W1.npy`. */
const inFile = ({ file: inner, reason }: DataError, file: string): DataError =>
  new DataError({ file: inner === undefined ? file : `${file}/${inner}`, reason })

/** The rows of a generated source. They depend on nothing but the source's options and the seed of the division. */
const generate = (use: Use, { split }: Data): Raw => {
  const { classes, inputs, targets } = make(Toys.entries, use)(Key.fold(Key.make(split.seed), "toy"))
  return { inputs, targets, ...(classes === undefined ? {} : { classes }) }
}

/** Reads the rows of a source. `at` is where the document has it: `data.source` or `data.test`. */
export const read = (data: Data, source: Named, at: Path, directory: string): Read<Rows> =>
  Effect.gen(function* () {
    const use = useOf(source)
    const files: Array<FileRecord> = []
    const placeOf = (option: string): Place => ({ data, source: at, file: [...at, use.name, option] })
    const open: Opening["open"] = (option, decode) =>
      Effect.gen(function* () {
        const path = String(use.options[option])
        const file = resolve(directory, path)
        const bytes = yield* Load.bytes(file)
        files.push({ path, bytes: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex") })
        return yield* Effect.fromResult(Result.mapError(decode(bytes), (error) => inFile(error, file)))
      }).pipe(refused(placeOf(option)))
    const pick: Opening["pick"] = (option, found) =>
      Effect.fromResult(found(String(use.options[option]))).pipe(refused(placeOf(option)))
    const reader = Object.hasOwn(readers, use.name) ? readers[use.name] : undefined
    const raw = reader === undefined ? generate(use, data) : yield* reader({ use, open, pick })
    const [file] = filesOf(use)
    return {
      raw,
      files,
      place: file === undefined ? { data, source: at } : { ...placeOf(file.option), name: resolve(directory, file.path) },
    }
  })
