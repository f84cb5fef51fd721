/**
 * Whether a gzipped table can be read. A small file can unpack to gigabytes; this reads it without keeping its cells, so that a
 * check refuses what training would refuse.
 */
import * as Csv from "@adjoint/core/data/Csv"
import { DataError, dataError } from "@adjoint/core/data/DataError"
import * as GzipPieces from "@adjoint/core/data/GzipPieces"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"

/** The error of the reader of tables; `undefined` if there is none. `options` and `bytes` may set other limits. */
export const refusal = (
  packed: Uint8Array,
  options: Csv.Options,
  maxBytes: number = Csv.maxBytes,
): Effect.Effect<DataError | undefined> =>
  Effect.promise(async () => {
    const reader = Csv.reader({ ...options, use: () => "ignore" })
    let length = 0
    const source = async function* () {
      yield packed
    }
    try {
      for await (const piece of GzipPieces.pieces(source())) {
        length += piece.length
        if (length > maxBytes)
          return dataError({ _tag: "TooLarge", what: "the text", got: BigInt(length), limit: maxBytes, unit: "bytes" })
        const read = reader.push(piece)
        if (Result.isFailure(read)) return read.failure
      }
      const table = reader.end()
      return Result.isFailure(table) ? table.failure : undefined
    } catch (error) {
      if (error instanceof DataError) return error
      throw error
    }
  })
