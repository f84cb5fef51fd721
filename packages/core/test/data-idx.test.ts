import { createHash } from "node:crypto"
import { existsSync, readFileSync } from "node:fs"
import { gunzipSync, gzipSync } from "node:zlib"
import * as Result from "effect/Result"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import * as Idx from "../src/data/Idx.ts"
import * as NDArray from "../src/types/NDArray.ts"

const read = (bytes: Uint8Array): NDArray.NDArray => Result.getOrThrow(Idx.decode(bytes))

const refusal = (bytes: Uint8Array): string =>
  Result.match(Idx.decode(bytes), { onFailure: (error) => error.message, onSuccess: (array) => `read [${array.shape}]` })

const bytes = (...numbers: ReadonlyArray<number>): Uint8Array => Uint8Array.from(numbers)

describe("every kind of element is read", () => {
  it.each<[string, Uint8Array, NDArray.NDArray]>([
    ["u8", bytes(0, 0, 8, 2, 0, 0, 0, 1, 0, 0, 0, 2, 7, 255), NDArray.make("u8", [1, 2], Uint8Array.of(7, 255))],
    ["i8", bytes(0, 0, 9, 1, 0, 0, 0, 2, 7, 255), NDArray.make("i32", [2], Int32Array.of(7, -1))],
    ["i16", bytes(0, 0, 0x0b, 1, 0, 0, 0, 1, 255, 254), NDArray.make("i32", [1], Int32Array.of(-2))],
    ["i32", bytes(0, 0, 0x0c, 1, 0, 0, 0, 1, 0, 1, 0, 0), NDArray.make("i32", [1], Int32Array.of(65536))],
    ["f32", bytes(0, 0, 0x0d, 1, 0, 0, 0, 1, 0x3f, 0xc0, 0, 0), NDArray.make("f32", [1], Float32Array.of(1.5))],
    ["f64", bytes(0, 0, 0x0e, 1, 0, 0, 0, 1, 0x3f, 0xf8, 0, 0, 0, 0, 0, 0), NDArray.make("f32", [1], Float64Array.of(1.5))],
  ])("%s", (_, file, array) => {
    expect(read(file)).toEqual(array)
    expect(read(gzipSync(file))).toEqual(array)
  })
})

const three = bytes(0, 0, 8, 1, 0, 0, 0, 3, 1, 2, 3)
const huge = bytes(0, 0, 8, 2, 0x40, 0, 0, 0, 0x40, 0, 0, 0, 1, 2, 3)

it("a Node Buffer gives memory of the array's own", () => {
  const file = Buffer.from([0, 0, 8, 1, 0, 0, 0, 1, 7])
  const array = read(file)
  file.fill(0)
  expect(array.data).toEqual(Uint8Array.of(7))
})

