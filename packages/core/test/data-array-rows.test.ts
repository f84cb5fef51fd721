/** Rows of .npy and idx files read a few at a time: what the file read whole gives, however it is cut. */
import * as Result from "effect/Result"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import type { ArrayRows } from "../src/data/ArrayRows.ts"
import type { DataError } from "../src/data/DataError.ts"
import * as Idx from "../src/data/Idx.ts"
import * as Npy from "../src/data/Npy.ts"
import * as NDArray from "../src/types/NDArray.ts"
import * as Shape from "../src/types/Shape.ts"

const arrays = fc
  .tuple(
    fc.integer({ min: 1, max: 9 }),
    fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 2 }),
    fc.constantFrom("f32", "f64", "i32", "u8"),
  )
  .map(([rows, sample, kind]) => {
    const shape = [rows, ...sample]
    const numbers = Array.from({ length: Shape.size(shape) }, (_, i) => (i * 37) % 251)
    if (kind === "u8") return NDArray.make("u8", shape, Uint8Array.from(numbers))
    if (kind === "i32")
      return NDArray.make(
        "i32",
        shape,
        Int32Array.from(numbers, (n) => n - 100),
      )
    const eighths = numbers.map((n) => n / 8)
    return NDArray.make("f32", shape, kind === "f32" ? Float32Array.from(eighths) : Float64Array.from(eighths))
  })

const formats: ReadonlyArray<
  readonly [
    name: string,
    encode: (array: NDArray.NDArray) => Uint8Array,
    decode: (bytes: Uint8Array) => Result.Result<NDArray.NDArray, DataError>,
    open: (bytes: Uint8Array) => Result.Result<ArrayRows | undefined, DataError>,
  ]
> = [
  ["npy", Npy.encode, Npy.decode, Npy.openRows],
  ["idx", Idx.encode, (bytes) => Idx.decode(bytes), Idx.openRows],
]

describe.each(formats)("%s", (_, encode, decode, open) => {
  it("rows are those of the whole array", () => {
    fc.assert(
      fc.property(arrays, fc.integer({ min: 1, max: 4 }), (array, many) => {
        const bytes = encode(array)
        const whole = Result.getOrThrow(decode(bytes))
        const rows = Result.getOrThrow(open(bytes))
        if (rows === undefined) throw new Error("the rows follow each other")
        const { offset, read, rowBytes, shape } = rows
        expect(shape).toEqual(whole.shape)
        const [count = 0, ...sample] = shape
        const data: Array<number> = []
        for (let first = 0; first < count; first += many) {
          const some = Math.min(many, count - first)
          const part = read(bytes.slice(offset + first * rowBytes, offset + (first + some) * rowBytes), some)
          expect([part.dtype, part.shape]).toEqual([whole.dtype, [some, ...sample]])
          data.push(...part.data)
        }
        expect(offset + count * rowBytes).toBe(bytes.length)
        expect(data).toEqual([...whole.data])
      }),
    )
  })

  it("refuses what is no such file", () => {
    expect(Result.isFailure(open(Uint8Array.of(1, 2, 3, 4, 5, 6)))).toBe(true)
    expect(Result.isFailure(open(new Uint8Array(0)))).toBe(true)
  })
})

it("columns do not follow each other as rows do, and neither does text", () => {
  const bytes = Npy.encode(NDArray.make("f32", [2, 3], new Float32Array(6)))
  const text = Buffer.from(bytes).toString("latin1")
  const columns = Buffer.from(text.replace("'fortran_order': False, ", "'fortran_order': True,  "), "latin1")
  expect(Result.getOrThrow(Npy.openRows(columns))).toBeUndefined()
  expect(Result.getOrThrow(Npy.openRows(Buffer.from(text.replace("'<f4'", "'<U1'"), "latin1")))).toBeUndefined()
})
