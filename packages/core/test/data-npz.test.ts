import { existsSync, readFileSync } from "node:fs"
import * as Result from "effect/Result"
import * as fc from "fast-check"
import { zipSync } from "fflate"
import { describe, expect, it } from "vitest"
import * as Npy from "../src/data/Npy.ts"
import * as Npz from "../src/data/Npz.ts"
import * as NDArray from "../src/types/NDArray.ts"

/** An .npy file of version 1 with this header, followed by these bytes. */
const npy = (header: string, data: ReadonlyArray<number> = []): Uint8Array =>
  Uint8Array.from([
    0x93,
    ...new TextEncoder().encode("NUMPY"),
    1,
    0,
    header.length,
    0,
    ...new TextEncoder().encode(header),
    ...data,
  ])

const header = (descr: string, shape: string, order = "False"): string =>
  `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': ${shape}, }`

const refusal = (bytes: Uint8Array): string =>
  Result.match(Npy.decode(bytes), { onFailure: (error) => error.message, onSuccess: (array) => `read [${array.shape}]` })

describe("what NumPy wrote", () => {
  /**
   * Written by NumPy 2.4.6:
   *
   *     np.savez_compressed("numpy-2.4.6.npz", big=np.arange(6, dtype=">f8").reshape(2, 3) / 4,
   *       columns=np.asfortranarray(np.arange(24, dtype="<i8").reshape(2, 3, 4)), flags=np.array([True, False]),
   *       pixels=np.array([0, 255], dtype="u1"), scalar=np.float32(3.5))
   */
  const arrays = Result.getOrThrow(Npz.decode(readFileSync(new URL("recorded/numpy-2.4.6.npz", import.meta.url))))
  it.each<[string, NDArray.NDArray]>([
    ["big", NDArray.make("f32", [2, 3], Float64Array.of(0, 0.25, 0.5, 0.75, 1, 1.25))],
    [
      "columns",
      NDArray.make(
        "i32",
        [2, 3, 4],
        Int32Array.from({ length: 24 }, (_, i) => i),
      ),
    ],
    ["flags", NDArray.make("bool", [2], Uint8Array.of(1, 0))],
    ["pixels", NDArray.make("u8", [2], Uint8Array.of(0, 255))],
    ["scalar", NDArray.make("f32", [], Float32Array.of(3.5))],
  ])("%s", (name, array) => expect(Result.getOrThrow(Npz.get(arrays, name))).toEqual(array))

  it("a name that is not there gets the nearest", () => {
    expect(Result.getOrThrow(Result.flip(Npz.get(arrays, "pixel"))).message).toBe(
      "there is no array `pixel`; did you mean `pixels`? the arrays are `big`, `columns`, `flags`, `pixels`, `scalar`",
    )
  })
})

describe("what is wrong with an .npy is named with its place", () => {
  it.each<[string, Uint8Array, string]>([
    ["nothing", new Uint8Array(0), "it is empty; wanted an .npy array"],
    [
      "a wrong magic number",
      new TextEncoder().encode("hello world!"),
      'the file starts with "hello " at byte 0; wanted \\x93NUMPY, as an .npy array does',
    ],
    [
      "a version that is not known",
      Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 9, 0, 0, 0, 0, 0),
      "the format version at byte 6 is 9; wanted 1, 2 or 3",
    ],
    [
      "a file cut in its header",
      npy(header("<f4", "(1,)")).subarray(0, 30),
      "the file ends at byte 30, in the middle of a header of 57 bytes; try: fetch or copy it again",
    ],
    [
      "objects, which NumPy would unpickle",
      npy(header("|O", "(1,)"), [0]),
      'the type of the elements at byte 10 is "|O"; wanted one of f2, f4, f8, i1, i2, i4, i8, u1, u2, u4, u8, b1',
    ],
    [
      "a kind named after a property of every object",
      npy(header("constructor", "(1,)"), [0]),
      'the type of the elements at byte 10 is "constructor"; wanted one of f2, f4, f8, i1, i2, i4, i8, u1, u2, u4, u8, b1',
    ],
    [
      "a header of something else",
      npy("__import__('os').system('true')"),
      "the header at byte 10 is \"__import__('os').system('true')\"; wanted {'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)} of plain numbers",
    ],
    [
      "too little data",
      npy(header("<f4", "(2,)"), [0, 0, 0, 0]),
      "from byte 67 on there are only 4 of the 8 bytes wanted for <f4 [2]",
    ],
    [
      "a declared size of 2^60",
      npy(header("|u1", "(1073741824, 1073741824)"), [0]),
      "the shape at byte 10 is (1073741824, 1073741824); wanted sizes that multiply to a number of elements a computer can hold",
    ],
  ])("%s", (_, file, message) => expect(refusal(file)).toBe(message))
})

