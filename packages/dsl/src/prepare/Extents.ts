/** The ranges of prepared inputs, by column if there are columns. */
import type { FittedTree } from "@adjoint/core/data/Fitted"
import * as InputTransform from "@adjoint/core/data/InputTransform"
import { type Arrays, arrayOf, columnNames, headsOf, inputsOf } from "@adjoint/core/data/PreprocessTree"
import { hasTokens } from "@adjoint/core/data/TableInput"
import type { NDArray } from "@adjoint/core/types/NDArray"
import * as Result from "effect/Result"
import type { Extent, Facts } from "./Facts.ts"

/** The smallest and largest of every `step`th number, starting at `first`. */
const within = ({ data }: NDArray, first: number, step: number): Extent["extent"] => {
  let [least, largest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (let i = first; i < data.length; i += step) {
    const x = data[i] ?? 0
    if (x < least) least = x
    if (x > largest) largest = x
  }
  return [least, largest]
}

/** The least and the largest number of an array. */
export const extent = (array: NDArray): Extent["extent"] => within(array, 0, 1)

/** The extents of targets that are quantities, by their names. */
export const targetExtents = (fitted: FittedTree, targets: Arrays): Pick<Facts, "targetExtents"> => {
  const found = headsOf(fitted).flatMap(([name, target]) => {
    if (target.type !== "numbers") return []
    const { columns } = target
    const own = arrayOf(targets, name)
    const array = target.array === undefined ? {} : { array: target.array }
    return [columns.map((column, i) => ({ column: column.name, ...array, extent: within(own, i, columns.length) }))]
  })
  return found.length === 0 ? {} : { targetExtents: found.flat() }
}

/** The extents of inputs that are prepared, or still the bytes that the net prepares; tokens have none. */
export const extents = (fitted: FittedTree, inputs: Arrays): ReadonlyArray<Extent> =>
  inputsOf(fitted).flatMap(([name, input]): ReadonlyArray<Extent> => {
    if (input.type === "columns" && hasTokens(input)) return []
    const own = arrayOf(inputs, name)
    const numbers = Result.getOrElse(InputTransform.numbers(input, own), () => own)
    const columns = columnNames(input)
    return columns === undefined
      ? [{ ...(input.type === "array" && input.array !== undefined ? { column: input.array } : {}), extent: extent(numbers) }]
      : columns.map((column, i) => ({ column, extent: within(numbers, i, columns.length) }))
  })
