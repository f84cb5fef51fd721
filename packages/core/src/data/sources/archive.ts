/** Files of named arrays: the readers of their kinds, given how a file is opened. */
import * as Result from "effect/Result"
import type * as NDArray from "../../types/NDArray.ts"
import { type DataError, dataError } from "../DataError.ts"
import type { Labels } from "../Npy.ts"
import type { NamedArray, NamedArrays, Raw } from "../Raw.ts"
import { about, type Read } from "./Kind.ts"
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
const withRows = <A>(name: string, { shape }: NDArray.NDArray, array: A): Result.Result<A, DataError> =>
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
