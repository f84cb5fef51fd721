/** Rows added to zeros at the given indices, in the order of the indices. Threads share the rows of the result. */
import * as Shape from "../../../../types/Shape.ts"
import { f32x4, i32, i32x4, v128 } from "../../assembler/Value.ts"
import { threadRange } from "../../threads/partition.ts"
import { at, blocks, input, type PrimitiveKernel, storeLanes } from "./Operation.ts"

export const scatterAdd: PrimitiveKernel<"scatterAdd"> = {
  parallel: true,
  emit: ({ code, team }, operation) => {
    const [indices, updates] = [input(operation, 0), input(operation, 1)]
    const { out } = operation
    const rows = out.shape[0] ?? 0
    const width = Shape.size(out.shape.slice(1))
    const add = out.dtype === "f32" ? f32x4.add : i32x4.add
    const { end, start } = threadRange(code, team, rows)
    const first = at(0, [start, 1])
    const count = code.let(at(0, [end, 1], [start, -1]))
    code.memory.fill(at(out.address, [start, width * 4]), 0, i32.mul(count, width * 4))
    code.for(0, Shape.size(indices.shape), 1, (i) => {
      const index = code.let(i32.load(at(indices.address, [i, 4])))
      code.if(i32.lt_u(i32.sub(index, first), count), () => {
        const into = code.let(at(out.address, [index, width * 4]))
        const from = code.let(at(updates.address, [i, width * 4]))
        blocks(code, width, 4, (j, count) => {
          const target = code.let(i32.add(into, i32.shl(j, 2)))
          const sum = code.let(add(v128.load(target), v128.load(i32.add(from, i32.shl(j, 2)))))
          storeLanes(code, target, sum, count)
        })
      })
    })
  },
}
