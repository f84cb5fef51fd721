/**
 * The arrays of a safetensors file (Hugging Face, 2022): eight bytes hold the length of a JSON header with dtypes, shapes and
 * offsets; the numbers follow. Nothing in it can be executed, and the header is checked against the file before anything is
 * allocated.
 */
import * as Result from "effect/Result"
import type { Storage } from "../types/DType.ts"
import { NDArray } from "../types/NDArray.ts"
import * as Shape from "../types/Shape.ts"
import { duplicateKey } from "./duplicateKey.ts"
import { formats, isCode } from "./safetensorsFormats.ts"

/** What is wrong with a file. */
export interface Wrong {
  readonly got: string
  readonly wanted: string
}

const fail = (got: string, wanted: string): Result.Result<never, Wrong> => Result.fail({ got, wanted })

/** The header entry of an array. Offsets count from the end of the header. */
export interface Entry {
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
export const metadataName = "__metadata__"

/** The longest header that is read, in bytes, as in the reference implementation. */
const maxHeaderBytes = 100_000_000

/** The entries of a header. */
type Header = ReadonlyArray<readonly [name: string, entry: Entry]>

/** The header of a file: JSON that names each array once. */
const headerOf = (bytes: Uint8Array): Result.Result<Header, Wrong> => {
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
const arrayOf = (
  name: string,
  { data_offsets: [start, end], dtype, shape }: Entry,
  body: Uint8Array,
): Result.Result<NDArray, Wrong> => {
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

/** A file whose header was read and checked; no array is allocated yet. */
export interface Opened {
  /** In the order of their numbers. */
  readonly names: ReadonlyArray<string>
  readonly entries: ReadonlyMap<string, Entry>
  readonly body: Uint8Array
}

/** Reads and checks the header of a file. */
export const open = (bytes: Uint8Array): Result.Result<Opened, Wrong> => {
  if (bytes.length < 8) return fail(`${bytes.length} bytes`, "at least the 8 bytes of a header length")
  const length = new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true)
  const rest = bytes.length - 8
  if (length > BigInt(rest)) return fail(`a header of ${length} bytes`, `at most the ${rest} bytes that follow`)
  if (length > BigInt(maxHeaderBytes)) return fail(`a header of ${length} bytes`, `at most ${maxHeaderBytes}`)
  const body = bytes.subarray(8 + Number(length))
  return Result.flatMap(headerOf(bytes.subarray(8, 8 + Number(length))), (entries) => {
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
    return Result.succeed({ names: inOrder.map(([name]) => name), entries: new Map(inOrder), body })
  })
}

/** The array of a name, by its own dtype. Fails for a dtype that is not known, and for numbers that do not fit. Throws `TypeError` for a name that the file does not have. */
export const read = ({ body, entries }: Opened, name: string): Result.Result<NDArray, Wrong> => {
  const entry = entries.get(name)
  if (entry === undefined) throw new TypeError(`there is no array ${JSON.stringify(name)}`)
  return arrayOf(name, entry, body)
}
