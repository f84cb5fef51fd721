/** Arrays saved by NumPy. */
import * as Result from "effect/Result"
import type * as NDArray from "../../types/NDArray.ts"
import { type DataError, dataError } from "../DataError.ts"
import * as Npz from "../Npz.ts"
import type { NamedArray } from "../Raw.ts"
import { about, kind } from "./Kind.ts"

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

/** Inputs and targets in one npz file. */
export const npz = kind({
  doc: "Arrays saved by NumPy's `savez`.",
  advice: "Only the named arrays are read: `inputs` and `targets`, or those of `data.arrays`.",
  endings: ["npz"],
  magic: "PK",
  fields: {
    path: { kind: "path", doc: "The file, relative to the model file.", synonyms: ["file", "filename", "file_path"] },
    inputs: { kind: "text", doc: "The name of the array of inputs.", synonyms: ["x", "features", "images"], default: "inputs" },
    targets: { kind: "text", doc: "The name of the array of targets.", synonyms: ["y", "labels"], default: "targets" },
  },
  main: "path",
  named: (files, names) =>
    Result.gen(function* () {
      const archive = yield* about("path", Npz.open(files.path))
      const arrays: Array<readonly [string, NamedArray]> = []
      for (const name of names) {
        const { targets: array, ...classes } = yield* about(
          name,
          Result.flatMap(Npz.labels(archive, name), (labels) => withRows(name, labels.targets, labels)),
        )
        arrays.push([name, { array, ...classes }])
      }
      return { arrays: Object.fromEntries(arrays) }
    }),
  read: ({ inputs, targets }, files) =>
    Result.flatMap(about("path", Npz.open(files.path)), (archive) =>
      Result.flatMap(
        about(
          "inputs",
          Result.flatMap(Npz.read(archive, inputs), (rows) => withRows(inputs, rows, rows)),
        ),
        (rows) =>
          Result.map(
            about(
              "targets",
              Result.flatMap(Npz.labels(archive, targets), (labels) => withRows(targets, labels.targets, labels)),
            ),
            (labels) => ({ inputs: rows, ...labels }),
          ),
      ),
    ),
})
