/**
 * The safetensors format (Hugging Face, 2022): named arrays in one file that every framework reads. Eight bytes hold the
 * length of a JSON header with dtypes, shapes and offsets; the numbers follow. Nothing in it can be executed, and the header
 * is checked against the file before anything is allocated.
 */
import * as Result from "effect/Result"
import type { Storage } from "../types/DType.ts"
import { NDArray } from "../types/NDArray.ts"
import * as Shape from "../types/Shape.ts"
import { refuse } from "../types/ShapeError.ts"
import { CheckpointError } from "./CheckpointError.ts"
import { duplicateKey } from "./duplicateKey.ts"
import { type Code, formats, isCode } from "./safetensorsFormats.ts"

const codeOf = ({ data, dtype }: NDArray): Code => {
  if (dtype === "f32") return data instanceof Float64Array ? "F64" : "F32"
  return dtype === "i32" ? "I32" : dtype === "u8" ? "U8" : "BOOL"
}

/** The header entry of an array. Offsets count from the end of the header. */
interface Entry {
  readonly dtype: string
  readonly shape: ReadonlyArray<number>
  readonly data_offsets: readonly [start: number, end: number]
}

const isObject = (json: unknown): json is Readonly<Record<string, unknown>> =>
  typeof json === "object" && json !== null && !Array.isArray(json)

const isCounts = (json: unknown): json is ReadonlyArray<number> =>
  Array.isArray(json) && json.every((count) => Number.isSafeInteger(count) && count >= 0)

/** Checked without a schema: every import of the library loads this module, and effect's schemas take longer to load than the library. */
const isEntry = (json: unknown): json is Entry =>
  isObject(json) &&
  Object.keys(json).sort().join() === "data_offsets,dtype,shape" &&
  typeof json.dtype === "string" &&
  isCounts(json.shape) &&
  isCounts(json.data_offsets) &&
  json.data_offsets.length === 2

/** The header name of texts about the file; it names no array. */
const metadataName = "__metadata__"

/** The longest header that is read, in bytes, as in the reference implementation. */
const maxHeaderBytes = 100_000_000

/** Arrays by name as the bytes of a safetensors file, in the order given; doubles stay doubles. Throws `ShapeError` for an array called `__metadata__`. */
export const encode = (arrays: ReadonlyMap<string, NDArray>): Uint8Array => {
  const taken = arrays.get(metadataName)
  if (taken !== undefined)
    refuse("Safetensors.encode", [taken], `another name than ${metadataName}, which the format reserves`, "rename it")
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

type Fail = (got: string, wanted: string) => Result.Result<never, CheckpointError>

/** The entries of a header. */
type Header = ReadonlyArray<readonly [name: string, entry: Entry]>

/** The header of a file: JSON that names each array once. */
const headerOf = (bytes: Uint8Array, fail: Fail): Result.Result<Header, CheckpointError> => {
  let text: string
  let json: unknown
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes)
    json = JSON.parse(text)
  } catch {
    return fail("a header that is not JSON", "a JSON object")
  }
  if (!isObject(json)) return fail("a header that is no object", "a JSON object")
  const duplicate = duplicateKey(text)
  if (duplicate !== undefined) return fail(`two entries for ${JSON.stringify(duplicate)}`, "one entry for each name")
  const entries: Array<readonly [name: string, entry: Entry]> = []
  for (const [name, entry] of Object.entries(json)) {
    if (name === metadataName) continue
    if (!isEntry(entry)) return fail(`an entry for ${JSON.stringify(name)} that is incomplete`, "dtype, shape and data_offsets")
    entries.push([name, entry])
  }
  return Result.succeed(entries)
}

/** The numbers of one array. */
const arrayOf = (name: string, { data_offsets: [start, end], dtype, shape }: Entry, body: Uint8Array, fail: Fail) => {
  const quoted = JSON.stringify(name)
  if (!isCode(dtype)) return fail(`${quoted} of dtype ${JSON.stringify(dtype)}`, `one of ${Object.keys(formats).join(", ")}`)
  if (!Shape.isValid(shape)) return fail(`${quoted} of shape ${Shape.print(shape)}`, Shape.wanted)
  const format = formats[dtype]
  const wanted = Shape.size(shape) * format.bytes
  if (end - start !== wanted) return fail(`${end - start} bytes for ${quoted}`, `${wanted} for ${dtype}${Shape.print(shape)}`)
  // A copy, because numbers begin at multiples of their size in memory; `slice` of a Buffer of Node would be a view.
  const data: Storage | string = format.read(new Uint8Array(body.subarray(start, end)).buffer)
  return typeof data === "string"
    ? fail(`${quoted} (${dtype}${Shape.print(shape)}) with ${data}`, `numbers that fit into ${format.dtype}`)
    : Result.succeed(new NDArray(format.dtype, shape, data))
}

/**
 * The arrays in the bytes of a safetensors file, each by its own dtype: F64, F32, F16 and BF16 become f32 (F64 in doubles),
 * whole numbers that fit i32, U8 u8 and BOOL bool. `file` names the file in errors, which name the array that cannot be used.
 */
export const decode = (bytes: Uint8Array, file: string): Result.Result<ReadonlyMap<string, NDArray>, CheckpointError> => {
  const fail: Fail = (got, wanted) =>
    Result.fail(
      new CheckpointError({ file, got, wanted, hint: "an earlier checkpoint; this file is damaged or no safetensors file" }),
    )
  if (bytes.length < 8) return fail(`${bytes.length} bytes`, "at least the 8 bytes of a header length")
  const length = new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true)
  const rest = bytes.length - 8
  if (length > BigInt(rest)) return fail(`a header of ${length} bytes`, `at most the ${rest} bytes that follow`)
  if (length > BigInt(maxHeaderBytes)) return fail(`a header of ${length} bytes`, `at most ${maxHeaderBytes}`)
  const body = bytes.subarray(8 + Number(length))
  return Result.flatMap(headerOf(bytes.subarray(8, 8 + Number(length)), fail), (entries) => {
    const inOrder = entries.toSorted(
      ([, a], [, b]) => a.data_offsets[0] - b.data_offsets[0] || a.data_offsets[1] - b.data_offsets[1],
    )
    // All offsets are checked before the first array is allocated.
    let next = 0
    for (const [name, { data_offsets }] of inOrder) {
      const [start, end] = data_offsets
      if (start !== next || end < start || end > body.length)
        return fail(
          `${JSON.stringify(name)} at ${start} to ${end}, after ${next}`,
          `arrays that follow one another without overlap or gap in ${body.length} bytes`,
        )
      next = end
    }
    if (next !== body.length) return fail(`${body.length - next} bytes after the last array`, "none")
    const arrays = new Map<string, NDArray>()
    for (const [name, entry] of inOrder) {
      const array = arrayOf(name, entry, body, fail)
      if (Result.isFailure(array)) return Result.fail(array.failure)
      arrays.set(name, array.success)
    }
    return Result.succeed<ReadonlyMap<string, NDArray>>(arrays)
  })
}
