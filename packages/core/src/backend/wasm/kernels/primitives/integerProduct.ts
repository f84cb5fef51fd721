/** Products of integer matrices, which wrap at 32 bits. */
import * as Shape from "../../../../types/Shape.ts"
import { i32, i32x4, v128 } from "../../assembler/Value.ts"
import { nestShared } from "../loopNest.ts"
import { at, blocks, input, type PrimitiveKernel, storeLanes } from "./Operation.ts"

export const integerProduct: PrimitiveKernel<"dot"> = {
  parallel: true,
  work: (operation) => 2 * (input(operation, 0).shape.at(-1) ?? 0),
  emit: (context, operation) => {
    const { code } = context
    const [a, b] = [input(operation, 0), input(operation, 1)]
    const { out } = operation
    const [m = 0, n = 0] = out.shape.slice(-2)
    const k = a.shape.at(-1) ?? 0
    nestShared(context, [Shape.size(out.shape.slice(0, -2)) * m], ([row = i32.const(0)]) => {
      const left = code.let(at(a.address, [row, k * 4]))
      const right = code.let(at(b.address, [i32.div_u(row, m), k * n * 4]))
      const into = code.let(at(out.address, [row, n * 4]))
      blocks(code, n, 4, (j, count) => {
        const sum = code.variable(i32x4.const(0))
        const from = code.let(at(right, [j, 4]))
        code.for(0, k, 1, (i) => {
          code.set(sum, i32x4.add(sum, i32x4.mul(v128.load32_splat(at(left, [i, 4])), v128.load(at(from, [i, n * 4])))))
        })
        storeLanes(code, code.let(at(into, [j, 4])), sum, count)
      })
    })
  },
}
