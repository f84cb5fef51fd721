/** From planes of samples to pixels: chroma is enlarged as libjpeg's default does, and YCbCr becomes red, green and blue. */
import { clamped } from "./Pixels.ts"

/** The samples of one component: `width` by `height` are used, of rows of `stride`. */
export interface Plane {
  readonly data: Uint8Array
  readonly stride: number
  readonly width: number
  readonly height: number
  /** How many pixels a sample has across and down. */
  readonly across: number
  readonly down: number
}

/** A row of a plane; rows above and below the image are its first and its last. */
const rowAt = ({ data, height, stride, width }: Plane, y: number): Uint8Array => {
  const start = Math.min(height - 1, Math.max(0, y)) * stride
  return data.subarray(start, start + width)
}

/** Twice as many samples across, weighed 3 to 1 with the nearest neighbour: `sums` are samples times `unit`. */
const widened = (
  sums: ArrayLike<number>,
  width: number,
  unit: number,
  out: Uint8Array,
  [even, odd]: readonly [number, number],
): void => {
  const shift = unit === 1 ? 2 : 4
  const at = (i: number): number => sums[i] as number
  for (let i = 0; i < width; i++) {
    const own = 3 * at(i)
    out[2 * i] = i === 0 ? (unit === 1 ? at(0) : (4 * at(0) + even) >> shift) : (own + at(i - 1) + even) >> shift
    out[2 * i + 1] = i === width - 1 ? (unit === 1 ? at(i) : (4 * at(i) + odd) >> shift) : (own + at(i + 1) + odd) >> shift
  }
}

/** The samples of a row of pixels. */
const enlarged = (plane: Plane, y: number, out: Uint8Array, sums: Int32Array): void => {
  const { across, down, width } = plane
  const isSmooth = width > 2
  if (across === 1 && down === 1) out.set(rowAt(plane, y))
  else if (across === 2 && down === 1 && isSmooth) widened(rowAt(plane, y), width, 1, out, [1, 2])
  else if (down === 2 && (across === 1 || (across === 2 && isSmooth))) {
    const [near, far] = [rowAt(plane, y >> 1), rowAt(plane, (y >> 1) + (y % 2 === 0 ? -1 : 1))]
    for (let i = 0; i < width; i++) sums[i] = 3 * (near[i] as number) + (far[i] as number)
    if (across === 2) widened(sums, width, 4, out, [8, 7])
    else for (let i = 0; i < width; i++) out[i] = ((sums[i] as number) + (y % 2 === 0 ? 1 : 2)) >> 2
  } else {
    const row = rowAt(plane, Math.floor(y / down))
    for (let x = 0; x < out.length; x++) out[x] = row[Math.min(width - 1, Math.floor(x / across))] as number
  }
}

const fixed = (x: number): number => Math.floor(x * 65536 + 0.5)
const half = 32768
const [redOfCr, greenOfCr, greenOfCb, blueOfCb] = [fixed(1.402), fixed(0.71414), fixed(0.34414), fixed(1.772)]

/** The pixels of planes that have the size of the image: one is grey, three are YCbCr (ITU-R BT.601, in 16-bit fixed point) or, with `isRgb`, colours. */
export const pixelsOf = (
  planes: ReadonlyArray<Plane>,
  { height, width }: { readonly height: number; readonly width: number },
  isRgb: boolean,
): Uint8Array => {
  const channels = planes.length
  const data = new Uint8Array(height * width * channels)
  // Enlarged rows may be a sample longer than the image.
  const rows = planes.map((plane) => new Uint8Array(Math.max(width, plane.width * plane.across)))
  const sums = new Int32Array(width)
  const [first = new Uint8Array(0), second = first, third = first] = rows
  for (let y = 0; y < height; y++) {
    for (const [i, plane] of planes.entries()) enlarged(plane, y, rows[i] ?? first, sums)
    const start = y * width * channels
    for (let x = 0; x < width; x++) {
      const at = start + x * channels
      const a = first[x] as number
      if (channels === 1) data[at] = a
      else if (isRgb) {
        data[at] = a
        data[at + 1] = second[x] as number
        data[at + 2] = third[x] as number
      } else {
        const [cb, cr] = [(second[x] as number) - 128, (third[x] as number) - 128]
        data[at] = clamped(a + ((redOfCr * cr + half) >> 16))
        data[at + 1] = clamped(a + ((-greenOfCb * cb - greenOfCr * cr + half) >> 16))
        data[at + 2] = clamped(a + ((blueOfCb * cb + half) >> 16))
      }
    }
  }
  return data
}
