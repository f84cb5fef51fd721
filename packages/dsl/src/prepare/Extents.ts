/** The ranges of prepared inputs, by column if there are columns. */
import type { Fitted } from "@adjoint/core/data/Fitted"
import * as InputTransform from "@adjoint/core/data/InputTransform"
import * as Preprocess from "@adjoint/core/data/Preprocess"
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
export const targetExtents = ({ target }: Fitted, targets: NDArray): Pick<Facts, "targetExtents"> => {
  if (target?.type !== "numbers") return {}
  const { columns } = target
  return { targetExtents: columns.map(({ name }, i) => ({ column: name, extent: within(targets, i, columns.length) })) }
}

/** The extents of inputs that are prepared, or still the bytes that the net prepares. */
export const extents = (fitted: Fitted, inputs: NDArray): ReadonlyArray<Extent> => {
  const { columns } = Preprocess.names(fitted)
  const numbers = Result.getOrElse(InputTransform.numbers(fitted.input, inputs), () => inputs)
  return columns === undefined
    ? [{ extent: extent(numbers) }]
    : columns.map((column, i) => ({ column, extent: within(numbers, i, columns.length) }))
}
