/**
 * The safetensors format (Hugging Face, 2022): named arrays in one file that every framework reads. Eight bytes of
 * header length, a JSON header of kinds, shapes and places, then the numbers. Nothing in it can be executed, and the
 * header is checked against the file before anything is allocated.
 */
import * as Result from "effect/Result"
import type { DType, Storage } from "../words/DType.ts"
import { NDArray } from "../words/NDArray.ts"
import * as Shape from "../words/Shape.ts"
import { CheckpointError } from "./CheckpointError.ts"

type Code = "F64" | "F32" | "I32" | "U8" | "BOOL"

interface Format {
  readonly dtype: DType
  readonly bytes: number
  readonly read: (buffer: ArrayBuffer) => Storage
}

const formats: { readonly [C in Code]: Format } = {
  F64: { dtype: "f32", bytes: 8, read: (buffer) => new Float64Array(buffer) },
  F32: { dtype: "f32", bytes: 4, read: (buffer) => new Float32Array(buffer) },
  I32: { dtype: "i32", bytes: 4, read: (buffer) => new Int32Array(buffer) },
  U8: { dtype: "u8", bytes: 1, read: (buffer) => new Uint8Array(buffer) },
  BOOL: { dtype: "bool", bytes: 1, read: (buffer) => new Uint8Array(buffer) },
}

const codeOf = ({ data, dtype }: NDArray): Code => {
  if (dtype === "f32") return data instanceof Float64Array ? "F64" : "F32"
  return dtype === "i32" ? "I32" : dtype === "u8" ? "U8" : "BOOL"
}

/** What a header says of an array: where its bytes begin and end is counted from the header's end. */
interface Entry {
  readonly dtype: Code
  readonly shape: ReadonlyArray<number>
  readonly data_offsets: readonly [start: number, end: number]
}

const isObject = (json: unknown): json is Readonly<Record<string, unknown>> =>
  typeof json === "object" && json !== null && !Array.isArray(json)

const isCounts = (json: unknown): json is ReadonlyArray<number> =>
  Array.isArray(json) && json.every((count) => Number.isSafeInteger(count) && count >= 0)

/** Checked without a schema: whoever imports the library loads this module, and effect's schemas take longer to load than the library. */
const isEntry = (json: unknown): json is Entry =>
  isObject(json) &&
  Object.keys(json).sort().join() === "data_offsets,dtype,shape" &&
  typeof json.dtype === "string" &&
  Object.hasOwn(formats, json.dtype) &&
  isCounts(json.shape) &&
  isCounts(json.data_offsets) &&
  json.data_offsets.length === 2

/** Arrays by name as the bytes of a safetensors file, in the order given; doubles stay doubles. */
export const encode = (arrays: ReadonlyMap<string, NDArray>): Uint8Array => {
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
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at)
    at += data.byteLength
  }
  return bytes
}

/** The arrays in the bytes of a safetensors file. `file` names it in errors. */
export const decode = (bytes: Uint8Array, file: string): Result.Result<ReadonlyMap<string, NDArray>, CheckpointError> => {
  const fail = (got: string, wanted: string) =>
    Result.fail(
      new CheckpointError({ file, got, wanted, hint: "an earlier checkpoint; this file is damaged or no safetensors file" }),
    )
  if (bytes.length < 8) return fail(`${bytes.length} bytes`, "at least the 8 bytes of a header length")
  const length = new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true)
  const rest = bytes.length - 8
  if (length > BigInt(rest)) return fail(`a header of ${length} bytes`, `at most the ${rest} bytes that follow`)
  const body = bytes.subarray(8 + Number(length))
  let json: unknown
  try {
    json = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(8, 8 + Number(length))))
  } catch {
    return fail("a header that is not JSON", "a JSON object")
  }
  if (!isObject(json)) return fail("a header that is no object", "a JSON object")
  const entries: Array<readonly [name: string, entry: Entry]> = []
  for (const [name, entry] of Object.entries(json)) {
    if (name === "__metadata__") continue
    if (!isEntry(entry)) return fail(`a header that does not hold for ${name}`, "dtype, shape and data_offsets for each array")
    entries.push([name, entry])
  }
  const arrays = new Map<string, NDArray>()
  let next = 0
  for (const [name, { data_offsets, dtype, shape }] of entries.sort(
    ([, a], [, b]) => a.data_offsets[0] - b.data_offsets[0] || a.data_offsets[1] - b.data_offsets[1],
  )) {
    const format = formats[dtype]
    const [start, end] = data_offsets
    const wanted = Shape.size(shape) * format.bytes
    if (start !== next || end > body.length)
      return fail(`${name} at ${start} to ${end}`, `arrays end to end in ${body.length} bytes`)
    if (!Shape.isValid(shape) || end - start !== wanted)
      return fail(`${end - start} bytes for ${name}`, `${wanted} for ${dtype}${Shape.print(shape)}`)
    arrays.set(name, new NDArray(format.dtype, shape, format.read(new Uint8Array(body.subarray(start, end)).buffer)))
    next = end
  }
  return next === body.length ? Result.succeed(arrays) : fail(`${body.length - next} bytes after the last array`, "none")
}