describe("what is wrong with an .npz is named", () => {
  const refusalOf = (bytes: Uint8Array, limits?: Npz.Limits): string =>
    Result.match(Npz.decode(bytes, limits), { onFailure: (error) => error.message, onSuccess: () => "read" })
  const file = Npz.encode([["x", NDArray.make("u8", [100_000], new Uint8Array(100_000))]])
  /** Where the central directory says what the one entry unpacks to. */
  const claim = Buffer.from(file).lastIndexOf("PK\u0001\u0002") + 24

  it.each<[string, () => string, string]>([
    ["nothing", () => refusalOf(new Uint8Array(0)), "it is empty; wanted an .npz file"],
    [
      "no zip",
      () => refusalOf(Uint8Array.of(1, 2, 3)),
      'the file starts with "\\u0001\\u0002" at byte 0; wanted "PK", as a zip archive does',
    ],
    [
      "a cut zip",
      () => refusalOf(file.subarray(0, 60)),
      "the zip data is damaged: invalid zip data; try: fetch or copy it again",
    ],
    [
      "more than the bound",
      () => refusalOf(file, { bytes: 1000 }),
      "the unpacked archive is at least 100,128 bytes; the limit is 1,000 bytes",
    ],
    [
      "an entry that claims to unpack to more than deflate can pack",
      () => {
        const bomb = file.slice()
        new DataView(bomb.buffer).setUint32(claim, 2 ** 30, true)
        return refusalOf(bomb)
      },
      "the zip data is damaged: x.npy cannot unpack to 1073741824 bytes; try: fetch or copy it again",
    ],
    [
      "an array that is damaged, named",
      () => refusalOf(zipSync({ "w.npy": new TextEncoder().encode("hello") })),
      'w.npy: the file starts with "hello" at byte 0; wanted \\x93NUMPY, as an .npy array does',
    ],
  ])("%s", (_, refused, message) => expect(refused()).toBe(message))
})

describe("laws", () => {
  const arrays = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 }).chain((shape) => {
    const length = shape.reduce((a, b) => a * b, 1)
    const of = <A>(element: fc.Arbitrary<A>) => fc.array(element, { minLength: length, maxLength: length })
    return fc.oneof(
      of(fc.integer({ min: 0, max: 255 })).map((data) => NDArray.make("u8", shape, Uint8Array.from(data))),
      of(fc.integer({ min: 0, max: 1 })).map((data) => NDArray.make("bool", shape, Uint8Array.from(data))),
      of(fc.integer()).map((data) => NDArray.make("i32", shape, Int32Array.from(data))),
      of(fc.float()).map((data) => NDArray.make("f32", shape, Float32Array.from(data))),
      of(fc.double()).map((data) => NDArray.make("f32", shape, Float64Array.from(data))),
    )
  })
  it("what is written is read back, with its storage", () => {
    fc.assert(
      fc.property(arrays, (array) => {
        const read = Result.getOrThrow(Npy.decode(Npy.encode(array)))
        return NDArray.equals(read, array) && read.data.constructor === array.data.constructor
      }),
    )
  })
  it("named arrays are read back, with any names", () => {
    const names = fc.oneof(fc.string(), fc.constantFrom("__proto__", "constructor", "a/../b"))
    fc.assert(
      fc.property(fc.uniqueArray(fc.tuple(names, arrays), { selector: ([name]) => name, maxLength: 4 }), (entries) => {
        expect(new Map(Result.getOrThrow(Npz.decode(Npz.encode(entries))))).toEqual(new Map(entries))
      }),
      { numRuns: 30 },
    )
  })
  it("any bytes give a Result", () => {
    const start = fc.constantFrom([], [0x50, 0x4b], [...npy(header("<f4", "(1,)")).subarray(0, 20)])
    fc.assert(
      fc.property(start, fc.uint8Array({ maxLength: 100 }), (start, rest) => {
        const bytes = Uint8Array.from([...start, ...rest])
        return Result.isResult(Npy.decode(bytes)) && Result.isResult(Npz.decode(bytes))
      }),
    )
  })
  it("a damaged archive gives a Result", () => {
    const file = Npz.encode([["x", NDArray.make("i32", [3], Int32Array.of(1, 2, 3))]])
    fc.assert(
      fc.property(fc.nat(file.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) =>
        Result.isResult(Npz.decode(file.map((byte, i) => (i === at ? byte ^ flip : byte)))),
      ),
    )
  })
})

