/** The definition of products of matrices. The order of a sum is part of the definition: that of the loops, in a cascade (`sumOrder`). */

import type { Storage } from "../types/DType.ts"
import type { NDArray } from "../types/NDArray.ts"
import * as Shape from "../types/Shape.ts"
import type { Arithmetic } from "./Arithmetic.ts"
import { type Definition, numbers } from "./Definition.ts"
import { cascade, pour, productBlock } from "./sumOrder.ts"

/** The definition of `dot`, in the given arithmetic. */
export const product =
  ({ allocate, multiply }: Arithmetic): Definition<"dot"> =>
  (_, inputs, out) => {
    const [a, b] = [numbers(inputs, 0), numbers(inputs, 1)]
    const [rows = 0, columns = 0] = out.shape.slice(-2)
    const inner = (inputs[0] as NDArray).shape.at(-1) ?? 0
    const result = allocate(out.dtype, Shape.size(out.shape))
    const lines = Shape.size(out.shape.slice(0, -1))
    const times = out.dtype === "i32" ? Math.imul : multiply
    const levels = cascade(inner, productBlock)
    const partial = levels.map(() => allocate(out.dtype, columns))
    for (let line = 0; line < lines; line++) {
      const row = result.subarray(line * columns, (line + 1) * columns)
      const [block = row, ...above] = partial
      for (let k = 0; k < inner; k++) {
        const x = a[line * inner + k] as number
        const from = (Math.floor(line / rows) * inner + k) * columns
        for (let j = 0; j < columns; j++) block[j] = (block[j] as number) + times(x, b[from + j] as number)
        levels.forEach((size, level) => {
          if ((k + 1) % size === 0 || k + 1 === inner) pour(partial[level] as Storage, above[level] ?? row)
        })
      }
    }
    return result
  }
