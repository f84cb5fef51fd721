/** PNG and JPEG files: the pixels of Pillow, interlaced files, and files that are damaged or too large. */
import { readFileSync } from "node:fs"
import { deflateSync } from "node:zlib"
import * as Result from "effect/Result"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { crc32 } from "../src/data/crc32.ts"
import { convert } from "../src/data/image/convert.ts"
import { decode } from "../src/data/image/decode.ts"
import * as Inflate from "../src/data/image/inflate.ts"
import { resize } from "../src/data/image/resize.ts"

const recorded = JSON.parse(readFileSync(new URL("recorded/images-pillow.json", import.meta.url), "utf8")) as {
  readonly pillow: string
  readonly cases: ReadonlyArray<{
    readonly name: string
    readonly file: string
    readonly shape: ReadonlyArray<number>
    readonly pixels: string
  }>
  readonly resized: ReadonlyArray<{ readonly size: readonly [number, number]; readonly pixels: string }>
  readonly grey: string
  readonly white: string
}

const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "base64"))
const files = new Map(recorded.cases.map(({ file, name }) => [name, bytesOf(file)]))
const fileOf = (name: string): Uint8Array => {
  const file = files.get(name)
  if (file === undefined) throw new Error(name)
  return file
}
const imageOf = (name: string) => Result.getOrThrow(decode(fileOf(name)))
const messageOf = (bytes: Uint8Array): string => {
  const read = decode(bytes)
  return Result.isSuccess(read) ? "" : read.failure.message
}

describe(`the pixels of Pillow ${recorded.pillow}, to the bit`, () => {
  it.each(recorded.cases)("$name", ({ file, pixels, shape }) => {
    const { channels, data, height, width } = Result.getOrThrow(decode(bytesOf(file)))
    expect([height, width, channels]).toEqual(shape)
    expect(Buffer.from(data).equals(bytesOf(pixels))).toBe(true)
  })
  it.each(recorded.resized)("resized to $size", ({ pixels, size: [height, width] }) => {
    expect(resize(imageOf("png colours"), height, width)).toEqual({ height, width, channels: 3, data: bytesOf(pixels) })
  })
  it("grey of colours, and colours over white", () => {
    expect(convert(imageOf("png colours"), 1, "black").data).toEqual(bytesOf(recorded.grey))
    expect(convert(imageOf("png colours and alpha"), 3, "white").data).toEqual(bytesOf(recorded.white))
  })
})

describe("channels", () => {
  const image = { height: 1, width: 2, channels: 2, data: Uint8Array.of(100, 255, 200, 0) }
  it("alpha is composed over the background, unless it is a channel or ignored", () => {
    expect([...convert(image, 1, "white").data]).toEqual([100, 255])
    expect([...convert(image, 1, "black").data]).toEqual([100, 0])
    expect([...convert(image, 1, "none").data]).toEqual([100, 200])
    expect([...convert(image, 4, "white").data]).toEqual([100, 100, 100, 255, 200, 200, 200, 0])
    expect([...convert({ ...image, channels: 1, data: Uint8Array.of(7, 9) }, 2, "white").data]).toEqual([7, 255, 9, 255])
  })
})

/** A chunk of a PNG file. */
const chunk = (type: string, content: Uint8Array): Buffer => {
  const body = Buffer.concat([Buffer.from(type, "latin1"), content])
  const out = Buffer.alloc(body.length + 8)
  out.writeUInt32BE(content.length, 0)
  body.copy(out, 4)
  out.writeInt32BE(crc32(body), body.length + 4)
  return out
}

const start = Buffer.from("89504e470d0a1a0a", "hex")

const header = (width: number, height: number, depth: number, code: number, interlace: number): Uint8Array => {
  const out = Buffer.alloc(13)
  out.writeUInt32BE(width, 0)
  out.writeUInt32BE(height, 4)
  out.set([depth, code, 0, 0, interlace], 8)
  return out
}

const png = (head: Uint8Array, rows: Uint8Array, more: ReadonlyArray<Buffer> = []): Uint8Array =>
  new Uint8Array(
    Buffer.concat([start, chunk("IHDR", head), ...more, chunk("IDAT", deflateSync(rows)), chunk("IEND", new Uint8Array())]),
  )

/** The passes of Adam7, as the standard's table has them: for each of 8 by 8 pixels the number of its pass. */
const passes = ["16462646", "77777777", "56565656", "77777777", "36463646", "77777777", "56565656", "77777777"]

/** Packs samples of `depth` bits, row by row, with a filter of 0 before each. */
const packed = (rows: ReadonlyArray<ReadonlyArray<number>>, depth: number): ReadonlyArray<number> =>
  rows.flatMap((row) => {
    const bits = row.map((sample) => sample.toString(2).padStart(depth, "0")).join("")
    const padded = bits.padEnd(Math.ceil(bits.length / 8) * 8, "0")
    return [0, ...Array.from({ length: padded.length / 8 }, (_, i) => Number.parseInt(padded.slice(8 * i, 8 * i + 8), 2))]
  })

