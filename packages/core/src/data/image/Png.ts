/**
 * PNG (ISO/IEC 15948): chunks with checksums, of which one gives the size and the kind of pixels, one the palette, and some the
 * rows, filtered and packed by zlib. Sizes are checked before anything is unpacked.
 */
import * as Result from "effect/Result"
import { crc32 } from "../crc32.ts"
import { type DataError, dataError, quote, type Reason } from "../DataError.ts"
import { maxRatio } from "../Gzip.ts"
import { inflate } from "./inflate.ts"
import { type Decoded, maxPixels, type Pixels } from "./Pixels.ts"

const refuse = (reason: Reason): Result.Result<never, DataError> => Result.fail(dataError(reason))

const damaged = (got: string) => refuse({ _tag: "Corrupt", format: "PNG", got })

const magic = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)

/** Whether bytes start as a PNG file does. */
export const isPng = (bytes: Uint8Array): boolean => magic.every((byte, at) => bytes[at] === byte)

/** The kinds of pixels by their codes: samples a pixel, and the bits that a sample may have. */
const kinds: { readonly [code: number]: { readonly samples: number; readonly depths: ReadonlyArray<number> } } = {
  0: { samples: 1, depths: [1, 2, 4, 8, 16] },
  2: { samples: 3, depths: [8, 16] },
  3: { samples: 1, depths: [1, 2, 4, 8] },
  4: { samples: 2, depths: [8, 16] },
  6: { samples: 4, depths: [8, 16] },
}
const indexed = 3

interface Header {
  readonly width: number
  readonly height: number
  readonly depth: number
  readonly code: number
  readonly samples: number
  readonly isInterlaced: boolean
}

/** One image of an interlaced file, or the only one: its pixels are at x0 + dx i, y0 + dy j. */
interface Pass {
  readonly x0: number
  readonly y0: number
  readonly dx: number
  readonly dy: number
}

const whole: ReadonlyArray<Pass> = [{ x0: 0, y0: 0, dx: 1, dy: 1 }]

/** The seven images of Adam7. */
const adam7: ReadonlyArray<Pass> = [
  { x0: 0, y0: 0, dx: 8, dy: 8 },
  { x0: 4, y0: 0, dx: 8, dy: 8 },
  { x0: 0, y0: 4, dx: 4, dy: 8 },
  { x0: 2, y0: 0, dx: 4, dy: 4 },
  { x0: 0, y0: 2, dx: 2, dy: 4 },
  { x0: 1, y0: 0, dx: 2, dy: 2 },
  { x0: 0, y0: 1, dx: 1, dy: 2 },
]

/** The image of a pass that has pixels. */
const sizesOf = ({ height, isInterlaced, width }: Header) =>
  (isInterlaced ? adam7 : whole).flatMap((pass) => {
    const columns = Math.ceil((width - pass.x0) / pass.dx)
    const rows = Math.ceil((height - pass.y0) / pass.dy)
    return columns > 0 && rows > 0 ? [{ ...pass, columns, rows }] : []
  })

const bytesOfRow = ({ depth, samples }: Header, columns: number): number => Math.ceil((columns * samples * depth) / 8)

/** What the chunks of a file hold. */
interface Chunks {
  readonly header: Header
  readonly palette: Uint8Array | undefined
  readonly transparency: Uint8Array | undefined
  readonly packed: Uint8Array
}

const headerOf = (content: Uint8Array): Result.Result<Header, DataError> => {
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength)
  const [width, height] = [view.getUint32(0), view.getUint32(4)]
  const [depth = 0, code = 0, method = 0, filter = 0, interlace = 0] = content.subarray(8)
  const kind = Object.hasOwn(kinds, code) ? kinds[code] : undefined
  if (width === 0 || height === 0) return damaged(`an image of ${width} by ${height} pixels`)
  if (kind === undefined || !kind.depths.includes(depth)) return damaged(`pixels of the kind ${code} with ${depth} bits a sample`)
  if (method !== 0 || filter !== 0 || interlace > 1)
    return damaged(`compression ${method}, filter ${filter}, interlace ${interlace}`)
  if (width * height > maxPixels)
    return refuse({ _tag: "TooLarge", what: "the image", got: BigInt(width) * BigInt(height), limit: maxPixels, unit: "pixels" })
  return Result.succeed({ width, height, depth, code, samples: kind.samples, isInterlaced: interlace === 1 })
}

