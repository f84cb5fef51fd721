/** Files of named arrays: the readers of their kinds, given how a file is opened. */
import * as Result from "effect/Result"
import type * as NDArray from "../../types/NDArray.ts"
import { type DataError, dataError } from "../DataError.ts"
import type { FileBytes } from "../FileBytes.ts"
import type { Labels } from "../Npy.ts"
import type { AnyRaw, NamedArray, NamedArrays, Raw } from "../Raw.ts"
import type { RawArray } from "../RawArray.ts"
import { about, type InFiles, type Read } from "./Kind.ts"
import { path } from "./options.ts"

/** An opened file. Both functions fail with `NoArray` for a name that it does not have. */
export interface Archive {
  /** The array of a name. */
  readonly read: (name: string) => Result.Result<NDArray.NDArray, DataError>
  /** The same; a text becomes classes. */
  readonly labels: (name: string) => Result.Result<Labels, DataError>
}

/** Opens the bytes of a file. */
export type Open = (bytes: Uint8Array) => Result.Result<Archive, DataError>

/** An array with rows. A single number has none. */
const withRows = <A>(name: string, { shape }: Pick<RawArray, "shape">, array: A): Result.Result<A, DataError> =>
  shape.length > 0
    ? Result.succeed(array)
    : Result.fail(
        dataError({
          _tag: "BadSpec",
          at: `the array \`${name}\``,
          got: "a single number, which has no axes",
          wanted: "rows along the first axis",
          hint: "name another array of the file, or save it with np.atleast_1d",
        }),
      )

const labelled = (archive: Archive, name: string): Result.Result<Labels, DataError> =>
  Result.flatMap(archive.labels(name), (labels) => withRows(name, labels.targets, labels))

/** The options of a kind. */
export const fields = {
  path,
  inputs: { kind: "text", doc: "The name of the array of inputs.", synonyms: ["x", "features", "images"], default: "inputs" },
  targets: { kind: "text", doc: "The name of the array of targets.", synonyms: ["y", "labels"], default: "targets" },
} as const

/** The arrays of these names. */
export const named =
  (open: Open) =>
  (files: { readonly path: Uint8Array }, names: ReadonlyArray<string>): Read<NamedArrays> =>
    Result.gen(function* () {
      const archive = yield* about("path", open(files.path))
      const arrays: Array<readonly [string, NamedArray]> = []
      for (const name of names) {
        const { targets: array, ...classes } = yield* about(name, labelled(archive, name))
        arrays.push([name, { array, ...classes }])
      }
      return { arrays: Object.fromEntries(arrays) }
    })

/** The inputs and the targets. */
export const read =
  (open: Open) =>
  ({ inputs, targets }: { readonly inputs: string; readonly targets: string }, files: { readonly path: Uint8Array }): Read<Raw> =>
    Result.gen(function* () {
      const archive = yield* about("path", open(files.path))
      const rows = yield* about(
        "inputs",
        Result.flatMap(archive.read(inputs), (array) => withRows(inputs, array, array)),
      )
      return { inputs: rows, ...(yield* about("targets", labelled(archive, targets))) }
    })

/** A file whose arrays may stay in it. The functions fail with `NoArray` for a name that it does not have. */
export interface FileArchive {
  /** The array of a name; one of text becomes classes. */
  readonly read: (name: string) => Promise<Result.Result<NamedArray<RawArray>, DataError>>
  /** The array of a name in memory. */
  readonly labels: (name: string) => Promise<Result.Result<Labels, DataError>>
}

/** Opens a file. */
export type OpenFile = (bytes: FileBytes, wanted: InFiles) => Promise<Result.Result<FileArchive, DataError>>

/** Inputs and targets, or the arrays of the names, whose rows may stay in their file. */
export const inFiles =
  (open: OpenFile) =>
  async (
    { inputs, targets }: { readonly inputs: string; readonly targets: string },
    { path }: { readonly path: FileBytes },
    wanted: InFiles,
  ): Promise<Read<AnyRaw | NamedArrays<RawArray>>> => {
    const opened = about("path", await open(path, wanted))
    if (Result.isFailure(opened)) return Result.fail(opened.failure)
    const archive = opened.success
    const arrayOf = async (name: string) =>
      Result.flatMap(await archive.read(name), (found) => withRows(name, found.array, found))
    if (wanted.names !== undefined) {
      const arrays: Array<readonly [string, NamedArray<RawArray>]> = []
      for (const name of wanted.names) {
        const found = about(name, await arrayOf(name))
        if (Result.isFailure(found)) return Result.fail(found.failure)
        arrays.push([name, found.success])
      }
      return Result.succeed({ arrays: Object.fromEntries(arrays) })
    }
    const [rows, labels] = [about("inputs", await arrayOf(inputs)), about("targets", await archive.labels(targets))]
    return Result.gen(function* () {
      const { array } = yield* rows
      const own = yield* labels
      return { inputs: array, ...(yield* about("targets", withRows(targets, own.targets, own))) }
    })
  }
