/** Files of arrays as rows to predict: row by row where rows follow each other in the file, read whole elsewhere. */
import { type ArrayRows, maxHeaderBytes } from "@adjoint/core/data/ArrayRows"
import { concatBytes } from "@adjoint/core/data/concatBytes"
import { type DataError, dataError } from "@adjoint/core/data/DataError"
import type { FittedTree } from "@adjoint/core/data/Fitted"
import * as Idx from "@adjoint/core/data/Idx"
import * as Npy from "@adjoint/core/data/Npy"
import { inputArrays, lengthArrays } from "@adjoint/core/data/PreprocessTree"
import type { NamedArrays } from "@adjoint/core/data/Raw"
import type * as Source from "@adjoint/core/data/Source"
import type { NDArray } from "@adjoint/core/types/NDArray"
import * as Shape from "@adjoint/core/types/Shape"
import * as Result from "effect/Result"
import { framing, fromArray } from "./fromArray.ts"
import { fromArrays } from "./fromArrays.ts"
import type { Read, Reader, Rows } from "./Rows.ts"

type Answer<A> = Result.Result<A, DataError>

/** The most bytes of a file that is read whole. */
const limit = 2 ** 31 - 1

/** Reads a file whole, and then its rows. */
const whole =
  (decode: (bytes: Uint8Array) => Answer<NDArray>) =>
  (fitted: FittedTree): Reader =>
    wholeRows((bytes) => Result.flatMap(decode(bytes), (array) => fromArray(fitted, array)))

/** Reads a file whole. */
export const wholeRows = (decode: (bytes: Uint8Array) => Answer<Rows> | Promise<Answer<Rows>>): Reader => {
  const pieces: Array<Uint8Array> = []
  let length = 0
  return {
    push: (bytes) => {
      pieces.push(bytes)
      length += bytes.length
      return length <= limit
        ? Result.succeed([])
        : Result.fail(dataError({ _tag: "TooLarge", what: "the file", got: BigInt(length), limit, unit: "bytes" }))
    },
    end: async () => Result.map(await decode(concatBytes(pieces.splice(0))), (rows) => [rows]),
  }
}

/** Whether the first axis of an array counts samples, so that some of its rows are samples too. */
const countsSamples = (fitted: FittedTree, { shape }: ArrayRows): Answer<boolean> =>
  Result.map(framing(fitted, shape), ({ count }) => shape[0] === count && count > 0)

/** Reads rows of which the header has been read. */
const rowByRow = (fitted: FittedTree, rows: ArrayRows): Reader => {
  const { offset, read, rowBytes, shape } = rows
  const [count = 0] = shape
  const pending: Array<Uint8Array> = []
  let held = 0
  let done = 0
  let skip = offset

  const wrongLength = (got: number): Answer<never> => {
    const wanted = BigInt(count) * BigInt(rowBytes)
    return Result.fail(dataError({ _tag: "BadLength", offset, got, wanted, why: `the shape ${Shape.print(shape)}` }))
  }

  return {
    push: (bytes) => {
      const fresh = bytes.subarray(Math.min(skip, bytes.length))
      skip -= bytes.length - fresh.length
      pending.push(fresh)
      held += fresh.length
      const some = Math.floor(held / rowBytes)
      if (done + held / rowBytes > count) return wrongLength(done * rowBytes + held)
      if (some === 0) return Result.succeed([])
      const all = concatBytes(pending.splice(0))
      const array = read(all.subarray(0, some * rowBytes), some)
      pending.push(all.subarray(some * rowBytes))
      held -= some * rowBytes
      done += some
      return Result.map(fromArray(fitted, array), (found): ReadonlyArray<Rows> => [found])
    },
    end: async () => (done === count && held === 0 ? Result.succeed([]) : wrongLength(done * rowBytes + held)),
  }
}

/** Reads a file row by row where its header allows it. */
const streamed =
  (open: (bytes: Uint8Array) => Answer<ArrayRows | undefined>, fallback: (fitted: FittedTree) => Reader) =>
  (fitted: FittedTree): Reader => {
    let chosen: Reader | undefined
    const pending: Array<Uint8Array> = []
    let held = 0

    const choose = (bytes: Uint8Array): Answer<Reader> =>
      Result.gen(function* () {
        const rows = yield* open(bytes)
        const isStream = rows !== undefined && rows.rowBytes > 0 && (yield* countsSamples(fitted, rows))
        return rows !== undefined && isStream ? rowByRow(fitted, rows) : fallback(fitted)
      })

    const begin = (): Answer<ReadonlyArray<Rows>> => {
      const bytes = concatBytes(pending.splice(0))
      return Result.flatMap(choose(bytes), (reader) => {
        chosen = reader
        return reader.push(bytes)
      })
    }

    return {
      push: (bytes) => {
        if (chosen !== undefined) return chosen.push(bytes)
        pending.push(bytes)
        held += bytes.length
        return held < maxHeaderBytes ? Result.succeed([]) : begin()
      },
      end: async () => {
        const first: Read = chosen === undefined ? begin() : Result.succeed([])
        const last = Result.isFailure(first) ? first : ((await chosen?.end()) ?? Result.succeed([]))
        return Result.flatMap(first, (rows) => Result.map(last, (others) => [...rows, ...others]))
      },
    }
  }

/** Reads an .npy file: row by row, or whole where its axes are in column-major order. */
export const npy = streamed(Npy.openRows, whole(Npy.decode))

/** Reads an idx file, unpacked. */
export const idx = streamed(
  Idx.openRows,
  whole((bytes) => Idx.decode(bytes)),
)

/** A kind of file with named arrays. */
type Archive = (files: { readonly path: Uint8Array }, names: ReadonlyArray<string>) => Source.Read<NamedArrays>

/** Reads the arrays of an archive that the inputs were read from in training, or the one called `inputs`. */
export const archive =
  (read: Archive, inputs: string) =>
  (fitted: FittedTree): Reader =>
    wholeRows((path) =>
      Result.gen(function* () {
        const own = inputArrays(fitted)?.map(([name]) => name)
        const names = [...new Set([...(own ?? [inputs]), ...lengthArrays(fitted)])]
        const { arrays } = yield* Result.mapError(read({ path }, names), ({ error }) => error)
        const found = Object.fromEntries(Object.entries(arrays).map(([name, { array }]) => [name, array]))
        if (own !== undefined) return yield* fromArrays(fitted, found)
        const [array] = Object.values(found)
        return array === undefined ? yield* fromArrays(fitted, found) : yield* fromArray(fitted, array)
      }),
    )