const letters = (bytes: Uint8Array): string => String.fromCharCode(...bytes)

const chunksOf = (bytes: Uint8Array): Result.Result<Chunks, DataError> => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const cut = refuse({ _tag: "Truncated", offset: bytes.length, wanted: "its chunks" })
  let header: Header | undefined
  let palette: Uint8Array | undefined
  let transparency: Uint8Array | undefined
  const pieces: Array<Uint8Array> = []
  for (let at = 8; ; ) {
    if (at + 12 > bytes.length) return cut
    const length = view.getUint32(at)
    const type = letters(bytes.subarray(at + 4, at + 8))
    const end = at + 8 + length
    if (!/^[A-Za-z]{4}$/.test(type)) return damaged(`a chunk called ${quote(type)} at byte ${at}`)
    if (end + 4 > bytes.length) return cut
    const content = bytes.subarray(at + 8, end)
    const isNeeded = type.charCodeAt(0) < 0x60 || type === "tRNS"
    if (isNeeded && crc32(bytes.subarray(at + 4, end)) !== view.getInt32(end))
      return damaged(`a chunk ${type} with a wrong checksum at byte ${at}`)
    if ((type === "IHDR") !== (header === undefined)) return damaged(`a chunk ${type} at byte ${at}`)
    if (type === "IHDR") {
      if (length !== 13) return damaged(`a header of ${length} bytes`)
      const found = headerOf(content)
      if (Result.isFailure(found)) return Result.fail(found.failure)
      header = found.success
    } else if (type === "PLTE") {
      if (length === 0 || length % 3 !== 0 || length > 768) return damaged(`a palette of ${length} bytes`)
      palette = content
    } else if (type === "tRNS") transparency = content
    else if (type === "IDAT") pieces.push(content)
    else if (type === "IEND") break
    else if (isNeeded) return damaged(`a chunk ${type}, which is not known`)
    at = end + 4
  }
  if (header === undefined || pieces.length === 0) return damaged("no pixels")
  if (header.code === indexed && palette === undefined) return damaged("no palette")
  const packed = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const piece of pieces) {
    packed.set(piece, at)
    at += piece.length
  }
  return Result.succeed({ header, palette, transparency, packed })
}

/** The prediction of Paeth (1991). */
const paeth = (a: number, b: number, c: number): number => {
  const p = a + b - c
  const [da, db, dc] = [Math.abs(p - a), Math.abs(p - b), Math.abs(p - c)]
  return da <= db && da <= dc ? a : db <= dc ? b : c
}

/** Undoes the filter of each row in place, and leaves the bytes of the filters. `step` is the bytes of a pixel, at least 1. `false` for an unknown filter. */
const unfilter = (rows: Uint8Array, width: number, count: number, step: number): boolean => {
  for (let row = 0; row < count; row++) {
    const start = row * (width + 1) + 1
    const above = row === 0 ? -1 : start - width - 1
    const filter = rows[start - 1]
    if (filter === undefined || filter > 4) return false
    if (filter === 0) continue
    for (let i = 0; i < width; i++) {
      const a = i < step ? 0 : (rows[start + i - step] as number)
      const b = above < 0 ? 0 : (rows[above + i] as number)
      const c = above < 0 || i < step ? 0 : (rows[above + i - step] as number)
      const by = filter === 1 ? a : filter === 2 ? b : filter === 3 ? (a + b) >> 1 : paeth(a, b, c)
      rows[start + i] = (rows[start + i] as number) + by
    }
  }
  return true
}

/** Where samples are read from: whole numbers of `depth` bits. */
const sampleAt = (rows: Uint8Array, start: number, depth: number, i: number): number => {
  if (depth === 8) return rows[start + i] as number
  if (depth === 16) return ((rows[start + 2 * i] as number) << 8) | (rows[start + 2 * i + 1] as number)
  const bit = i * depth
  return ((rows[start + (bit >> 3)] as number) >> (8 - depth - (bit & 7))) & ((1 << depth) - 1)
}

