/**
 * The pages of a column in a Parquet file, unpacked and checked before hyparquet decodes them: the lengths of runs, of blocks and
 * of shared prefixes come from the file, and a wrong one would make a decoder fill memory or run for hours.
 */
import type { ColumnChunk, PageHeader, SchemaTree } from "hyparquet"
import { parquetHeader } from "hyparquet/src/column.js"
import { deltaBinaryUnpack } from "hyparquet/src/delta.js"
import { readRleBitPackedHybrid } from "hyparquet/src/encoding.js"
import { getMaxDefinitionLevel, getMaxRepetitionLevel } from "hyparquet/src/schema.js"
import { readVarInt } from "hyparquet/src/thrift.js"
import { compressors } from "hyparquet-compressors"

/** What is wrong with a page; never leaves the reader. */
export class Damaged extends Error {}

const damaged = (got: string): never => {
  throw new Damaged(got)
}

interface Reader {
  readonly view: DataView
  offset: number
}

const readerOf = (bytes: Uint8Array, offset = 0): Reader => ({
  view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength),
  offset,
})

type Unpack = (input: Uint8Array, length: number) => Uint8Array

/** Node's own decompressors, which take a fraction of the time. */
const native = (): { readonly [codec: string]: Unpack } => {
  const zlib = globalThis.process?.getBuiltinModule?.("node:zlib")
  if (zlib === undefined) return {}
  const { brotliDecompressSync, gunzipSync, zstdDecompressSync } = zlib
  return {
    BROTLI: (input, length) => brotliDecompressSync(input, { maxOutputLength: length }),
    GZIP: (input, length) => gunzipSync(input, { maxOutputLength: length }),
    ZSTD: (input, length) => zstdDecompressSync(input, { maxOutputLength: length }),
  }
}

const unpackers: { readonly [codec: string]: Unpack } = { ...compressors, ...native() }

/** The compressions that are read. */
export const codecs = Object.keys(unpackers)

const unpacked = (codec: string, input: Uint8Array, length: number): Uint8Array => {
  if (length === 0) return input.subarray(0, 0)
  if (codec === "UNCOMPRESSED") return input.length === length ? input : damaged(`${input.length} bytes, of ${length}`)
  const unpack = Object.hasOwn(unpackers, codec) ? unpackers[codec] : undefined
  if (unpack === undefined) throw new Error(`unsupported compression ${codec}`)
  const output = unpack(input, length)
  return output.length === length ? output : damaged(`${output.length} bytes of ${codec}, of ${length}`)
}

/** Values that a run may have beyond those that are wanted: the last group of packed values is filled up. */
const spare = 512

/** Checks the runs of values of `width` bits, of which `count` are wanted. `end` is where the runs end. */
const checkRuns = (reader: Reader, width: number, count: number, end: number): void => {
  for (let seen = 0; seen < count && reader.offset < end; ) {
    const header = readVarInt(reader)
    const isPacked = (header & 1) === 1
    const length = isPacked ? (header >> 1) << 3 : header >>> 1
    if (length < 0 || length > count + spare) damaged(`a run of ${length} values, of ${count}`)
    reader.offset += isPacked ? Math.ceil((length * width) / 8) : (width + 7) >> 3
    seen += length
  }
}

/** The most blocks that a block of differences is divided into. */
const maxBlocks = 1024

/** The whole numbers of differences that begin here. */
const differences = (reader: Reader, count: number): Int32Array => {
  const start = reader.offset
  const [size, blocks] = [readVarInt(reader), readVarInt(reader)]
  if (blocks < 1 || blocks > maxBlocks || size < 1 || size > 2 ** 20) damaged(`blocks of ${size} values in ${blocks} parts`)
  reader.offset = start
  const out = new Int32Array(count)
  deltaBinaryUnpack(reader, count, out)
  return out
}

