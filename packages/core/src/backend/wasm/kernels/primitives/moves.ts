/** The kernels that only move elements: pad, concat and gather. */
import { bytes, type DType } from "../../../../types/DType.ts"
import * as Shape from "../../../../types/Shape.ts"
import { bytesOf } from "../../../../types/ShapeError.ts"
import type { Code } from "../../assembler/Code.ts"
import { f32x4, type I32, i32, i32x4, type V128 } from "../../assembler/Value.ts"
import { threadRange } from "../../threads/partition.ts"
import { nest } from "../loopNest.ts"
import { at, copyBytes, input, type Operand, type PrimitiveKernel } from "./Operation.ts"

const everyLane = (dtype: DType, value: number): V128 => (dtype === "f32" ? f32x4.const(value) : i32x4.const(value))

/** Fills an array with one value. */
const fill = (code: Code, { address, dtype, shape }: Operand, value: number): void => {
  const size = Shape.size(shape) * bytes[dtype]
  if (bytes[dtype] === 1 || Object.is(value, 0)) code.memory.fill(i32.const(address), value, size)
  else {
    const x = code.let(everyLane(dtype, value))
    // Arrays end on whole vectors.
    code.for(0, Math.ceil(size / 16), 1, (i) => code.v128.store(at(address, [i, 16]), x))
  }
}

/** Copies one element. */
const copyElement = (code: Code, dtype: DType, to: I32, from: I32): void =>
  bytes[dtype] === 4 ? code.i32.store(to, i32.load(from)) : code.i32.store8(to, i32.load8_u(from))

export const pad: PrimitiveKernel<"pad"> = {
  parallel: false,
  emit: ({ code }, operation) => {
    const { interior, low, value } = operation.params
    const { out } = operation
    const from = input(operation, 0)
    const size = bytes[out.dtype]
    fill(code, out, value)
    if (Shape.size(from.shape) === 0) return
    const [steps, strides] = [Shape.strides(from.shape), Shape.strides(out.shape)]
    const base = strides.reduce((sum, stride, axis) => sum + stride * (low[axis] ?? 0), 0) * size + out.address
    // From some axis on the elements are contiguous both here and in the result.
    let run = from.shape.length
    while (run > 0 && (interior[run - 1] ?? 0) === 0 && steps[run - 1] === strides[run - 1]) run--
    const together = Shape.size(from.shape.slice(run)) * size
    nest(code, from.shape.slice(0, run), (indices) => {
      const source = at(from.address, ...indices.map((index, axis) => [index, (steps[axis] ?? 0) * size] as const))
      const target = at(
        base,
        ...indices.map((index, axis) => [index, (strides[axis] ?? 0) * ((interior[axis] ?? 0) + 1) * size] as const),
      )
      if (run === from.shape.length) copyElement(code, out.dtype, target, source)
      else copyBytes(code, target, source, together)
    })
  },
}

export const concat: PrimitiveKernel<"concat"> = {
  parallel: true,
  emit: ({ code, team }, { inputs, out, params: { axis } }) => {
    const outer = Shape.size(out.shape.slice(0, axis))
    const row = bytesOf(out) / outer
    const { end, start } = threadRange(code, team, outer)
    code.for(start, end, 1, (i) => {
      let offset = out.address
      for (const from of inputs) {
        const width = bytesOf(from) / outer
        copyBytes(code, at(offset, [i, row]), at(from.address, [i, width]), width)
        offset += width
      }
    })
  },
}

export const gather: PrimitiveKernel<"gather"> = {
  parallel: true,
  // Rows are at random addresses, so memory latency dominates.
  work: () => 4,
  emit: ({ code, team }, operation) => {
    const [from, indices] = [input(operation, 0), input(operation, 1)]
    const { out } = operation
    const [rows = 0, ...row] = from.shape
    const width = Shape.size(row) * bytes[out.dtype]
    const { end, start } = threadRange(code, team, Shape.size(indices.shape))
    code.for(start, end, 1, (i) => {
      const index = code.let(i32.load(at(indices.address, [i, 4])))
      const target = code.let(at(out.address, [i, width]))
      code.if(
        i32.lt_u(index, rows),
        () => copyBytes(code, target, at(from.address, [index, width]), width),
        () => {
          if (out.dtype !== "f32") code.memory.fill(target, 0, width)
          else code.forAddress(target, i32.add(target, width), 4, (p) => code.f32.store(p, Number.NaN))
        },
      )
    })
  },
}
