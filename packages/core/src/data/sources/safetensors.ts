/** Arrays in a safetensors file. */
import * as Result from "effect/Result"
import { type DataError, dataError } from "../DataError.ts"
import * as Gzip from "../Gzip.ts"
import { nearest } from "../Nearest.ts"
import * as Arrays from "../safetensorsArrays.ts"
import { fields, named, type Open, read } from "./archive.ts"
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

/** Inputs and targets in one safetensors file. */
export const safetensors = kind({
  doc: "Named arrays in a safetensors file.",
  advice: "Only the named arrays are read: `inputs` and `targets`, or those of `data.arrays`. F16 and BF16 become 32-bit floats.",
  endings: ["safetensors"],
  fields,
  main: "path",
  named: named(open),
  read: read(open),
})
