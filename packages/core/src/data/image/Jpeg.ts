/**
 * JPEG (ITU-T T.81): baseline, extended and progressive files of 8 bits, coded by Huffman, grey or of three components. The
 * samples are those of libjpeg's defaults, to the bit. Sizes are checked before anything is allocated.
 */
import * as Result from "effect/Result"
import { type DataError, dataError, type Reason } from "../DataError.ts"
import { orientationOf, turned } from "./exif.ts"
import { type Bits, bitsOf, type Codes, codesOf, Damaged } from "./jpegBits.ts"
import { writeBlock } from "./jpegBlocks.ts"
import { type Plane, pixelsOf } from "./jpegPlanes.ts"
import { type Decoded, maxPixels } from "./Pixels.ts"

/** Whether bytes start as a JPEG file does. */
export const isJpeg = (bytes: Uint8Array): boolean => bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff

/** Stops decoding; never leaves this module. */
class Refused extends Error {
  readonly reason: Reason
  constructor(reason: Reason) {
    super()
    this.reason = reason
  }
}

const damaged = (got: string): never => {
  throw new Damaged(got)
}

/** The places of coefficients in the order of a file, in natural order. */
// biome-ignore format: eight rows, as in the standard
const zigzag = Uint8Array.of(
  0, 1, 8, 16, 9, 2, 3, 10,
  17, 24, 32, 25, 18, 11, 4, 5,
  12, 19, 26, 33, 40, 48, 41, 34,
  27, 20, 13, 6, 7, 14, 21, 28,
  35, 42, 49, 56, 57, 50, 43, 36,
  29, 22, 15, 23, 30, 37, 44, 51,
  58, 59, 52, 45, 38, 31, 39, 46,
  53, 60, 61, 54, 47, 55, 62, 63,
)

/** A component of the image. */
interface Component {
  readonly id: number
  /** Sampling factors. */
  readonly across: number
  readonly down: number
  readonly table: number
  /** Blocks in a row and in a column: those with pixels, and all that are stored. */
  readonly columns: number
  readonly rows: number
  readonly stride: number
  readonly coefficients: Int16Array
  quantities: Uint16Array | undefined
  /** The last constant coefficient. */
  last: number
}

interface Frame {
  readonly height: number
  readonly width: number
  readonly isProgressive: boolean
  readonly components: ReadonlyArray<Component>
  /** The largest sampling factors. */
  readonly across: number
  readonly down: number
}

/** What the segments of a file set. */
interface State {
  readonly quantities: Array<Uint16Array>
  readonly constants: Array<Codes>
  readonly others: Array<Codes>
  interval: number
  frame: Frame | undefined
  orientation: number
  /** The transform that a segment of Adobe names: 0 is none. */
  transform: number | undefined
  scans: number
}

const frameOf = (segment: Uint8Array, isProgressive: boolean, fileBytes: number): Frame => {
  const [depth = 0, h1 = 0, h0 = 0, w1 = 0, w0 = 0, count = 0] = segment
  const [height, width] = [h1 * 256 + h0, w1 * 256 + w0]
  if (depth !== 8) damaged(`samples of ${depth} bits; wanted 8`)
  if (height === 0 || width === 0) damaged(`an image of ${width} by ${height} pixels`)
  if (count === 4) throw new Refused({ _tag: "Corrupt", format: "JPEG", got: "four components (CMYK), which are not supported" })
  if ((count !== 1 && count !== 3) || segment.length < 6 + 3 * count) damaged(`${count} components`)
  if (height * width > maxPixels)
    throw new Refused({ _tag: "TooLarge", what: "the image", got: BigInt(width * height), limit: maxPixels, unit: "pixels" })
  const factors = Array.from({ length: count }, (_, i) => {
    const [id = 0, sampling = 0, table = 0] = segment.subarray(6 + 3 * i)
    // A single component is stored block by block, whatever its factors.
    const [across, down] = count === 1 ? [1, 1] : [sampling >> 4, sampling & 15]
    if (across < 1 || across > 4 || down < 1 || down > 4 || table > 3) damaged("wrong sampling factors")
    return { id, across, down, table }
  })
  const across = Math.max(...factors.map((each) => each.across))
  const down = Math.max(...factors.map((each) => each.down))
  if (factors.some((each) => across % each.across !== 0 || down % each.down !== 0))
    damaged("sampling factors that are not supported")
  const [unitColumns, unitRows] = [Math.ceil(width / (8 * across)), Math.ceil(height / (8 * down))]
  const blocks = factors.reduce((sum, each) => sum + unitColumns * each.across * unitRows * each.down, 0)
  // A block takes a bit or more.
  if (blocks > 8 * fileBytes) damaged(`${fileBytes} bytes, which cannot hold ${width} by ${height} pixels`)
  const components = factors.map(
    (each): Component => ({
      ...each,
      columns: Math.ceil(Math.ceil((width * each.across) / across) / 8),
      rows: Math.ceil(Math.ceil((height * each.down) / down) / 8),
      stride: unitColumns * each.across,
      coefficients: new Int16Array(64 * unitColumns * each.across * unitRows * each.down),
      quantities: undefined,
      last: 0,
    }),
  )
  return { height, width, isProgressive, components, across, down }
}

