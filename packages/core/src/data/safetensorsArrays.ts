/**
 * The arrays of a safetensors file (Hugging Face, 2022): eight bytes hold the length of a JSON header with dtypes, shapes and
 * offsets; the numbers follow. Nothing in it can be executed, and the header is checked against the file before anything is
 * allocated.
 */
import * as Result from "effect/Result"
import { NDArray } from "../types/NDArray.ts"
import { inPieces, type Pieces, piecesOf } from "../types/Pieces.ts"
import * as Shape from "../types/Shape.ts"
import { duplicateKey } from "./duplicateKey.ts"
import { type Format, formats, isCode, type Misfit } from "./safetensorsFormats.ts"

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

/** How the numbers of an entry are stored. Fails for a dtype that is not known, and for bytes that are not those of the shape. */
export const formatOf = (name: string, { data_offsets: [start, end], dtype, shape }: Entry): Result.Result<Format, Wrong> => {
  const quoted = JSON.stringify(name)
  if (!isCode(dtype)) return fail(`${quoted} of dtype ${JSON.stringify(dtype)}`, `one of ${Object.keys(formats).join(", ")}`)
  if (!Shape.isValid(shape)) return fail(`${quoted} of shape ${Shape.print(shape)}`, Shape.wanted)
  const format = formats[dtype]
  const wanted = Shape.size(shape) * format.bytes
  return end - start === wanted
    ? Result.succeed(format)
    : fail(`${end - start} bytes for ${quoted}`, `${wanted} for ${dtype}${Shape.print(shape)}`)
}

/** A number that does not fit into its dtype. */
export const misfit = (name: string, { dtype, shape }: Entry, { at, value }: Misfit): Wrong => ({
  got: `${JSON.stringify(name)} (${dtype}${Shape.print(shape)}) with ${value} at ${at}`,
  wanted: `numbers that fit into ${isCode(dtype) ? formats[dtype].dtype : dtype}`,
})

/** The bytes that are copied between two turns of others: less than a millisecond. */
const pieceBytes = 2 ** 20

function* decoding(name: string, entry: Entry, bytes: Uint8Array): Pieces<Result.Result<NDArray, Wrong>> {
  const format = formatOf(name, entry)
  if (Result.isFailure(format)) return Result.fail(format.failure)
  const { dtype, read } = format.success
  // A copy, because numbers begin at multiples of their size in memory; `slice` of a Buffer of Node would be a view.
  const copy = new Uint8Array(bytes.length)
  for (let from = 0; from < bytes.length; from += pieceBytes) {
    if (from > 0) yield
    copy.set(bytes.subarray(from, from + pieceBytes), from)
  }
  const data = read(copy.buffer)
  return "value" in data ? Result.fail(misfit(name, entry, data)) : Result.succeed(new NDArray(dtype, entry.shape, data))
}

/** The numbers of one array, from its bytes; perhaps in pieces. */
export const decoded = inPieces(decoding)

/** A file whose header was read and checked; no array is allocated yet. */
export interface Opened {
  /** In the order of their numbers. */
  readonly names: ReadonlyArray<string>
  readonly entries: ReadonlyMap<string, Entry>
  readonly body: Uint8Array
}

/** Bytes before the header: its length. */
export const lengthBytes = 8

/** The length of the header of a file of `size` bytes, given the first ones. */
export const headerLength = (first: Uint8Array, size: number): Result.Result<number, Wrong> => {
  if (first.length < lengthBytes) return fail(`${first.length} bytes`, "at least the 8 bytes of a header length")
  const length = new DataView(first.buffer, first.byteOffset, lengthBytes).getBigUint64(0, true)
  const rest = size - lengthBytes
  if (length > BigInt(rest)) return fail(`a header of ${length} bytes`, `at most the ${rest} bytes that follow`)
  return length > BigInt(maxHeaderBytes)
    ? fail(`a header of ${length} bytes`, `at most ${maxHeaderBytes}`)
    : Result.succeed(Number(length))
}

/** The entries of a header in the order of their numbers, which take `size` bytes. All offsets are checked. */
export const entriesOf = (header: Uint8Array, size: number): Result.Result<Header, Wrong> =>
  Result.flatMap(headerOf(header), (entries) => {
    const inOrder = entries.toSorted(
      ([, a], [, b]) => a.data_offsets[0] - b.data_offsets[0] || a.data_offsets[1] - b.data_offsets[1],
    )
    let next = 0
    for (const [name, { data_offsets }] of inOrder) {
      const [start, end] = data_offsets
      if (start !== next || end < start || end > size)
        return fail(
          `${JSON.stringify(name)} at ${start} to ${end}, after ${next}`,
          `arrays that follow one another without overlap or gap in ${size} bytes`,
        )
      next = end
    }
    return next === size ? Result.succeed(inOrder) : fail(`${size - next} bytes after the last array`, "none")
  })

/** The bytes of all arrays of a header; `undefined` for a wrong one. */
export const declaredSize = (header: Uint8Array): number | undefined =>
  Result.match(headerOf(header), {
    onSuccess: (entries) => Math.max(0, ...entries.map(([, { data_offsets }]) => data_offsets[1])),
    onFailure: () => undefined,
  })

/** Reads and checks the header of a file. */
export const open = (bytes: Uint8Array): Result.Result<Opened, Wrong> =>
  Result.flatMap(headerLength(bytes, bytes.length), (length) => {
    const body = bytes.subarray(lengthBytes + length)
    return Result.map(entriesOf(bytes.subarray(lengthBytes, lengthBytes + length), body.length), (entries) => ({
      names: entries.map(([name]) => name),
      entries: new Map(entries),
      body,
    }))
  })

function* reading({ body, entries }: Opened, name: string): Pieces<Result.Result<NDArray, Wrong>> {
  const entry = entries.get(name)
  if (entry === undefined) throw new TypeError(`there is no array ${JSON.stringify(name)}`)
  return yield* piecesOf(decoded, name, entry, body.subarray(...entry.data_offsets))
}

/**
 * The array of a name, by its own dtype, perhaps in pieces. Fails for a dtype that is not known, and for numbers that do not fit. Throws
 * `TypeError` for a name that the file does not have.
 */
export const read = inPieces(reading)
