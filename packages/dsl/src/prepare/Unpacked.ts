/**
 * Whether a gzipped table is within the limits of its reader. A small file can unpack to gigabytes; this counts bytes and rows
 * without keeping them, so that a check refuses what training would refuse.
 */
import * as Csv from "@adjoint/core/data/Csv"
import { DataError, dataError } from "@adjoint/core/data/DataError"
import * as GzipPieces from "@adjoint/core/data/GzipPieces"
import * as Text from "@adjoint/core/data/Text"
import * as Effect from "effect/Effect"

const [lineFeed, carriageReturn, quote] = [10, 13, 34]

/** Counts lines with content. Quotes may contain line ends, so lines after the first quote are not counted. */
const rowCounter = () => {
  let rows = 0
  let isExact = true
  /** The length of the line that the last piece did not end, and its last byte. */
  let length = 0
  let last = 0
  return (piece: Uint8Array): number => {
    isExact &&= !piece.includes(quote)
    if (!isExact) return rows
    let start = 0
    for (let end = piece.indexOf(lineFeed); end >= 0; end = piece.indexOf(lineFeed, start)) {
      const before = length + end - start
      const isBlank = before === 0 || (before === 1 && (length === 1 ? last : piece[start]) === carriageReturn)
      if (!isBlank) rows++
      start = end + 1
      length = 0
    }
    length += piece.length - start
    last = piece.at(-1) ?? last
    return rows
  }
}

/** The limits of the reader of tables. */
const usualLimits = { bytes: Text.limit, rows: Csv.defaultMaxRows } as const

/** The first limit that the unpacked text of a gzipped table exceeds; `undefined` if it is within all limits or is damaged. */
export const excess = (
  bytes: Uint8Array,
  limits: { readonly bytes: number; readonly rows: number } = usualLimits,
): Effect.Effect<DataError | undefined> =>
  Effect.promise(async () => {
    let length = 0
    const rowsOf = rowCounter()
    const packed = async function* () {
      yield bytes
    }
    try {
      for await (const piece of GzipPieces.pieces(packed())) {
        length += piece.length
        if (length > limits.bytes)
          return dataError({ _tag: "TooLarge", what: "the text", got: BigInt(length), limit: limits.bytes, unit: "bytes" })
        if (rowsOf(piece) > limits.rows)
          return dataError({
            _tag: "TooLarge",
            what: "the table",
            got: BigInt(limits.rows + 1),
            limit: limits.rows,
            unit: "rows",
          })
      }
    } catch (error) {
      if (!(error instanceof DataError)) throw error
    }
    return undefined
  })
