/** The definition of `scan`, which `tensor/loop.ts` provides. */
import { NDArray } from "../types/NDArray.ts"
import * as Shape from "../types/Shape.ts"
import type { ScanBy } from "./Definition.ts"

const row = (x: NDArray, i: number): NDArray => {
  const shape = x.shape.slice(1)
  const width = Shape.size(shape)
  return new NDArray(x.dtype, shape, x.data.subarray(i * width, (i + 1) * width))
}

export const scan: ScanBy =
  (prepare, { allocate }) =>
  ({ body, carries, constants, length, reverse }, inputs, out) => {
    const result = allocate("f32", Shape.size(out.shape))
    const once = prepare(body)
    const fixed = inputs.slice(0, constants)
    const sequences = inputs.slice(constants + carries)
    let carry = inputs.slice(constants, constants + carries)
    const kept = body.outputs.length - carries
    const starts: Array<number> = []
    for (let round = 0; round < length; round++) {
      const i = reverse ? length - 1 - round : round
      const results = once([...fixed, ...carry, ...sequences.map((x) => row(x, i))])
      carry = results.slice(0, carries)
      if (round === 0) {
        let offset = carry.reduce((sum, x) => sum + x.data.length, 0)
        for (const x of results.slice(carries)) {
          starts.push(offset)
          offset += x.data.length * length
        }
      }
      for (let k = 0; k < kept; k++) {
        const { data } = results[carries + k] as NDArray
        result.set(data, (starts[k] ?? 0) + i * data.length)
      }
    }
    let offset = 0
    for (const { data } of carry) {
      result.set(data, offset)
      offset += data.length
    }
    return result
  }
