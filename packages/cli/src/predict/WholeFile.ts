/** Files of arrays as rows to predict, read whole. */
import { type DataError, dataError } from "@adjoint/core/data/DataError"
import type { Fitted } from "@adjoint/core/data/Fitted"
import * as Idx from "@adjoint/core/data/Idx"
import * as Npy from "@adjoint/core/data/Npy"
import * as Npz from "@adjoint/core/data/Npz"
import type { NDArray } from "@adjoint/core/types/NDArray"
import * as Result from "effect/Result"
import { fromArray } from "./fromArray.ts"
import type { Reader } from "./Rows.ts"

/** The most bytes of a file that is read whole. */
const limit = 2 ** 31 - 1

const whole =
  (decode: (bytes: Uint8Array) => Result.Result<NDArray, DataError>) =>
  (fitted: Fitted): Reader => {
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
      end: () => {
        const all = new Uint8Array(length)
        let at = 0
        for (const bytes of pieces.splice(0)) {
          all.set(bytes, at)
          at += bytes.length
        }
        return Result.map(
          Result.flatMap(decode(all), (array) => fromArray(fitted, array)),
          (rows) => [rows],
        )
      },
    }
  }

export const npy = whole(Npy.decode)
export const idx = whole((bytes) => Idx.decode(bytes))

/** The array of inputs of an archive, by the name that training read it by. */
export const npz = (inputs: string) => whole((bytes) => Result.flatMap(Npz.open(bytes), (archive) => Npz.read(archive, inputs)))
