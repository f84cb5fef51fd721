/** Arrays saved by NumPy. */
import * as Result from "effect/Result"
import * as ArrayFile from "../ArrayFile.ts"
import { type DataError, inFile } from "../DataError.ts"
import { type FileBytes, grown } from "../FileBytes.ts"
import { inflateRaw } from "../inflateRaw.ts"
import * as Npy from "../Npy.ts"
import * as Npz from "../Npz.ts"
import type { NamedArray } from "../Raw.ts"
import type { RawArray } from "../RawArray.ts"
import { entryOf } from "../zipEntry.ts"
import { fields, inFiles, named, type Open, type OpenFile, read } from "./archive.ts"
import { kind } from "./Kind.ts"

const open: Open = (bytes) =>
  Result.map(Npz.open(bytes), (archive) => ({
    read: (name) => Npz.read(archive, name),
    labels: (name) => Npz.labels(archive, name),
  }))

const ending = ".npy"

const openFile: OpenFile = async (bytes, { create, limit }) => {
  const entry = async (name: string): Promise<Result.Result<FileBytes, DataError>> => {
    const found = await entryOf(async (offset, length) => bytes.read(offset, length), bytes.size, { name, ending })
    if (Result.isFailure(found)) return Result.fail(found.failure)
    const { isPacked, offset, size, unpacked } = found.success
    const packed = ArrayFile.part(bytes, offset, offset + size)
    if (!isPacked) return Result.succeed(packed)
    const file = create()
    return Result.map(await inflateRaw(packed, unpacked, file.append), () => grown(file, unpacked))
  }
  const within = <A>(name: string, result: Result.Result<A, DataError>) =>
    Result.mapError(result, (error) => inFile(error, `${name}${ending}`))
  const labelsOf = (content: FileBytes) => Npy.decodeLabels(ArrayFile.bytesOf(content))
  return Result.succeed({
    read: async (name) =>
      Result.flatMap(await entry(name), (content) =>
        within(
          name,
          Result.flatMap(
            Npy.openRows(ArrayFile.headerOf(content)),
            (rows): Result.Result<NamedArray<RawArray>, DataError> =>
              rows === undefined || !ArrayFile.isLarge(rows, limit)
                ? Result.map(labelsOf(content), ({ targets: array, ...classes }) => ({ array, ...classes }))
                : Result.map(ArrayFile.inFile(content, rows), (array) => ({ array })),
          ),
        ),
      ),
    labels: async (name) => Result.flatMap(await entry(name), (content) => within(name, labelsOf(content))),
  })
}

/** Inputs and targets in one npz file. */
export const npz = kind({
  doc: "Arrays saved by NumPy's `savez`.",
  advice: "Only the named arrays are read: `inputs` and `targets`, or those of `data.arrays`.",
  endings: ["npz"],
  magic: ["PK"],
  fields,
  main: "path",
  named: named(open),
  read: read(open),
  inFiles: inFiles(openFile),
})