const weights = new URL("../../../../shared/data/mnist-mlp/weights.npz", import.meta.url)

it.skipIf(!existsSync(weights))("the 784-50-100-10 network (../shared/data/mnist-mlp)", () => {
  const arrays = Result.getOrThrow(Npz.decode(readFileSync(weights)))
  expect(Object.fromEntries(Array.from(arrays, ([name, { dtype, shape }]) => [name, [dtype, ...shape]]))).toEqual({
    W1: ["f32", 784, 50],
    b1: ["f32", 50],
    W2: ["f32", 50, 100],
    b2: ["f32", 100],
    W3: ["f32", 100, 10],
    b3: ["f32", 10],
  })
})

describe("kinds of element", () => {
  const read = (descr: string, data: ReadonlyArray<number>, shape = "(2,)", order = "False") =>
    Result.getOrThrow(Npy.decode(npy(header(descr, shape, order), data)))
  const bytesOf = (bits: ReadonlyArray<number>, little: boolean): ReadonlyArray<number> =>
    bits.flatMap((x) => (little ? [x & 255, x >> 8] : [x >> 8, x & 255]))

  it.each([true, false])("16-bit floats, least byte first: %s", (little) => {
    const bits = [0x3c00, 0xc000, 0x7bff, 0x0001, 0x0400, 0x83ff, 0x3555, 0x8000, 0x7c00, 0xfc00]
    const array = read(little ? "<f2" : ">f2", bytesOf(bits, little), `(${bits.length},)`)
    expect([array.dtype, array.data instanceof Float32Array]).toEqual(["f32", true])
    expect([...array.data]).toEqual([
      1,
      -2,
      65504,
      2 ** -24,
      2 ** -14,
      -1023 * 2 ** -24,
      0.333251953125,
      -0,
      Number.POSITIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
    ])
    expect(read("<f2", bytesOf([0x7e00, 0xfe01], true)).data).toEqual(Float32Array.of(Number.NaN, Number.NaN))
  })

  it("whole numbers of 64 bits: i32 where all fit, doubles where one does not", () => {
    const words = (...numbers: ReadonlyArray<bigint>) => [...new Uint8Array(BigInt64Array.from(numbers).buffer)]
    const small = read("<i8", words(-(2n ** 31n), 2n ** 31n - 1n))
    expect([small.dtype, [...small.data]]).toEqual(["i32", [-(2 ** 31), 2 ** 31 - 1]])
    const wide = read("<i8", words(1_700_000_000_123n, -5n))
    expect([wide.dtype, wide.data instanceof Float64Array, [...wide.data]]).toEqual(["f32", true, [1_700_000_000_123, -5]])
    expect([...read("<u8", words(-1n, 2n ** 53n)).data]).toEqual([2 ** 64, 2 ** 53])
    expect([...read("<u4", [255, 255, 255, 255, 0, 0, 0, 128]).data]).toEqual([2 ** 32 - 1, 2 ** 31])
    expect([...read(">i8", words(-2n).toReversed(), "(1,)").data]).toEqual([-2])
  })

  it("a whole number of 64 bits is the nearest double", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (x) => {
        const bytes = [...new Uint8Array(BigInt64Array.of(x).buffer)]
        expect([...read("<i8", bytes, "(1,)").data]).toEqual([Number(x)])
      }),
    )
  })

  it("every storage comes back as it was written, in either order of axes", () => {
    const [rows, columns] = [2, 3]
    const array = NDArray.make("f32", [rows, columns], Float32Array.of(1, 2, 3, 4, 5, 6))
    const columnMajor = [...new Uint8Array(Float32Array.of(1, 4, 2, 5, 3, 6).buffer)]
    expect(read("<f4", columnMajor, "(2, 3)", "True")).toEqual(array)
    expect(read("<f4", [...new Uint8Array(Float32Array.of(1, 2, 3, 4, 5, 6).buffer)], "(2, 3)")).toEqual(array)
  })
})

