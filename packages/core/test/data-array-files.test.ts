/** Preprocessing of arrays whose rows are in a file, in several blocks: to the bit that of arrays in memory. */
import { Result } from "effect"
import { describe, expect, test } from "vitest"
import * as ArrayFile from "../src/data/ArrayFile.ts"
import { takeRows } from "../src/data/Dataset.ts"
import type { FileBytes } from "../src/data/FileBytes.ts"
import * as Finite from "../src/data/Finite.ts"
import * as InputTransform from "../src/data/InputTransform.ts"
import * as Npy from "../src/data/Npy.ts"
import * as Preprocess from "../src/data/Preprocess.ts"
import { blocks, type FileArray, inOrder, rowsAtOnce } from "../src/data/RawArray.ts"
import type { Spec } from "../src/data/Spec.ts"
import * as NDArray from "../src/types/NDArray.ts"

const mixed = (i: number): number => (Math.imul(i + 1, 2654435761) >>> 8) / 2 ** 24

/** More rows than two blocks have. */
const [width, count] = [16, 2 * rowsAtOnce({ shape: [1, 16] }) + 77]
const length = width * count
const arrays = {
  bytes: NDArray.make(
    "u8",
    [count, 4, 4, 1],
    Uint8Array.from({ length }, (_, i) => (i % width === 5 ? 7 : 256 * mixed(i))),
  ),
  floats: NDArray.make(
    "f32",
    [count, width],
    Float32Array.from({ length }, (_, i) => 10 * mixed(i) - (i % 5)),
  ),
  doubles: NDArray.make(
    "f32",
    [count, width],
    Float64Array.from({ length }, (_, i) => 1.7e9 + 1e-4 * i * mixed(i)),
  ),
}

/** The file of an array. */
const inFile = (array: NDArray.NDArray): FileArray => {
  const encoded = Npy.encode(array)
  const bytes: FileBytes = { name: "a.npy", size: encoded.length, read: (offset, size) => encoded.slice(offset, offset + size) }
  const rows = Result.getOrThrow(Npy.openRows(ArrayFile.headerOf(bytes)))
  if (rows === undefined) throw new Error("the array has no rows in order")
  return Result.getOrThrow(ArrayFile.inFile(bytes, rows))
}

/** Nine of ten rows, as a part of a split has them, and some of them in another order. */
const part = Int32Array.from({ length: count }, (_, i) => i).filter((i) => mixed(i) < 0.9)
part.subarray(100, 140).reverse()

const vectors: ReadonlyArray<Spec> = [
  {},
  { scale: "standard" },
  { scale: "minmax" },
  { scale: "maxabs" },
  { scale: "center" },
  { scale: "robust" },
  { scale: "standard", pca: { components: 5 } },
  { pca: { variance: 0.5, whiten: "pca" } },
  { scale: "standard", pca: { whiten: "zca" } },
]
const images: ReadonlyArray<Spec> = (["none", "center", "mean_image", "auto"] as const).map((normalize) => ({
  image: { size: [4, 4], channels: 1, normalize },
}))

describe("rows that are in a file", () => {
  test.each([
    ["bytes", [...vectors.slice(4), ...images]],
    ["floats", vectors],
    ["doubles", vectors.slice(0, 2)],
  ] as const)("%s are fitted and prepared as in memory", (name, specs) => {
    const array = arrays[name]
    const stored = inFile(array)
    expect([...blocks(stored, part)].length).toBeGreaterThan(1)
    for (const spec of specs) {
      const fitted = Result.getOrThrow(Preprocess.fit(spec, { inputs: array }, part))
      expect(Preprocess.fit(spec, { inputs: stored }, part)).toEqual(Result.succeed(fitted))
      const some = part.subarray(3, 300)
      expect(InputTransform.inputs(fitted, { inputs: stored }, some)).toEqual(
        InputTransform.inputs(fitted, { inputs: array }, some),
      )
    }
  })

  test("are those of the array, in any order and from any block", () => {
    const stored = inFile(arrays.floats)
    for (const rows of [[], [0], [count - 1, 0, 0, 5], part.subarray(0, 500), [7, 6, 5, 4]]) {
      expect(stored.read(rows)).toEqual(takeRows(arrays.floats, rows))
      const at = inOrder(stored, rows)
      for (let i = 0; i < rows.length; i++) {
        const { data, start } = at(i)
        expect(data.subarray(start, start + width)).toEqual(takeRows(arrays.floats, [rows[i] ?? 0]).data)
      }
    }
  })

  test("have a number that is not finite at the same place", () => {
    const broken = takeRows(
      arrays.floats,
      Int32Array.from({ length: count }, (_, i) => i),
    )
    broken.data[(count - 5) * width + 3] = Number.POSITIVE_INFINITY
    const rows = part.filter((row) => row > 1000)
    expect(Finite.check("inputs", inFile(broken), [count - 5, ...rows])).toEqual(Finite.check("inputs", broken, [count - 5]))
    expect(Result.isFailure(Finite.check("inputs", inFile(broken), rows))).toBe(rows.includes(count - 5))
  })
})