/** Reads quantization tables. */
const readQuantities = (segment: Uint8Array, { quantities }: State): void => {
  for (let at = 0; at < segment.length; ) {
    const head = segment[at++] ?? 0
    const bytes = (head >> 4) + 1
    if (bytes > 2 || (head & 15) > 3 || at + 64 * bytes > segment.length) damaged("a quantization table that is cut off")
    const table = new Uint16Array(64)
    for (let i = 0; i < 64; i++, at += bytes)
      table[zigzag[i] as number] =
        bytes === 1 ? (segment[at] as number) : (segment[at] as number) * 256 + (segment[at + 1] as number)
    quantities[head & 15] = table
  }
}

/** Reads tables of codes. */
const readCodes = (segment: Uint8Array, { constants, others }: State): void => {
  for (let at = 0; at < segment.length; ) {
    const head = segment[at] ?? 0
    const counts = segment.subarray(at + 1, at + 17)
    const total = counts.reduce((sum, count) => sum + count, 0)
    const values = segment.slice(at + 17, at + 17 + total)
    const isWhole = counts.length === 16 && values.length === total && (head & 15) < 4 && head >> 4 < 2
    const codes = (isWhole ? codesOf(counts, values) : undefined) ?? damaged("a wrong table of codes")
    ;(head >> 4 === 0 ? constants : others)[head & 15] = codes
    at += 17 + total
  }
}

/** A component of a scan with its codes. */
interface Scanned {
  readonly component: Component
  readonly constant: Codes | undefined
  readonly other: Codes | undefined
}

/** Reads the coefficients of one block, at `at` of its component. */
type ReadBlock = (scanned: Scanned, at: number) => void

const needed = (codes: Codes | undefined): Codes => codes ?? damaged("a scan whose codes are missing")

/** All coefficients at once. */
const sequential =
  (bits: Bits): ReadBlock =>
  ({ component, constant, other }, at) => {
    const { coefficients } = component
    const size = bits.value(needed(constant))
    if (size > 11) damaged("a coefficient that is too large")
    component.last += bits.signed(size)
    coefficients[at] = component.last
    const codes = needed(other)
    for (let k = 1; k < 64; ) {
      const value = bits.value(codes)
      const [run, length] = [value >> 4, value & 15]
      if (length === 0) {
        if (run < 15) return
        k += 16
        continue
      }
      k += run
      if (k > 63) damaged("a block of more than 64 coefficients")
      coefficients[at + (zigzag[k++] as number)] = bits.signed(length)
    }
  }

/** What a progressive scan has: coefficients from `from` to `to`, with `low` bits left out, for the first time or one bit more. */
interface Band {
  readonly from: number
  readonly to: number
  readonly low: number
  readonly isFirst: boolean
}

