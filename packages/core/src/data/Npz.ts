/** NPZ, NumPy's file of several named arrays: a zip archive with one .npy file for each. */
import * as Result from "effect/Result"
import { unzipSync, zipSync } from "fflate"
import type * as NDArray from "../words/NDArray.ts"
import { type DataError, dataError, inFile } from "./DataError.ts"
import * as Gzip from "./Gzip.ts"
import { nearest } from "./Nearest.ts"
import * as Npy from "./Npy.ts"

/** The arrays of a file by their names. */
export type Arrays = ReadonlyMap<string, NDArray.NDArray>

/** Bounds on what one archive may unpack to: 1 GiB unless told otherwise, and 10,000 arrays. */
export interface Limits {
  readonly bytes?: number
}
const defaultBytes = 2 ** 30
const mostEntries = 10_000

/**
 * Reads an .npz file; entries that are not `.npy` are left out. See `Npy.decode` for what becomes of the elements.
 *
 * What the archive says it unpacks to is checked before anything is unpacked. Fails with `Empty`, `BadMagic`, `Corrupt`,
 * `TooLarge`, and as `Npy.decode` does, with `file` naming the array.
 */
export const decode = (bytes: Uint8Array, limits: Limits = {}): Result.Result<Arrays, DataError> =>
  Result.flatMap(unzip(bytes, limits.bytes ?? defaultBytes), (files) => {
    const arrays = new Map<string, NDArray.NDArray>()
    for (const [name, content] of files) {
      const array = Npy.decode(content)
      if (Result.isFailure(array)) return Result.fail(inFile(array.failure, name))
      arrays.set(name.slice(0, -".npy".length), array.success)
    }
    return Result.succeed(arrays)
  })

/** The array of this name. Fails with `NoArray`, which lists the nearest names. */
export const get = (arrays: Arrays, name: string): Result.Result<NDArray.NDArray, DataError> => {
  const array = arrays.get(name)
  const names = [...arrays.keys()]
  return array === undefined
    ? Result.fail(dataError({ _tag: "NoArray", name, nearest: nearest(name, names), names }))
    : Result.succeed(array)
}

const unzip = (bytes: Uint8Array, limit: number): Result.Result<ReadonlyArray<readonly [string, Uint8Array]>, DataError> => {
  if (bytes.length === 0) return Result.fail(dataError({ _tag: "Empty", got: "there is nothing in it", wanted: "an .npz file" }))
  if (bytes[0] !== 0x50 || bytes[1] !== 0x4b)
    return Result.fail(
      dataError({
        _tag: "BadMagic",
        offset: 0,
        got: JSON.stringify(String.fromCharCode(...bytes.subarray(0, 2))),
        wanted: '"PK", as a zip archive does',
      }),
    )
  let entries = 0
  let total = 0
  try {
    const files = unzipSync(bytes, {
      filter: ({ name, size, originalSize }) => {
        entries += 1
        if (entries > mostEntries) throw new Refused("entries", entries)
        if (!name.endsWith(".npy")) return false
        if (originalSize > Math.min(size, bytes.length) * Gzip.mostPerByte)
          throw new Error(`${name} cannot unpack to ${originalSize} bytes`)
        total += originalSize
        if (total > limit) throw new Refused("bytes", total)
        return true
      },
    })
    return Result.succeed(Object.entries(files))
  } catch (error) {
    if (error instanceof Refused) {
      const limited = error.unit === "bytes" ? limit : mostEntries
      return Result.fail(
        dataError({ _tag: "TooLarge", what: "the unpacked archive", got: BigInt(error.got), limit: limited, unit: error.unit }),
      )
    }
    const got = error instanceof Error ? error.message : String(error)
    return Result.fail(dataError({ _tag: "Corrupt", format: "zip", got }))
  }
}

/** Stops the unzipping; never leaves this file. */
class Refused extends Error {
  readonly unit: "bytes" | "entries"
  readonly got: number
  constructor(unit: "bytes" | "entries", got: number) {
    super()
    this.unit = unit
    this.got = got
  }
}

/** Arrays as an .npz file, packed, the same bytes for the same arrays. */
export const encode = (arrays: Iterable<readonly [string, NDArray.NDArray]>): Uint8Array =>
  zipSync(Object.fromEntries(Array.from(arrays, ([name, array]) => [`${name}.npy`, Npy.encode(array)])), {
    mtime: new Date(1980, 0, 1),
  })