describe("targets", () => {
  const ucs4 = (...texts: ReadonlyArray<string>) =>
    texts.flatMap((text) =>
      [...text.padEnd(3, "\0")].flatMap((c) => [...new Uint8Array(Uint32Array.of(c.codePointAt(0) ?? 0).buffer)]),
    )
  const labels = (descr: string, data: ReadonlyArray<number>, shape = "(3,)") => Npy.decodeLabels(npy(header(descr, shape), data))

  it("text is classes by name, in order", () => {
    expect(Result.getOrThrow(labels("<U3", ucs4("dog", "cat", "dog")))).toEqual({
      targets: NDArray.make("i32", [3], Int32Array.of(1, 0, 1)),
      classes: ["cat", "dog"],
    })
    expect(
      Result.getOrThrow(
        labels(
          "|S2",
          [..."10", ..."9\0", ..."9\0"].map((c) => c.charCodeAt(0)),
        ),
      ),
    ).toMatchObject({
      classes: ["9", "10"],
    })
  })
  it("numbers are as in any array", () => {
    expect(Result.getOrThrow(labels("|u1", [1, 0, 1]))).toEqual({ targets: NDArray.make("u8", [3], Uint8Array.of(1, 0, 1)) })
  })
  it("names of properties that every object has are names", () => {
    const texts = ["__proto__", "toString", "__proto__"].map((text) => text.padEnd(9, "\0")).join("")
    expect(
      Result.getOrThrow(
        labels(
          "|S9",
          [...texts].map((c) => c.charCodeAt(0)),
        ),
      ),
    ).toMatchObject({
      classes: ["__proto__", "toString"],
    })
  })
  it.each([
    ["a blank", labels("<U3", ucs4("a", "", "b")), /element 1 at byte 79 is blank; wanted the name of a class/],
    ["a word for a blank", labels("<U3", ucs4("a", "b", "NA")), /element 2 .* is "NA"; wanted the name of a class/],
    ["too few bytes", labels("<U3", ucs4("a", "b")), /only 24 of the 36 bytes wanted for <U3 \[3\]/],
    ["no character", labels("<U0", []), /the type of the elements .* is "<U0"/],
    ["a declared size of 2^60", labels("<U999999", [0], "(1073741824, 1073741824)"), /sizes that multiply/],
  ])("%s is refused", (_, result, message) => {
    expect(Result.isFailure(result) ? result.failure.message : "read").toMatch(message)
  })
  it("as inputs text is refused", () => {
    expect(refusal(npy(header("<U1", "(1,)"), [65, 0, 0, 0]))).toMatch(
      /the type of the elements at byte 10 is "<U1"; wanted one of f2/,
    )
  })
})

describe("an archive", () => {
  const x = NDArray.make("f32", [1], Float32Array.of(1))
  const npyOf = (descr: string, shape: string, data: ReadonlyArray<number>) => npy(header(descr, shape), data)
  const zip = (files: { readonly [name: string]: Uint8Array }) => zipSync({ ...files })

  it("gives one array and leaves alone what is wrong with others", () => {
    const archive = Result.getOrThrow(
      Npz.open(zip({ "x.npy": Npy.encode(x), "names.npy": npyOf("|O", "(1,)", []), "a.txt": Uint8Array.of(1) })),
    )
    expect(archive.names).toEqual(["x", "names"])
    expect(Result.getOrThrow(Npz.read(archive, "x"))).toEqual(x)
    expect(Result.getOrThrow(Result.flip(Npz.read(archive, "names")))).toMatchObject({ file: "names.npy" })
  })
  it("counts only what is unpacked against its limit", () => {
    const large = Npy.encode(NDArray.make("u8", [5000], new Uint8Array(5000)))
    const archive = Result.getOrThrow(Npz.open(zip({ "x.npy": Npy.encode(x), "large.npy": large }), { bytes: 1000 }))
    expect(Result.getOrThrow(Npz.read(archive, "x"))).toEqual(x)
    expect(Result.getOrThrow(Result.flip(Npz.read(archive, "large"))).message).toBe(
      "the unpacked archive is at least 5,128 bytes; the limit is 1,000 bytes",
    )
  })
})
