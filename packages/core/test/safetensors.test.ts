/** Safetensors files of other programs: every element type, and headers that do not hold. */
import { CheckpointError, NDArray, Safetensors, ShapeError, Tensor } from "@adjoint/core"
import { duplicateKey } from "@adjoint/core/data/duplicateKey"
import { fromBits } from "@adjoint/core/data/float16"
import { Result } from "effect"
import * as fc from "fast-check"
import { assert, describe, expect, it } from "vitest"

/** A file of a header, as text or as JSON, and the bytes after it. */
const file = (header: unknown, body: ArrayLike<number>): Uint8Array => {
  const json = new TextEncoder().encode(typeof header === "string" ? header : JSON.stringify(header))
  const bytes = new Uint8Array(8 + json.length + body.length)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true)
  bytes.set(json, 8)
  bytes.set(body, 8 + json.length)
  return bytes
}

const bytesOf = (storage: ArrayBufferView) => new Uint8Array(storage.buffer, storage.byteOffset, storage.byteLength)

/** One array of a type, decoded. */
const one = (dtype: string, storage: ArrayBufferView, count: number) => {
  const body = bytesOf(storage)
  return Result.map(
    Safetensors.decode(file({ x: { dtype, shape: [count], data_offsets: [0, body.length] } }, body), "f"),
    (arrays) => arrays.get("x") ?? Tensor.make([]),
  )
}

const numbers = (result: ReturnType<typeof one>) => {
  const array = Result.getOrThrow(result)
  return [array.dtype, [...array.data]]
}

const messageOf = (result: Result.Result<unknown, CheckpointError>): string => {
  if (Result.isSuccess(result)) throw new Error("it was read")
  assert.instanceOf(result.failure, CheckpointError)
  return result.failure.message
}

describe("each array is read by its own type", () => {
  it("floats", () => {
    expect(numbers(one("F64", Float64Array.of(0.1, 1e300), 2))).toEqual(["f32", [0.1, 1e300]])
    expect(numbers(one("F32", Float32Array.of(0.5, -2), 2))).toEqual(["f32", [0.5, -2]])
    // As NumPy 2 writes them: np.array([1, -2, 0.1, 65504, 2**-24, inf, nan], np.float16).view(np.uint16)
    expect(numbers(one("F16", Uint16Array.of(15360, 49152, 11878, 31743, 1, 31744, 32256), 7))).toEqual([
      "f32",
      [1, -2, 0.0999755859375, 65504, 2 ** -24, Number.POSITIVE_INFINITY, Number.NaN],
    ])
    // The upper halves of the floats 1, -2 and 3.140625, of infinity and of NaN.
    expect(numbers(one("BF16", Uint16Array.of(0x3f80, 0xc000, 0x4049, 0x7f80, 0x7fc0), 5))).toEqual([
      "f32",
      [1, -2, 3.140625, Number.POSITIVE_INFINITY, Number.NaN],
    ])
  })

  it("whole numbers and bools", () => {
    expect(numbers(one("I64", BigInt64Array.of(-5n, 2147483647n), 2))).toEqual(["i32", [-5, 2147483647]])
    expect(numbers(one("U64", BigUint64Array.of(7n), 1))).toEqual(["i32", [7]])
    expect(numbers(one("I32", Int32Array.of(-1), 1))).toEqual(["i32", [-1]])
    expect(numbers(one("U32", Uint32Array.of(9), 1))).toEqual(["i32", [9]])
    expect(numbers(one("I16", Int16Array.of(-300), 1))).toEqual(["i32", [-300]])
    expect(numbers(one("U16", Uint16Array.of(65535), 1))).toEqual(["i32", [65535]])
    expect(numbers(one("I8", Int8Array.of(-128), 1))).toEqual(["i32", [-128]])
    expect(numbers(one("U8", Uint8Array.of(255), 1))).toEqual(["u8", [255]])
    expect(numbers(one("BOOL", Uint8Array.of(1, 0), 2))).toEqual(["bool", [1, 0]])
  })

  it("of types mixed in one file, in any order", () => {
    const body = Uint8Array.of(
      ...bytesOf(Uint16Array.of(0x3c00)),
      ...bytesOf(BigInt64Array.of(3n)),
      ...bytesOf(Float64Array.of(0.1)),
      1,
    )
    const header = {
      flag: { dtype: "BOOL", shape: [], data_offsets: [18, 19] },
      count: { dtype: "I64", shape: [1], data_offsets: [2, 10] },
      double: { dtype: "F64", shape: [1, 1], data_offsets: [10, 18] },
      half: { dtype: "F16", shape: [1], data_offsets: [0, 2] },
    }
    const arrays = Result.getOrThrow(Safetensors.decode(file(header, body), "f"))
    const shown = [...arrays].map(([name, { data, dtype, shape }]) => [name, dtype, shape, [...data]])
    expect(shown).toEqual([
      ["half", "f32", [1], [1]],
      ["count", "i32", [1], [3]],
      ["double", "f32", [1, 1], [0.1]],
      ["flag", "bool", [], [1]],
    ])
  })

  it("and one that cannot be used is named", () => {
    expect(messageOf(one("I64", BigInt64Array.of(1n, 2147483648n), 2))).toContain('"x" (I64[2]) with 2147483648 at 1')
    expect(messageOf(one("U64", BigUint64Array.of(2n ** 64n - 1n), 1))).toContain("18446744073709551615")
    expect(messageOf(one("U32", Uint32Array.of(2 ** 31), 1))).toContain("2147483648 at 0")
    expect(messageOf(one("BOOL", Uint8Array.of(2), 1))).toContain("2 at 0")
    expect(messageOf(one("F8_E4M3", Uint8Array.of(2), 1))).toContain('"x" of dtype "F8_E4M3"')
  })

  it("halves as the definition of IEEE 754 has them", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xffff }), (bits) => {
        const [sign, exponent, fraction] = [bits & 0x8000 ? -1 : 1, (bits >> 10) & 31, (bits & 1023) / 1024]
        const wanted =
          exponent === 31
            ? fraction === 0
              ? sign * Number.POSITIVE_INFINITY
              : Number.NaN
            : sign * (exponent === 0 ? fraction * 2 ** -14 : (1 + fraction) * 2 ** (exponent - 15))
        assert.isTrue(Object.is(fromBits(bits), wanted))
      }),
    )
  })
})

