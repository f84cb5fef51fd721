/** Arrays in a safetensors file. */
import * as Result from "effect/Result"
import * as NDArray from "../../types/NDArray.ts"
import * as Shape from "../../types/Shape.ts"
import * as ArrayFile from "../ArrayFile.ts"
import type { ArrayRows } from "../ArrayRows.ts"
import { type DataError, dataError } from "../DataError.ts"
import * as Gzip from "../Gzip.ts"
import { nearest } from "../Nearest.ts"
import { type RawArray, whole } from "../RawArray.ts"
import * as Arrays from "../safetensorsArrays.ts"
import type { Format } from "../safetensorsFormats.ts"
import { fields, inFiles, named, type Open, type OpenFile, read } from "./archive.ts"
import { kind } from "./Kind.ts"

const wrong = <A>(result: Result.Result<A, Arrays.Wrong>): Result.Result<A, DataError> =>
  Result.mapError(result, ({ got, wanted }) =>
    dataError({ _tag: "Corrupt", format: "safetensors", got: `${got}; wanted ${wanted}` }),
  )

const open: Open = (bytes) =>
  Result.gen(function* () {
    if (bytes.length === 0)
      return yield* Result.fail(dataError({ _tag: "Empty", got: "it is empty", wanted: "a safetensors file" }))
    const opened = yield* wrong(Arrays.open(yield* Gzip.unpack(bytes)))
    const { names } = opened
    const array = (name: string) =>
      opened.entries.has(name)
        ? wrong(Arrays.read(opened, name))
        : Result.fail(dataError({ _tag: "NoArray", name, nearest: nearest(name, names), names }))
    return { read: array, labels: (name: string) => Result.map(array(name), (targets) => ({ targets })) }
  })

/** The rows of an entry, whose numbers are checked where they may not fit into their dtype. */
const rowsOf = (
  name: string,
  entry: Arrays.Entry,
  format: Format,
): Omit<ArrayRows, "dtype"> & { readonly misfit: (bytes: Uint8Array, row: number) => Arrays.Wrong | undefined } => {
  const sample = entry.shape.slice(1)
  const width = Shape.size(sample)
  const numbersOf = (bytes: Uint8Array) => format.read(new Uint8Array(bytes).buffer)
  return {
    shape: entry.shape,
    offset: 0,
    written: `${entry.dtype}${Shape.print(entry.shape)}`,
    rowBytes: width * format.bytes,
    read: (bytes, count) => {
      const data = numbersOf(bytes)
      if ("value" in data) throw new RangeError(`${data.value} does not fit into ${format.dtype}`)
      return new NDArray.NDArray(format.dtype, [count, ...sample], data)
    },
    misfit: (bytes, row) => {
      const data = numbersOf(bytes)
      return "value" in data ? Arrays.misfit(name, entry, { ...data, at: row * width + data.at }) : undefined
    },
  }
}

const openFile: OpenFile = async (bytes, { limit }) =>
  Result.gen(function* () {
    if (bytes.size === 0)
      return yield* Result.fail(dataError({ _tag: "Empty", got: "it is empty", wanted: "a safetensors file" }))
    const length = yield* wrong(Arrays.headerLength(bytes.read(0, Math.min(bytes.size, Arrays.lengthBytes)), bytes.size))
    const start = Arrays.lengthBytes + length
    const header = bytes.read(Arrays.lengthBytes, length)
    const entries = yield* wrong(Arrays.entriesOf(header, bytes.size - start))
    const names = entries.map(([each]) => each)
    const array = (name: string, most: number): Result.Result<RawArray, DataError> =>
      Result.gen(function* () {
        const [, entry] = entries.find(([each]) => each === name) ?? []
        if (entry === undefined)
          return yield* Result.fail(dataError({ _tag: "NoArray", name, nearest: nearest(name, names), names }))
        const format = yield* wrong(Arrays.formatOf(name, entry))
        const [from, end] = entry.data_offsets
        const own = ArrayFile.part(bytes, start + from, start + end)
        const rows = rowsOf(name, entry, format)
        if (entry.shape.length === 0 || !ArrayFile.isLarge(rows, most)) {
          const all = ArrayFile.bytesOf(own)
          return yield* wrong(Arrays.decoded(name, entry, all))
        }
        if (format.isChecked === true)
          for (const { first, piece } of ArrayFile.pieces(own, rows)) {
            const misfit = rows.misfit(piece, first)
            if (misfit !== undefined) return yield* wrong(Result.fail(misfit))
          }
        return yield* ArrayFile.inFile(own, rows)
      })
    return {
      read: async (name) => Result.map(array(name, limit), (found) => ({ array: found })),
      labels: async (name) => Result.map(array(name, Number.POSITIVE_INFINITY), (found) => ({ targets: whole(found) })),
    }
  })

/** The size that the header declares, if it is complete. */
const declared = (first: Uint8Array): number | undefined => {
  const start = Arrays.headerLength(first, Number.MAX_SAFE_INTEGER)
  if (Result.isFailure(start)) return undefined
  const end = Arrays.lengthBytes + start.success
  if (first.length < end) return undefined
  const size = Arrays.declaredSize(first.subarray(Arrays.lengthBytes, end))
  return size === undefined ? undefined : end + size
}

/** Inputs and targets in one safetensors file. */
export const safetensors = kind({
  doc: "Named arrays in a safetensors file.",
  advice: "Only the named arrays are read: `inputs` and `targets`, or those of `data.arrays`. F16 and BF16 become 32-bit floats.",
  endings: ["safetensors"],
  fields,
  main: "path",
  named: named(open),
  read: read(open),
  inFiles: inFiles(openFile),
  declared,
})
