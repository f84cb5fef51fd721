/** NPZ, NumPy's file of named arrays: a zip archive with one .npy file for each array. */
import * as Result from "effect/Result"
import { unzipSync, zipSync } from "fflate"
import type * as NDArray from "../types/NDArray.ts"
import { type DataError, dataError, inFile, quote } from "./DataError.ts"
import * as Gzip from "./Gzip.ts"
import { nearest } from "./Nearest.ts"
import * as Npy from "./Npy.ts"

/** The arrays of a file by name. */
export type Arrays = ReadonlyMap<string, NDArray.NDArray>

/** Limits of an archive: the bytes that are unpacked, 1 GiB unless given. An archive has at most 10,000 entries. */
export interface Limits {
  readonly bytes?: number
}
const defaultBytes = 2 ** 30
const maxEntries = 10_000

/** An opened archive: the names of its arrays. None is unpacked yet. */
export interface Archive {
  readonly names: ReadonlyArray<string>
  readonly bytes: Uint8Array
  readonly limit: number
}

/**
 * Opens an .npz file; entries that are not `.npy` are left out. Fails with `Empty`, `BadMagic`, `Corrupt`, `TooLarge` for
 * too many entries.
 */
export const open = (bytes: Uint8Array, limits: Limits = {}): Result.Result<Archive, DataError> => {
  if (bytes.length === 0) return Result.fail(dataError({ _tag: "Empty", got: "it is empty", wanted: "an .npz file" }))
  if (bytes[0] !== 0x50 || bytes[1] !== 0x4b)
    return Result.fail(
      dataError({
        _tag: "BadMagic",
        offset: 0,
        got: quote(String.fromCharCode(...bytes.subarray(0, 2))),
        wanted: '"PK", as a zip archive does',
      }),
    )
  const limit = limits.bytes ?? defaultBytes
  const names: Array<string> = []
  return Result.map(
    unzip(bytes, limit, (name) => {
      names.push(name)
      return false
    }),
    () => ({ names, bytes, limit }),
  )
}

/**
 * The array of this name, the only one that is unpacked. `Npy.decode` documents the dtypes.
 *
 * The declared size is checked before unpacking. Fails with `NoArray`, which lists the nearest names, `Corrupt`, `TooLarge`,
 * and as `Npy.decode` does, with `file` naming the array.
 */
export const read = (archive: Archive, name: string): Result.Result<NDArray.NDArray, DataError> =>
  unpacked(archive, name, Npy.decode)

/** The array of this name as targets: numbers, or text as classes. Fails as `read` does. */
export const labels = (archive: Archive, name: string): Result.Result<Npy.Labels, DataError> =>
  unpacked(archive, name, Npy.decodeLabels)

const unpacked = <A>(
  { bytes, limit, names }: Archive,
  name: string,
  decode: (bytes: Uint8Array) => Result.Result<A, DataError>,
): Result.Result<A, DataError> => {
  if (!names.includes(name)) return noArray(name, names)
  return Result.flatMap(
    unzip(bytes, limit, (each) => each === name),
    (contents) => Result.mapError(decode(contents.get(name) ?? new Uint8Array()), (error) => inFile(error, `${name}${ending}`)),
  )
}

const noArray = (name: string, names: ReadonlyArray<string>) =>
  Result.fail(dataError({ _tag: "NoArray", name, nearest: nearest(name, names), names }))

/** Reads all arrays of an .npz file. Fails as `open` and `read` do. */
export const decode = (bytes: Uint8Array, limits: Limits = {}): Result.Result<Arrays, DataError> =>
  Result.flatMap(open(bytes, limits), ({ limit }) =>
    Result.flatMap(
      unzip(bytes, limit, () => true),
      (contents) => {
        const arrays = new Map<string, NDArray.NDArray>()
        for (const [name, content] of contents) {
          const array = Npy.decode(content)
          if (Result.isFailure(array)) return Result.fail(inFile(array.failure, `${name}${ending}`))
          arrays.set(name, array.success)
        }
        return Result.succeed(arrays)
      },
    ),
  )

/** The array of this name. Fails with `NoArray`, which lists the nearest names. */
export const get = (arrays: Arrays, name: string): Result.Result<NDArray.NDArray, DataError> => {
  const array = arrays.get(name)
  return array === undefined ? noArray(name, [...arrays.keys()]) : Result.succeed(array)
}

const ending = ".npy"

/** The contents of the selected arrays, by name. */
const unzip = (
  bytes: Uint8Array,
  limit: number,
  isWanted: (name: string) => boolean,
): Result.Result<ReadonlyMap<string, Uint8Array>, DataError> => {
  let entries = 0
  let total = 0
  try {
    const files = unzipSync(bytes, {
      filter: ({ name, originalSize, size }) => {
        entries += 1
        if (entries > maxEntries) throw new Refused("entries", entries)
        if (!name.endsWith(ending) || !isWanted(name.slice(0, -ending.length))) return false
        if (originalSize > Math.min(size, bytes.length) * Gzip.maxRatio)
          throw new Error(`${name} cannot unpack to ${originalSize} bytes`)
        total += originalSize
        if (total > limit) throw new Refused("bytes", total)
        return true
      },
    })
    return Result.succeed(
      new Map(Object.entries(files).map(([name, content]) => [name.slice(0, -ending.length), content] as const)),
    )
  } catch (error) {
    if (error instanceof Refused) {
      const limited = error.unit === "bytes" ? limit : maxEntries
      return Result.fail(
        dataError({ _tag: "TooLarge", what: "the unpacked archive", got: BigInt(error.got), limit: limited, unit: error.unit }),
      )
    }
    const got = error instanceof Error ? error.message : String(error)
    return Result.fail(dataError({ _tag: "Corrupt", format: "zip", got }))
  }
}

/** Stops unzipping; never leaves this module. */
class Refused extends Error {
  readonly unit: "bytes" | "entries"
  readonly got: number
  constructor(unit: "bytes" | "entries", got: number) {
    super()
    this.unit = unit
    this.got = got
  }
}

/** Arrays as a compressed .npz file; the same arrays give the same bytes. */
export const encode = (arrays: Iterable<readonly [string, NDArray.NDArray]>): Uint8Array =>
  zipSync(Object.fromEntries(Array.from(arrays, ([name, array]) => [`${name}${ending}`, Npy.encode(array)])), {
    mtime: new Date(1980, 0, 1),
  })
