/** Pictures as PNG (W3C, third edition, 2023): the parts of the format that grey and coloured bytes need. */
import { crc32, deflateSync } from "node:zlib"

/** A picture: rows from the top, each pixel one byte of grey or three of red, green and blue. */
export interface Picture {
  readonly width: number
  readonly height: number
  readonly channels: 1 | 3
  readonly pixels: Uint8Array
}

const signature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)

/** A length, a name of four letters, the bytes, and a checksum of name and bytes. */
const chunk = (name: string, data: Uint8Array): Uint8Array => {
  const bytes = new Uint8Array(12 + data.length)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, data.length)
  bytes.set(new TextEncoder().encode(name), 4)
  bytes.set(data, 8)
  view.setUint32(8 + data.length, crc32(bytes.subarray(4, 8 + data.length)))
  return bytes
}

const colourTypes = { 1: 0, 3: 2 } as const

/** The bytes of a PNG file. */
export const png = ({ channels, height, pixels, width }: Picture): Uint8Array => {
  const header = new Uint8Array(13)
  const view = new DataView(header.buffer)
  view.setUint32(0, width)
  view.setUint32(4, height)
  header.set([8, colourTypes[channels]], 8)
  const line = width * channels
  // Each row begins with the number of its filter: 0, none.
  const rows = new Uint8Array(height * (line + 1))
  for (let y = 0; y < height; y++) rows.set(pixels.subarray(y * line, (y + 1) * line), y * (line + 1) + 1)
  const parts = [signature, chunk("IHDR", header), chunk("IDAT", deflateSync(rows)), chunk("IEND", new Uint8Array())]
  return new Uint8Array(Buffer.concat(parts))
}