const progressive = (bits: Bits, { from, isFirst, low, to }: Band): { readonly read: ReadBlock; readonly reset: () => void } => {
  /** Blocks that follow without another coefficient. */
  let empty = 0
  const bit = 1 << low

  const constant: ReadBlock = ({ component, constant }, at) => {
    const { coefficients } = component
    if (!isFirst) {
      if (bits.bits(1) === 1) coefficients[at] = (coefficients[at] as number) | bit
      return
    }
    const size = bits.value(needed(constant))
    if (size > 11) damaged("a coefficient that is too large")
    component.last += bits.signed(size)
    coefficients[at] = component.last << low
  }

  const first: ReadBlock = ({ component: { coefficients }, other }, at) => {
    if (empty > 0) {
      empty--
      return
    }
    const codes = needed(other)
    for (let k = from; k <= to; ) {
      const value = bits.value(codes)
      const [run, length] = [value >> 4, value & 15]
      if (length === 0) {
        if (run < 15) {
          empty = (1 << run) - 1 + bits.bits(run)
          return
        }
        k += 16
        continue
      }
      k += run
      if (k > 63) damaged("a block of more than 64 coefficients")
      coefficients[at + (zigzag[k++] as number)] = bits.signed(length) << low
    }
  }

  /** One bit more of a coefficient that is not 0. */
  const correct = (coefficients: Int16Array, at: number): void => {
    const value = coefficients[at] as number
    if (bits.bits(1) === 1 && (Math.abs(value) & bit) === 0) coefficients[at] = value + (value < 0 ? -bit : bit)
  }

  const refined: ReadBlock = ({ component: { coefficients }, other }, at) => {
    let k = from
    if (empty === 0) {
      const codes = needed(other)
      while (k <= to) {
        const value = bits.value(codes)
        const length = value & 15
        let run = value >> 4
        let fresh = 0
        if (length === 0) {
          if (run < 15) {
            empty = (1 << run) + bits.bits(run)
            break
          }
        } else {
          if (length !== 1) damaged("a correction of more than one bit")
          fresh = bits.bits(1) === 1 ? bit : -bit
        }
        for (; k <= to; k++) {
          const place = at + (zigzag[k] as number)
          if (coefficients[place] !== 0) correct(coefficients, place)
          else if (run-- === 0) {
            if (fresh !== 0) coefficients[place] = fresh
            k++
            break
          }
        }
      }
    }
    if (empty > 0) {
      for (; k <= to; k++) {
        const place = at + (zigzag[k] as number)
        if (coefficients[place] !== 0) correct(coefficients, place)
      }
      empty--
    }
  }

  return {
    read: from === 0 ? constant : isFirst ? first : refined,
    reset: () => {
      empty = 0
    },
  }
}

/** The most scans of a file: a small file of many scans would take long. */
const maxScans = 256

/** Reads a scan; returns where it ends. */
const readScan = (bytes: Uint8Array, segment: Uint8Array, start: number, state: State): number => {
  const frame = state.frame ?? damaged("a scan before the frame")
  const [count = 0] = segment
  if (++state.scans > maxScans) damaged(`more than ${maxScans} scans`)
  if (count < 1 || count > frame.components.length || segment.length < 4 + 2 * count) damaged(`a scan of ${count} components`)
  const scanned = Array.from({ length: count }, (_, i): Scanned => {
    const [id = 0, tables = 0] = segment.subarray(1 + 2 * i)
    const component = frame.components.find((each) => each.id === id) ?? damaged(`a scan of a component ${id}`)
    component.last = 0
    component.quantities ??= state.quantities[component.table]
    return { component, constant: state.constants[tables >> 4], other: state.others[tables & 15] }
  })
  const [from = 0, to = 0, approximation = 0] = segment.subarray(1 + 2 * count)
  const [high, low] = [approximation >> 4, approximation & 15]
  const bits = bitsOf(bytes, start)
  if (frame.isProgressive && (from > to || to > 63 || low > 13 || (from === 0 ? to > 0 : count > 1)))
    damaged(`a scan of the coefficients ${from} to ${to}`)
  const { read, reset } = frame.isProgressive
    ? progressive(bits, { from, to, low, isFirst: high === 0 })
    : { read: sequential(bits), reset: () => {} }

  const [only] = scanned
  const isAlone = count === 1 && only !== undefined
  const columns = isAlone ? only.component.columns : Math.ceil(frame.width / (8 * frame.across))
  const rows = isAlone ? only.component.rows : Math.ceil(frame.height / (8 * frame.down))
  for (let unit = 0; unit < columns * rows; unit++) {
    if (state.interval > 0 && unit > 0 && unit % state.interval === 0) {
      bits.restart()
      reset()
      for (const { component } of scanned) component.last = 0
    }
    const [row, column] = [Math.floor(unit / columns), unit % columns]
    if (isAlone) read(only, 64 * (row * only.component.stride + column))
    else
      for (const each of scanned) {
        const { across, down, stride } = each.component
        for (let y = 0; y < down; y++)
          for (let x = 0; x < across; x++) read(each, 64 * ((row * down + y) * stride + column * across + x))
      }
  }
  return bits.end()
}