describe("what is wrong is named with its place", () => {
  it.each<[string, Uint8Array, string]>([
    ["nothing", bytes(), "it is empty; wanted an idx file"],
    [
      "a wrong magic number",
      new TextEncoder().encode("hello"),
      "the file starts with 68 65 6C 6C at byte 0; wanted 00 00, a byte for the type of the elements and one for the number of axes, as an idx file does",
    ],
    [
      "an unknown kind of element",
      bytes(0, 0, 7, 1, 0, 0, 0, 1, 0),
      "the type of the elements at byte 2 is 07; wanted 08 (u8), 09 (i8), 0B (i16), 0C (i32), 0D (f32), 0E (f64)",
    ],
    ["no axes", bytes(0, 0, 8, 0, 1), "the number of axes at byte 3 is 0; wanted 1 or more"],
    [
      "a file cut in its header",
      bytes(0, 0, 8, 3, 0, 0),
      "the file ends at byte 6, in the middle of the sizes of 3 axes; try: fetch or copy it again",
    ],
    ["a file too short", three.subarray(0, 10), "from byte 8 on there are only 2 of the 3 bytes wanted for u8[3]"],
    ["a file too long", bytes(...three, 4), "from byte 8 on there are more bytes than the 3 wanted for u8[3]"],
    [
      "a declared size of 2^60",
      huge,
      "from byte 12 on there are only 3 of the 1,152,921,504,606,846,976 bytes wanted for u8[1073741824, 1073741824]",
    ],
    [
      "a declared size of 2^60, gzipped",
      gzipSync(huge),
      "the unpacked data is at least 1,152,921,504,606,846,988 bytes; the limit is 1,073,741,824 bytes",
    ],
    [
      "sizes that overflow beside a zero",
      bytes(0, 0, 8, 40, ...Array.from({ length: 39 * 4 }, () => 255), 0, 0, 0, 0),
      `the shape at byte 4 is [${"4294967295, ".repeat(39)}0]; wanted sizes that multiply exactly`,
    ],
    [
      "a .gz cut in its data",
      gzipSync(three).subarray(0, 25),
      "the file ends at byte 25, in the middle of its gzip data; try: fetch or copy it again",
    ],
    [
      "a .gz cut in its header",
      gzipSync(three).subarray(0, 8),
      "the file ends at byte 8, in the middle of its gzip data; try: fetch or copy it again",
    ],
    [
      "a .gz with a wrong checksum",
      Uint8Array.from(gzipSync(three), (byte, i) => (i === gzipSync(three).length - 8 ? byte ^ 1 : byte)),
      "the gzip data is damaged: incorrect data check; try: fetch or copy it again",
    ],
    ["a .gz of too little", gzipSync(three.subarray(0, 10)), "from byte 8 on there are only 2 of the 3 bytes wanted for u8[3]"],
    ["a .gz of too much", gzipSync(bytes(...three, 4)), "from byte 8 on there are more bytes than the 3 wanted for u8[3]"],
  ])("%s", (_, file, message) => expect(refusal(file)).toBe(message))

  it("a .gz made to unpack to far more than it declares is not unpacked further", () => {
    const bomb = gzipSync(Buffer.concat([three, Buffer.alloc(200_000_000)]))
    const before = process.memoryUsage().arrayBuffers
    expect(refusal(bomb)).toBe("from byte 8 on there are more bytes than the 3 wanted for u8[3]")
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(5_000_000)
  })
})

describe("laws", () => {
  const arrays = fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 4 }).chain((shape) => {
    const length = shape.reduce((a, b) => a * b, 1)
    const of = <A>(element: fc.Arbitrary<A>) => fc.array(element, { minLength: length, maxLength: length })
    return fc.oneof(
      of(fc.integer({ min: 0, max: 255 })).map((data) => NDArray.make("u8", shape, Uint8Array.from(data))),
      of(fc.integer()).map((data) => NDArray.make("i32", shape, Int32Array.from(data))),
      of(fc.float()).map((data) => NDArray.make("f32", shape, Float32Array.from(data))),
    )
  })
  it("what is written is read back", () => {
    fc.assert(fc.property(arrays, (array) => NDArray.equals(read(Idx.encode(array)), array)))
  })
  it("any bytes give a Result", () => {
    const start = fc.constantFrom([], [0, 0], [0, 0, 8, 2], [0, 0, 0x0e, 255], [0x1f, 0x8b, 8, 0])
    fc.assert(
      fc.property(start, fc.uint8Array({ maxLength: 100 }), (start, rest) =>
        Result.isResult(Idx.decode(bytes(...start, ...rest))),
      ),
    )
  })
  it("a file cut anywhere is refused", () => {
    const file = Idx.encode(NDArray.make("i32", [2, 3], Int32Array.of(1, 2, 3, 4, 5, 6)))
    for (const whole of [file, gzipSync(file)])
      for (let length = 0; length < whole.length; length++)
        expect(Result.isFailure(Idx.decode(whole.subarray(0, length)))).toBe(true)
  })
})

const mnist = new URL("../../../../shared/data/mnist/", import.meta.url)

describe.skipIf(!existsSync(mnist))("MNIST (../shared/data/mnist)", () => {
  it("has 10,000 test images of 28×28 and their labels", () => {
    const packed = readFileSync(new URL("t10k-images-idx3-ubyte.gz", mnist))
    const images = read(packed)
    expect([images.dtype, images.shape]).toEqual(["u8", [10_000, 28, 28]])
    const unpacked = gunzipSync(packed)
    expect(createHash("sha256").update(unpacked).digest("hex")).toBe(
      "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    )
    expect(Buffer.compare(Idx.encode(images), unpacked)).toBe(0)
    const labels = read(readFileSync(new URL("t10k-labels-idx1-ubyte.gz", mnist)))
    const counts = new Array<number>(10).fill(0)
    for (const label of labels.data) counts[label] = (counts[label] ?? 0) + 1
    expect(counts).toEqual([980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009])
  })
})
