/** The definition of `scan`, which `tensor/loop.ts` provides. */
import { specOf } from "../language/ShapeRule.ts"
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
  ({ body, carries, constants, guard, length, reverse }, inputs, out) => {
    const result = allocate("f32", Shape.size(out.shape))
    const once = prepare(body)
    const fixed = inputs.slice(0, constants)
    const sequences = inputs.slice(constants + carries)
    let carry = inputs.slice(constants, constants + carries)
    const kept = body.outputs.length - carries
    const starts: Array<number> = []
    let start = carry.reduce((sum, x) => sum + x.data.length, 0)
    for (const output of body.outputs.slice(carries)) {
      starts.push(start)
      start += Shape.size(specOf(body, output).shape) * length
    }
    for (let round = 0; round < length; round++) {
      const i = reverse ? length - 1 - round : round
      const given = [...fixed, ...carry, ...sequences.map((x) => row(x, i))]
      if (guard !== undefined && given[guard]?.data[0] === 0) {
        // A guard that is not of a sequence stays as it is.
        if (guard < constants + carries) break
        continue
      }
      const results = once(given)
      carry = results.slice(0, carries)
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