/** The samples of a component. */
const planeOf = (component: Component, frame: Frame): Plane => {
  const { across, coefficients, down, quantities, stride } = component
  const table = quantities ?? damaged("a component without a quantization table")
  const data = new Uint8Array(coefficients.length)
  for (let block = 0; block < coefficients.length / 64; block++) {
    const [row, column] = [Math.floor(block / stride), block % stride]
    writeBlock(coefficients, 64 * block, table, data, row * 8 * stride * 8 + column * 8, stride * 8)
  }
  return {
    data,
    stride: stride * 8,
    width: Math.ceil((frame.width * across) / frame.across),
    height: Math.ceil((frame.height * down) / frame.down),
    across: frame.across / across,
    down: frame.down / down,
  }
}

/** Whether three components are red, green and blue: their names, or a segment of Adobe, say so. */
const isRgb = ({ components }: Frame, { transform }: State): boolean =>
  transform === 0 || (transform === undefined && String.fromCharCode(...components.map(({ id }) => id)) === "RGB")

const ascii = (bytes: Uint8Array): string => String.fromCharCode(...bytes)

/** Reads one segment; returns where the next one starts. */
const readSegment = (bytes: Uint8Array, marker: number, at: number, state: State): number => {
  const length = (bytes[at] ?? 0) * 256 + (bytes[at + 1] ?? 0)
  const end = at + length
  if (end > bytes.length || at + 2 > bytes.length)
    throw new Refused({ _tag: "Truncated", offset: bytes.length, wanted: "a segment" })
  if (length < 2) damaged(`a segment of ${length} bytes`)
  const segment = bytes.subarray(at + 2, end)
  if (marker === 0xdb) readQuantities(segment, state)
  else if (marker === 0xc4) readCodes(segment, state)
  else if (marker === 0xc0 || marker === 0xc1 || marker === 0xc2) {
    if (state.frame !== undefined) damaged("two frames")
    state.frame = frameOf(segment, marker === 0xc2, bytes.length)
  } else if (marker >= 0xc3 && marker <= 0xcf && marker !== 0xc8 && marker !== 0xcc)
    damaged("a lossless, hierarchical or arithmetic file, which is not supported")
  else if (marker === 0xcc) damaged("an arithmetic file, which is not supported")
  else if (marker === 0xdd) state.interval = (segment[0] ?? 0) * 256 + (segment[1] ?? 0)
  else if (marker === 0xe1 && ascii(segment.subarray(0, 6)) === "Exif\0\0") state.orientation = orientationOf(segment.subarray(6))
  else if (marker === 0xee && ascii(segment.subarray(0, 5)) === "Adobe") state.transform = segment[11]
  else if (marker === 0xda) return readScan(bytes, segment, end, state)
  return end
}

/** Reads a JPEG file, turned as its EXIF data say. Fails with `Truncated`, with `Corrupt` for what is damaged or not supported, and with `TooLarge` above `maxPixels`. */
export const decode = (bytes: Uint8Array): Decoded => {
  const state: State = {
    quantities: [],
    constants: [],
    others: [],
    interval: 0,
    frame: undefined,
    orientation: 1,
    transform: undefined,
    scans: 0,
  }
  const cut = (): Result.Result<never, DataError> =>
    Result.fail(dataError({ _tag: "Truncated", offset: bytes.length, wanted: "the image" }))
  try {
    for (let at = 2; ; ) {
      while (bytes[at] === 0xff && bytes[at + 1] === 0xff) at++
      const marker = bytes[at + 1]
      if (marker === undefined) return cut()
      if (bytes[at] !== 0xff) damaged(`no marker at byte ${at}`)
      if (marker === 0xd9) break
      at = marker >= 0xd0 && marker <= 0xd7 ? at + 2 : readSegment(bytes, marker, at + 2, state)
    }
    const { frame, orientation } = state
    if (frame === undefined || state.scans === 0) return damaged("no image")
    const planes = frame.components.map((component) => planeOf(component, frame))
    const { height, width } = frame
    const data = pixelsOf(planes, frame, frame.components.length === 3 && isRgb(frame, state))
    return Result.succeed(turned({ height, width, channels: planes.length, data }, orientation))
  } catch (error) {
    if (error instanceof Refused) return Result.fail(dataError(error.reason))
    if (error instanceof Damaged) return Result.fail(dataError({ _tag: "Corrupt", format: "JPEG", got: error.message }))
    throw error
  }
}