/** Checks texts that share the start of the text before them. */
const checkPrefixes = (reader: Reader, count: number, limit: number): void => {
  const prefixes = differences(reader, count)
  const rests = differences(reader, count)
  let before = 0
  let total = 0
  for (let i = 0; i < count; i++) {
    const [prefix, rest] = [prefixes[i] ?? 0, rests[i] ?? 0]
    if (prefix < 0 || rest < 0 || prefix > before) damaged(`a text that shares ${prefix} bytes with one of ${before}`)
    before = prefix + rest
    total += before
    if (total > limit) damaged(`texts of more than ${limit} bytes`)
  }
}

/** What a column's pages hold. */
interface Column {
  readonly chunk: ColumnChunk
  readonly path: ReadonlyArray<SchemaTree>
}

/** Checks the values of a page, at most `count`. */
const checkValues = (
  page: Uint8Array,
  offset: number,
  count: number,
  encoding: string,
  { path }: Column,
  limit: number,
): void => {
  const reader = readerOf(page, offset)
  const element = path.at(-1)?.element
  if (element?.type === "FIXED_LEN_BYTE_ARRAY" && (element.type_length ?? 0) > Math.max(16, page.length))
    damaged(`values of ${element.type_length} bytes in a page of ${page.length}`)
  if (count === 0) return
  if (encoding === "PLAIN_DICTIONARY" || encoding === "RLE_DICTIONARY") {
    if (offset >= page.length) return
    const width = page[offset] ?? 0
    if (width > 32) damaged(`indices of ${width} bits`)
    reader.offset++
    checkRuns(reader, width, count, page.length)
  } else if (encoding === "RLE") checkRuns(reader, 1, count, page.length)
  else if (encoding === "DELTA_BYTE_ARRAY") checkPrefixes(reader, count, limit)
  else if (encoding.startsWith("DELTA_")) {
    const [size, blocks] = [readVarInt(reader), readVarInt(reader)]
    if (blocks < 1 || blocks > maxBlocks || size < 1 || size > 2 ** 20) damaged(`blocks of ${size} values in ${blocks} parts`)
  } else if (encoding !== "PLAIN" && encoding !== "BYTE_STREAM_SPLIT") throw new Error(`unsupported encoding ${encoding}`)
}

/** How many of `count` values are there, by checked levels that begin with their length: those with the largest level. */
const presentOf = (page: Uint8Array, start: number, level: number, count: number): number => {
  const levels = new Array<number>(count).fill(0)
  readRleBitPackedHybrid(readerOf(page, start), bitsOf(level), levels)
  return levels.reduce((sum, each) => (each === level ? sum + 1 : sum), 0)
}

/** Bits that hold a level. */
const bitsOf = (level: number): number => 32 - Math.clz32(level)

