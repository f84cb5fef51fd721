/** Files of other programs for tests: archives (zip) and PNG images. */
import { crc32, deflateRawSync, deflateSync } from "node:zlib"

/** An archive with these files, packed or not. */
export const zip = (files: { readonly [name: string]: Uint8Array }, isPacked: boolean): Buffer => {
  const [locals, entries]: [Array<Buffer>, Array<Buffer>] = [[], []]
  let offset = 0
  for (const [name, content] of Object.entries(files)) {
    const packed = isPacked ? deflateRawSync(content) : content
    const fields = Buffer.alloc(22)
    fields.writeUInt16LE(20, 0)
    fields.writeUInt16LE(isPacked ? 8 : 0, 4)
    fields.writeUInt32LE(crc32(content), 10)
    fields.writeUInt32LE(packed.length, 14)
    fields.writeUInt32LE(content.length, 18)
    const lengths = Buffer.alloc(4)
    lengths.writeUInt16LE(name.length, 0)
    const local = [Buffer.from("PK\x03\x04", "latin1"), fields, lengths, Buffer.from(name), packed]
    const rest = Buffer.alloc(14)
    rest.writeUInt32LE(offset, 10)
    entries.push(
      Buffer.concat([
        Buffer.from("PK\x01\x02\x14\0", "latin1"),
        fields,
        lengths.subarray(0, 2),
        Buffer.alloc(2),
        rest,
        Buffer.from(name),
      ]),
    )
    locals.push(...local.map((each) => Buffer.from(each)))
    offset += local.reduce((sum, { length }) => sum + length, 0)
  }
  const directory = Buffer.concat(entries)
  const end = Buffer.alloc(22)
  end.write("PK\x05\x06", 0, "latin1")
  end.writeUInt16LE(entries.length, 8)
  end.writeUInt16LE(entries.length, 10)
  end.writeUInt32LE(directory.length, 12)
  end.writeUInt32LE(offset, 16)
  return Buffer.concat([...locals, directory, end])
}

const chunk = (type: string, content: Uint8Array): Buffer => {
  const body = Buffer.concat([Buffer.from(type, "latin1"), content])
  const out = Buffer.alloc(body.length + 8)
  out.writeUInt32BE(content.length, 0)
  body.copy(out, 4)
  out.writeUInt32BE(crc32(body), body.length + 4)
  return out
}

/** A PNG image of 8 bits: 1 channel is grey, 3 are colours, 4 colours and alpha. */
export const png = (width: number, height: number, channels: 1 | 3 | 4, pixels: Uint8Array): Buffer => {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set([8, { 1: 0, 3: 2, 4: 6 }[channels]], 8)
  const stride = width * channels
  const lines = Array.from({ length: height }, (_, y) => [Buffer.from([0]), pixels.subarray(y * stride, (y + 1) * stride)]).flat()
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(Buffer.concat(lines))),
    chunk("IEND", Buffer.alloc(0)),
  ])
}
