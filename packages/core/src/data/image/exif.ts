/** The orientation in EXIF data (CIPA DC-008), and images turned by it. */
import type { Pixels } from "./Pixels.ts"

const orientationTag = 0x0112

/** The orientation in a TIFF structure, 1 to 8; 1, which is upright, where there is none. */
export const orientationOf = (tiff: Uint8Array): number => {
  const view = new DataView(tiff.buffer, tiff.byteOffset, tiff.byteLength)
  if (tiff.length < 8) return 1
  const isLittle = tiff[0] === 0x49
  const start = view.getUint32(4, isLittle)
  if (start + 2 > tiff.length) return 1
  const count = view.getUint16(start, isLittle)
  for (let i = 0; i < count; i++) {
    const at = start + 2 + 12 * i
    if (at + 12 > tiff.length) return 1
    if (view.getUint16(at, isLittle) !== orientationTag) continue
    const value = view.getUint16(at + 8, isLittle)
    return value >= 1 && value <= 8 ? value : 1
  }
  return 1
}

/** An image as an orientation says that it is seen: 2 mirrored, 3 turned by half, 4 flipped, 5 to 8 the same with rows and columns exchanged. */
export const turned = (image: Pixels, orientation: number): Pixels => {
  if (orientation === 1) return image
  const { channels, data, height, width } = image
  const isExchanged = orientation >= 5
  const [rows, columns] = isExchanged ? [width, height] : [height, width]
  const isMirrored = [2, 3, 7, 8].includes(orientation)
  const isFlipped = [3, 4, 6, 7].includes(orientation)
  const out = new Uint8Array(data.length)
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) {
      const [y, x] = isExchanged ? [column, row] : [row, column]
      const from = ((isFlipped ? height - 1 - y : y) * width + (isMirrored ? width - 1 - x : x)) * channels
      const to = (row * columns + column) * channels
      for (let i = 0; i < channels; i++) out[to + i] = data[from + i] as number
    }
  return { height: rows, width: columns, channels, data: out }
}