/** Unpacks a page, and checks it. The result is what a decompressor returns for it; `undefined` for a page that is not packed. */
const checkPage = (header: PageHeader, packed: Uint8Array, column: Column, limit: number): Uint8Array | undefined => {
  const codec = column.chunk.meta_data?.codec ?? "UNCOMPRESSED"
  const { data_page_header: first, data_page_header_v2: second, dictionary_page_header: dictionary } = header
  const size = header.uncompressed_page_size
  const [repetition, definition] = [getMaxRepetitionLevel([...column.path]), getMaxDefinitionLevel([...column.path])]
  if (second !== undefined) {
    const { definition_levels_byte_length: defined, repetition_levels_byte_length: repeated } = second
    const at = defined + repeated
    if (!(defined >= 0 && repeated >= 0) || at > packed.length || at > size) damaged(`levels of ${at} bytes`)
    if (!(second.num_nulls >= 0 && second.num_nulls <= second.num_values && second.num_rows >= 0))
      damaged("a wrong number of blanks")
    if (repetition > 0) checkRuns(readerOf(packed), bitsOf(repetition), second.num_values, repeated)
    if (definition > 0) checkRuns(readerOf(packed, repeated), bitsOf(definition), second.num_values, at)
    const rest = packed.subarray(at)
    const isPacked = second.is_compressed !== false && codec !== "UNCOMPRESSED" && size > at
    const page = isPacked ? unpacked(codec, rest, size - at) : rest
    // The runs of truth values begin with their length in the first version alone.
    checkValues(page, 0, second.num_values - second.num_nulls, second.encoding, column, limit)
    return isPacked ? page : undefined
  }
  const page = unpacked(codec, packed, size)
  if (first !== undefined) {
    const reader = readerOf(page)
    let count = first.num_values
    for (const level of [repetition, definition]) {
      if (level === 0) continue
      if (reader.offset + 4 > page.length) damaged("levels that are cut off")
      const start = reader.offset
      const end = start + 4 + reader.view.getUint32(start, true)
      reader.offset += 4
      checkRuns(reader, bitsOf(level), first.num_values, Math.min(end, page.length))
      if (end > page.length) damaged("levels that are cut off")
      if (level === definition && first.encoding === "DELTA_BYTE_ARRAY") count = presentOf(page, start, level, count)
      reader.offset = end
    }
    const isRun = first.encoding === "RLE"
    checkValues(page, reader.offset + (isRun ? 4 : 0), count, first.encoding, column, limit)
  } else if (dictionary === undefined) throw new Error(`unsupported page ${header.type}`)
  return codec === "UNCOMPRESSED" ? undefined : page
}

/** The pages that were packed, in order, and how many bytes all pages have together. */
export interface Pages {
  readonly pages: ReadonlyArray<Uint8Array>
  readonly bytes: number
}

/** Where the bytes of a column are in its file. Throws `Damaged`. */
export const rangeOf = (
  { file_path: path, meta_data: meta }: ColumnChunk,
  fileBytes: number,
): readonly [start: number, end: number] => {
  if (meta === undefined || (path !== undefined && path !== "")) return damaged("its pages are in another file")
  const start = Number(meta.dictionary_page_offset ?? meta.data_page_offset)
  const end = start + Number(meta.total_compressed_size)
  return start >= 4 && start <= end && end <= fileBytes ? [start, end] : damaged(`bytes ${start} to ${end} of ${fileBytes}`)
}

/**
 * Unpacks the pages of a column, given its bytes, and checks them; together they have at most `limit` bytes. Throws `Damaged`, and
 * what a decompressor throws.
 */
export const pagesOf = (own: Uint8Array, column: Column, limit: number): Pages => {
  const { chunk } = column
  const wanted = Number(chunk.meta_data?.num_values ?? 0n)
  const reader = readerOf(own)
  const pages: Array<Uint8Array> = []
  // The decoder reads the pages of lists up to the last byte.
  const isList = getMaxRepetitionLevel([...column.path]) > 0
  let values = 0
  let total = 0
  while (isList ? reader.offset < own.length - 1 : values < wanted && reader.offset < own.length) {
    const header = parquetHeader(reader)
    const { compressed_page_size: packed, uncompressed_page_size: size } = header
    const page = header.data_page_header ?? header.data_page_header_v2
    const count = page?.num_values ?? header.dictionary_page_header?.num_values ?? 0
    const at = reader.offset
    if (!(packed >= 0 && size >= 0 && count >= 0) || at + packed > own.length) damaged(`a page of ${packed} bytes`)
    total += size
    if (total > limit) damaged(`more than ${limit} bytes, unpacked`)
    if (values + (page === undefined ? 0 : count) > wanted) damaged(`more than ${wanted} values`)
    // An entry of a dictionary takes a byte or more.
    if (page === undefined && count > size) damaged(`a dictionary of ${count} values in ${size} bytes`)
    const found = checkPage(header, own.subarray(at, at + packed), column, limit)
    if (found !== undefined) pages.push(found)
    if (page !== undefined) values += count
    reader.offset += packed
  }
  return values === wanted ? { pages, bytes: total } : damaged(`${values} of ${wanted} values`)
}
