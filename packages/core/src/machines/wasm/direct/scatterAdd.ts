/** Rows added where indices say, from zeros on, in the order of the indices. */
import * as Shape from "../../../words/Shape.ts"
import { f32x4, i32, i32x4, v128 } from "../Value.ts"
import { at, blocks, type Direct, input, sizeOf, storeLanes } from "./step.ts"

export const scatterAdd: Direct<"scatterAdd"> = {
  shared: false,
  emit: ({ code }, step) => {
    const [indices, updates] = [input(step, 0), input(step, 1)]
    const { out } = step
    const rows = out.shape[0] ?? 0
    const width = Shape.size(out.shape.slice(1))
    const add = out.dtype === "f32" ? f32x4.add : i32x4.add
    code.memory.fill(i32.const(out.address), 0, sizeOf(out))
    code.for(0, Shape.size(indices.shape), 1, (i) => {
      const index = code.let(i32.load(at(indices.address, [i, 4])))
      code.if(i32.lt_u(index, rows), () => {
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