describe("png", () => {
  it("interlaced files of every depth have the pixels of plain ones", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 11 }),
        fc.integer({ min: 1, max: 11 }),
        fc.constantFrom([1, 0], [2, 0], [4, 0], [8, 0], [16, 0], [8, 2], [16, 2], [8, 4], [16, 6]),
        fc.infiniteStream(fc.nat(65535)),
        (width, height, [depth = 8, code = 0], numbers) => {
          const samples = [1, 0, 3, 1, 2, 0, 4][code] ?? 1
          const image = Array.from({ length: height }, () =>
            Array.from({ length: width }, () => Array.from({ length: samples }, () => Number(numbers.next().value) % 2 ** depth)),
          )
          const plain = packed(
            image.map((row) => row.flat()),
            depth,
          )
          const interlaced = [1, 2, 3, 4, 5, 6, 7].flatMap((pass) => {
            const rows = image.map((row, y) => row.filter((_, x) => Number(passes[y % 8]?.[x % 8]) === pass).flat())
            return packed(
              rows.filter((row) => row.length > 0),
              depth,
            )
          })
          const [a, b] = [plain, interlaced].map((rows, i) =>
            Result.getOrThrow(decode(png(header(width, height, depth, code, i), Uint8Array.from(rows)))),
          )
          expect(b).toEqual(a)
          const byte = depth === 16 ? (x: number) => x >> 8 : (x: number) => (x * 255) / (2 ** depth - 1)
          expect([...(a?.data ?? [])]).toEqual(image.flat(2).map(byte))
        },
      ),
      { numRuns: 60 },
    )
  })
  it("what is wrong is said", () => {
    const one = png(header(2, 1, 8, 0, 0), Uint8Array.of(0, 5, 6))
    const wrong = one.slice()
    wrong[42] = 99
    expect(messageOf(wrong)).toBe(
      "the PNG data is damaged: a chunk IDAT with a wrong checksum at byte 33; try: fetch or copy it again",
    )
    expect(messageOf(png(header(2, 2, 8, 0, 0), Uint8Array.of(0, 5, 6)))).toContain("3 of 6 bytes of pixels")
    expect(messageOf(png(header(2, 1, 8, 0, 0), Uint8Array.of(0, 5, 6, 7)))).toContain("more than the 3 bytes of its pixels")
    expect(messageOf(png(header(2, 1, 8, 0, 0), Uint8Array.of(5, 5, 6)))).toContain("an unknown filter")
    expect(messageOf(png(header(2, 1, 8, 3, 0), Uint8Array.of(0, 5, 6)))).toContain("no palette")
    expect(messageOf(png(header(1, 1, 8, 3, 0), Uint8Array.of(0, 1), [chunk("PLTE", Uint8Array.of(1, 2, 3))]))).toContain(
      "a pixel outside its palette",
    )
    expect(messageOf(one.slice(0, 40))).toBe("the file ends at byte 40, in the middle of its chunks; try: fetch or copy it again")
    expect(messageOf(new Uint8Array())).toBe("it is empty; wanted a PNG or JPEG image")
    expect(messageOf(Uint8Array.of(0x47, 0x49, 0x46, 0x38))).toBe(
      "the file starts with 47 49 46 38 at byte 0; wanted 89 50 4E 47 (PNG) or FF D8 FF (JPEG), as an image does",
    )
  })
  it("a small file that declares many pixels is refused before they are allocated", () => {
    expect(messageOf(png(header(60_000, 60_000, 8, 2, 0), new Uint8Array(9)))).toBe(
      "the image is at least 3,600,000,000 pixels; the limit is 67,108,864 pixels",
    )
    expect(messageOf(png(header(8000, 8000, 16, 6, 0), new Uint8Array(9)))).toContain("which cannot unpack to its 512008000")
  })
  it("a page unpacks as Node does", () => {
    const rows = Uint8Array.from({ length: 5000 }, (_, i) => i % 7)
    const zlib = new Uint8Array(deflateSync(rows))
    for (const unpack of [Inflate.inPage, Inflate.inflate])
      expect(unpack(zlib, 5000)).toSatisfy((out) => out instanceof Uint8Array && Buffer.from(out).equals(rows))
    for (const length of [4999, 5001])
      expect([Inflate.inPage, Inflate.inflate].map((unpack) => typeof unpack(zlib, length))).toEqual(["string", "string"])
  })
})

describe("jpeg", () => {
  it("a small file that declares many pixels is refused before they are allocated", () => {
    const file = fileOf("jpeg 4:2:0, progressive True").slice()
    const frame = Buffer.from(file).indexOf(Buffer.from([0xff, 0xc2]))
    file.set([0x1f, 0xff, 0x1f, 0xff], frame + 5)
    expect(messageOf(file)).toContain("which cannot hold 8191 by 8191 pixels")
    file.set([0xff, 0xff, 0xff, 0xff], frame + 5)
    expect(messageOf(file)).toContain("the image is at least 4,294,836,225 pixels")
  })
  it("a file that ends early is refused, wherever it ends", () => {
    for (const name of ["jpeg 4:2:0, progressive True", "jpeg with restart markers", "jpeg grey"]) {
      const file = fileOf(name)
      for (let end = 3; end < file.length; end++) expect(messageOf(file.subarray(0, end))).not.toBe("")
    }
  })
})

it("any bytes after the first ones give a Result", () => {
  const starts = recorded.cases.map(({ file }) => bytesOf(file))
  fc.assert(
    fc.property(
      fc.constantFrom(...starts),
      fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 6 }),
      fc.option(fc.nat(), { freq: 3 }),
      (file, changes, cut) => {
        const bytes = file.slice()
        for (const [at, byte] of changes) bytes[at % bytes.length] = byte
        const read = decode(cut === null ? bytes : bytes.subarray(0, cut % bytes.length))
        expect(Result.isSuccess(read) || read.failure.message !== "").toBe(true)
      },
    ),
    { numRuns: 300 },
  )
})
