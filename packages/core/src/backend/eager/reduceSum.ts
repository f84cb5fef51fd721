/**
 * Sums in the engine's order: where the last axis is reduced, into sixteen partial sums by index modulo 16, which are then added
 * in pairs; otherwise one element after the other.
 */
import type { Definition } from "../../reference/Definition.ts"
import { numbers } from "../../reference/Definition.ts"
import { targets } from "../../reference/structure.ts"
import type { NDArray } from "../../types/NDArray.ts"
import * as Shape from "../../types/Shape.ts"

/** Sixteen sums as four vectors of four: vectors are added in pairs, then the two results; then lanes two apart, then neighbours. */
const inPairs = (sums: Float32Array): number => {
  for (const apart of [4, 8, 2, 1])
    for (let i = 0; i + apart < 16; i++) sums[i] = (sums[i] as number) + (sums[i + apart] as number)
  return sums[0] as number
}

/** `reduceSum` in floats. */
export const reduceSum: Definition<"reduceSum"> = ({ axes }, inputs, out) => {
  const { shape } = inputs[0] as NDArray
  const x = numbers(inputs, 0)
  const into = targets(shape, axes, out.shape)
  const size = Shape.size(out.shape)
  const ways = axes.includes(shape.length - 1) ? 16 : 1
  const sums = new Float32Array(size * ways)
  const met = new Int32Array(size)
  for (let i = 0; i < x.length; i++) {
    const to = into[i] as number
    const index = to * ways + ((met[to] as number) % ways)
    met[to] = (met[to] as number) + 1
    sums[index] = (sums[index] as number) + (x[i] as number)
  }
  if (ways === 1) return sums
  return Float32Array.from({ length: size }, (_, to) => inPairs(sums.subarray(to * ways, (to + 1) * ways)))
}
