/**
 * Sums in the engine's order: where the last axis is reduced, into sixteen partial sums by index modulo 16, which are added in
 * pairs at the end; otherwise one element after the other. Each of them goes by blocks (`reference/sumOrder.ts`).
 */
import type { Definition } from "../../reference/Definition.ts"
import { numbers } from "../../reference/Definition.ts"
import { targets } from "../../reference/structure.ts"
import { cascade, pour, sumBlock, sumFanIn } from "../../reference/sumOrder.ts"
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
  const sizes = cascade(Math.ceil(x.length / Math.max(1, size) / ways), sumBlock, sumFanIn)
  const levels = [0, ...sizes].map(() => new Float32Array(size * ways))
  const [sums] = levels as [Float32Array, ...ReadonlyArray<Float32Array>]
  const partial = (level: number, to: number): Float32Array =>
    (levels[level] as Float32Array).subarray(to * ways, (to + 1) * ways)
  const met = new Int32Array(size)
  for (let i = 0; i < x.length; i++) {
    const to = into[i] as number
    const index = to * ways + ((met[to] as number) % ways)
    const count = (met[to] as number) + 1
    met[to] = count
    sums[index] = (sums[index] as number) + (x[i] as number)
    for (let level = 0; level < sizes.length && count % ((sizes[level] as number) * ways) === 0; level++)
      pour(partial(level, to), partial(level + 1, to))
  }
  for (let level = 0; level < sizes.length; level++) pour(levels[level] as Float32Array, levels[level + 1] as Float32Array)
  const totals = levels[sizes.length] as Float32Array
  if (ways === 1) return totals
  return Float32Array.from({ length: size }, (_, to) => inPairs(totals.subarray(to * ways, (to + 1) * ways)))
}
