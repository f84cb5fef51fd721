/**
 * The safetensors format (Hugging Face, 2022): named arrays in one file that every framework reads. Eight bytes hold the
 * length of a JSON header with dtypes, shapes and offsets; the numbers follow. Nothing in it can be executed, and the header
 * is checked against the file before anything is allocated.
 */
import * as Result from "effect/Result"
import * as Arrays from "../data/safetensorsArrays.ts"
import type { Code } from "../data/safetensorsFormats.ts"
import type { NDArray } from "../types/NDArray.ts"
import { inPieces, type Pieces, piecesOf } from "../types/Pieces.ts"
import { refuse } from "../types/ShapeError.ts"
import { CheckpointError } from "./CheckpointError.ts"

const codeOf = ({ data, dtype }: NDArray): Code => {
  if (dtype === "f32") return data instanceof Float64Array ? "F64" : "F32"
  return dtype === "i32" ? "I32" : dtype === "u8" ? "U8" : "BOOL"
}

/** The bytes that are copied between two turns of others: less than a millisecond. */
const pieceBytes = 2 ** 20

function* encoding(arrays: ReadonlyMap<string, NDArray>): Pieces<Uint8Array> {
  const taken = arrays.get(Arrays.metadataName)
  if (taken !== undefined)
    refuse("Safetensors.encode", [taken], `another name than ${Arrays.metadataName}, which the format reserves`, "rename it")
  let end = 0
  const header = Object.fromEntries(
    [...arrays].map(([name, array]) => {
      const start = end
      end += array.data.byteLength
      return [name, { dtype: codeOf(array), shape: array.shape, data_offsets: [start, end] }]
    }),
  )
  const json = new TextEncoder().encode(JSON.stringify(header))
  // Padded with spaces so that the numbers are aligned.
  const length = Math.ceil(json.length / 8) * 8
  const bytes = new Uint8Array(8 + length + end).fill(0x20, 8, 8 + length)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true)
  bytes.set(json, 8)
  let at = 8 + length
  for (const { data } of arrays.values()) {
    const own = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    for (let from = 0; from < own.length; from += pieceBytes) {
      bytes.set(own.subarray(from, from + pieceBytes), at + from)
      yield
    }
    at += own.length
  }
  return bytes
}

/**
 * Arrays by name as the bytes of a safetensors file, in the order given; doubles stay doubles. They can be written in pieces. Throws
 * `ShapeError` for an array called `__metadata__`.
 */
export const encode = inPieces(encoding)

type Decoded = Result.Result<ReadonlyMap<string, NDArray>, CheckpointError>

function* decoding(bytes: Uint8Array, file: string): Pieces<Decoded> {
  const wrong = ({ got, wanted }: Arrays.Wrong): Decoded =>
    Result.fail(
      new CheckpointError({ file, got, wanted, hint: "an earlier checkpoint; this file is damaged or no safetensors file" }),
    )
  const opened = Arrays.open(bytes)
  if (Result.isFailure(opened)) return wrong(opened.failure)
  const arrays = new Map<string, NDArray>()
  for (const name of opened.success.names) {
    const array = yield* piecesOf(Arrays.read, opened.success, name)
    if (Result.isFailure(array)) return wrong(array.failure)
    arrays.set(name, array.success)
    yield
  }
  return Result.succeed(arrays)
}

/**
 * The arrays in the bytes of a safetensors file, each by its own dtype: F64, F32, F16 and BF16 become f32 (F64 in doubles),
 * whole numbers that fit i32, U8 u8 and BOOL bool. They can be read in pieces. `file` names the file in errors, which name the array that cannot be used.
 */
export const decode = inPieces(decoding)