/** Writes the pixels of one pass. */
type Put = (at: number, samples: ReadonlyArray<number> | Int32Array) => boolean

/** How samples become pixels. Of 16 bits the upper 8 are kept; fewer bits are stretched to 0…255. */
const putting = ({ header, palette, transparency }: Chunks, data: Uint8Array, channels: number): Put => {
  const { code, depth, samples } = header
  if (code === indexed && palette !== undefined)
    return (at, [index = 0]) => {
      if (3 * index >= palette.length) return false
      for (let i = 0; i < 3; i++) data[at * channels + i] = palette[3 * index + i] as number
      if (channels === 4) data[at * channels + 3] = transparency?.[index] ?? 255
      return true
    }
  const white = 2 ** depth - 1
  const byteOf = (sample: number): number => (depth === 16 ? sample >> 8 : (sample * 255) / white)
  // One colour that is transparent, in 16 bits a sample.
  const clear =
    channels === samples
      ? undefined
      : Array.from({ length: samples }, (_, i) => sampleAt(transparency ?? new Uint8Array(6), 0, 16, i))
  return (at, pixel) => {
    for (let i = 0; i < samples; i++) data[at * channels + i] = byteOf(pixel[i] as number)
    if (clear !== undefined) data[at * channels + samples] = clear.every((sample, i) => sample === pixel[i]) ? 0 : 255
    return true
  }
}

/** Channels of the pixels: a palette is red, green and blue; transparency adds alpha. */
const channelsOf = ({ header: { code, samples }, transparency }: Chunks): number => {
  const colours = code === indexed ? 3 : samples
  return transparency === undefined || code > indexed ? colours : colours + 1
}

/**
 * Reads a PNG file. Fails with `Truncated`, with `Corrupt` for what is damaged, and with `TooLarge` above `maxPixels`.
 */
export const decode = (bytes: Uint8Array): Decoded =>
  Result.flatMap(chunksOf(bytes), (chunks): Decoded => {
    const { header, packed, transparency } = chunks
    const { code, depth, height, samples, width } = header
    if (transparency !== undefined && code < indexed && transparency.length !== 2 * samples)
      return damaged(`a transparent colour of ${transparency.length} bytes`)
    const passes = sizesOf(header)
    const length = passes.reduce((sum, { columns, rows }) => sum + rows * (1 + bytesOfRow(header, columns)), 0)
    if (length > packed.length * maxRatio) return damaged(`${packed.length} bytes, which cannot unpack to its ${length}`)
    const rows = inflate(packed, length)
    if (typeof rows === "string") return damaged(rows)
    const channels = channelsOf(chunks)
    const data = new Uint8Array(width * height * channels)
    const put = putting(chunks, data, channels)
    const pixel = new Int32Array(samples)
    let start = 0
    for (const { columns, dx, dy, rows: count, x0, y0 } of passes) {
      const wide = bytesOfRow(header, columns)
      const own = rows.subarray(start, start + count * (wide + 1))
      start += own.length
      if (!unfilter(own, wide, count, Math.max(1, (samples * depth) >> 3))) return damaged("a row with an unknown filter")
      // Most files: whole rows of bytes that are the pixels.
      if (depth === 8 && code !== indexed && channels === samples && dx === 1 && dy === 1 && y0 === 0) {
        for (let y = 0; y < count; y++) data.set(own.subarray(y * (wide + 1) + 1, (y + 1) * (wide + 1)), y * wide)
        continue
      }
      for (let y = 0; y < count; y++)
        for (let x = 0; x < columns; x++) {
          for (let i = 0; i < samples; i++) pixel[i] = sampleAt(own, y * (wide + 1) + 1, depth, x * samples + i)
          if (!put((y0 + y * dy) * width + x0 + x * dx, pixel)) return damaged("a pixel outside its palette")
        }
    }
    return Result.succeed({ width, height, channels, data } satisfies Pixels)
  })