describe("a header that does not hold is refused", () => {
  const w = { dtype: "F32", shape: [2], data_offsets: [0, 8] }
  const at = (start: number, end: number, shape = [(end - start) / 4]) => ({ dtype: "F32", shape, data_offsets: [start, end] })

  it.each([
    ["arrays that overlap", { a: at(0, 8), b: at(4, 12) }, 12, "without overlap or gap"],
    ["arrays at one place", { a: at(0, 8), b: at(0, 8) }, 8, "without overlap or gap"],
    ["a gap before the first", { a: at(4, 8) }, 8, "without overlap or gap"],
    ["a gap between two", { a: at(0, 4), b: at(8, 12) }, 12, "without overlap or gap"],
    ["an end before its start", { a: { dtype: "F32", shape: [0], data_offsets: [8, 0] } }, 8, "without overlap or gap"],
    ["an end beyond the file", { a: at(0, 4000) }, 8, "without overlap or gap"],
    ["bytes that no array has", { a: at(0, 4) }, 8, "4 bytes after the last array"],
    ["fewer bytes than its shape", { a: at(0, 8, [3]) }, 8, "12 for F32[3]"],
    ["a shape whose size is no whole number any more", { a: at(0, 8, [2 ** 40, 2 ** 40]) }, 8, "2³¹"],
    [
      "a shape of 0 times more than there may be",
      { a: { dtype: "F32", shape: [0, 2 ** 53 - 1, 2 ** 53 - 1], data_offsets: [0, 0] } },
      0,
      "",
    ],
  ])("%s", (_, header, length, wanted) => {
    const result = Safetensors.decode(file(header, new Uint8Array(length)), "f")
    if (wanted === "") assert.isTrue(Result.isSuccess(result))
    else expect(messageOf(result)).toContain(wanted)
  })

  it("one name twice, however it is written", () => {
    for (const again of ["w", "\\u0077"])
      expect(
        messageOf(Safetensors.decode(file(`{"w":${JSON.stringify(w)},"${again}":${JSON.stringify(w)}}`, new Uint8Array(8)), "f")),
      ).toContain('two entries for "w"')
  })

  it("a header of more bytes than the file, before anything is allocated", () => {
    const bytes = file({ w }, new Uint8Array(8))
    for (const length of [2n ** 63n, 2n ** 40n, BigInt(bytes.length)]) {
      new DataView(bytes.buffer).setBigUint64(0, length, true)
      messageOf(Safetensors.decode(bytes, "f"))
    }
  })

  it("but names that objects have themselves are names", () => {
    const names = ["__proto__", "constructor", "toString", "a b", "", "é\u0000"]
    const arrays = new Map(names.map((name, i) => [name, NDArray.make("i32", [1], Int32Array.of(i))]))
    const back = Result.getOrThrow(Safetensors.decode(Safetensors.encode(arrays), "f"))
    expect([...back].map(([name, { data }]) => [name, data[0]])).toEqual(names.map((name, i) => [name, i]))
    assert.isUndefined(({} as { readonly dtype?: unknown }).dtype)
  })

  it("and the one name that the format reserves is not written", () => {
    assert.throws(() => Safetensors.encode(new Map([["__metadata__", Tensor.make([1])]])), ShapeError)
  })
})

it("any bytes are read or refused, and never thrown at", () => {
  const whole = Safetensors.encode(
    new Map([
      ["w", Tensor.make([1, 2])],
      ["b", NDArray.make("u8", [2], Uint8Array.of(1, 2))],
    ]),
  )
  fc.assert(
    fc.property(fc.nat(whole.length - 1), fc.integer({ min: 0, max: 255 }), (at, byte) => {
      const bytes = whole.slice()
      bytes[at] = byte
      const result = Safetensors.decode(bytes, "f")
      if (Result.isFailure(result)) assert.instanceOf(result.failure, CheckpointError)
    }),
  )
})

it("finds a key that the outermost object has twice", () => {
  const key = fc.string({ maxLength: 3 })
  fc.assert(
    fc.property(fc.array(fc.tuple(key, fc.jsonValue({ maxDepth: 2 }))), (entries) => {
      const text = `{${entries.map(([name, value]) => `${JSON.stringify(name)} : ${JSON.stringify(value)}`).join(", ")}}`
      const names = entries.map(([name]) => name)
      assert.strictEqual(
        duplicateKey(text),
        names.find((name, i) => names.indexOf(name) < i),
      )
    }),
  )
})
