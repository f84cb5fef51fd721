/** The definition of the primitives that move, reduce and look up elements. */
import type { Reduction } from "../language/Primitive.ts"
import type { Storage } from "../types/DType.ts"
import type { NDArray } from "../types/NDArray.ts"
import * as Shape from "../types/Shape.ts"
import type { Spec } from "../types/ShapeError.ts"
import type { Arithmetic } from "./Arithmetic.ts"
import { type Definitions, matrixDefinition, numbers } from "./Definition.ts"
import { offsets } from "./offsets.ts"
import { cascade, pour, sumBlock, sumFanIn } from "./sumOrder.ts"

const shapeOf = (inputs: ReadonlyArray<NDArray>, i = 0): Shape.Shape => (inputs[i] as NDArray).shape

/** For each element of the input, in order, its offset in the result of a reduction over `axes`. */
export const targets = (shape: Shape.Shape, axes: Shape.Shape, out: Shape.Shape): Int32Array => {
  const steps = Shape.strides(out)
  let kept = 0
  return offsets(
    shape,
    shape.map((_, axis) => (axes.includes(axis) ? 0 : (steps[kept++] ?? 0))),
  )
}

/** Whether `x` is larger than `y`; NaN counts as the largest. */
export const exceeds = (x: number, y: number): boolean => x > y || (Number.isNaN(x) && !Number.isNaN(y))

const ascending = (x: number, y: number): number =>
  (Number.isNaN(x) ? 1 : 0) - (Number.isNaN(y) ? 1 : 0) || (x < y ? -1 : x > y ? 1 : 0)

/** For each index that occurs, in the order of its first occurrence, the positions of all its occurrences. */
const positionsByIndex = (indices: Storage, end: number): ReadonlyMap<number, ReadonlyArray<number>> => {
  const found = new Map<number, Array<number>>()
  indices.forEach((index, position) => {
    if (index < 0 || index >= end) return
    const known = found.get(index)
    if (known === undefined) found.set(index, [position])
    else known.push(position)
  })
  return found
}

type Structure =
  | Reduction
  | "iota"
  | "reshape"
  | "transpose"
  | "broadcast"
  | "slice"
  | "pad"
  | "concat"
  | "reverse"
  | "gather"
  | "scatterAdd"
  | "argsort"
  | "matrix"

/** The definitions of structural primitives, in the given arithmetic. */
export const structure = (arithmetic: Arithmetic): Definitions<Structure> => {
  const { allocate } = arithmetic

  /** The elements of `x` at these offsets, in order. */
  const pick = (x: Storage, from: Int32Array, { dtype }: Spec): Storage => {
    const out = allocate(dtype, from.length)
    for (let i = 0; i < out.length; i++) out[i] = x[from[i] as number] as number
    return out
  }

  const copy = (x: Storage, { dtype }: Spec): Storage => {
    const out = allocate(dtype, x.length)
    out.set(x)
    return out
  }

  const folding =
    (start: number, fold: (accumulated: number, x: number) => number) =>
    ({ axes }: { readonly axes: Shape.Shape }, inputs: ReadonlyArray<NDArray>, out: Spec): Storage => {
      const x = numbers(inputs, 0)
      const into = targets(shapeOf(inputs), axes, out.shape)
      const result = allocate(out.dtype, Shape.size(out.shape)).fill(start)
      for (let i = 0; i < x.length; i++) result[into[i] as number] = fold(result[into[i] as number] as number, x[i] as number)
      return result
    }

  /** Like `folding`, but starts with the first element along the axes: integers have no neutral element for max and min. */
  const folding1 =
    (fold: (accumulated: number, x: number) => number) =>
    ({ axes }: { readonly axes: Shape.Shape }, inputs: ReadonlyArray<NDArray>, out: Spec): Storage => {
      const x = numbers(inputs, 0)
      const into = targets(shapeOf(inputs), axes, out.shape)
      const result = allocate(out.dtype, Shape.size(out.shape))
      const begun = new Uint8Array(result.length)
      for (let i = 0; i < x.length; i++) {
        const at = into[i] as number
        result[at] = begun[at] === 1 ? fold(result[at] as number, x[i] as number) : (x[i] as number)
        begun[at] = 1
      }
      return result
    }

  return {
    reduceSum: folding(0, (sum, x) => sum + x),
    reduceMax: folding1(Math.max),
    reduceMin: folding1(Math.min),
    argMax: ({ axes }, inputs, out) => {
      const x = numbers(inputs, 0)
      const shape = shapeOf(inputs)
      const axis = axes[0] ?? 0
      const into = targets(shape, axes, out.shape)
      const step = Shape.strides(shape)[axis] ?? 1
      const best = new Float64Array(Shape.size(out.shape)).fill(Number.NaN)
      const result = new Int32Array(best.length)
      for (let i = 0; i < x.length; i++) {
        const at = into[i] as number
        const index = Math.floor(i / step) % (shape[axis] ?? 1)
        if (index > 0 && !exceeds(x[i] as number, best[at] as number)) continue
        best[at] = x[i] as number
        result[at] = index
      }
      return result
    },
    iota: ({ axis, shape }, _, { dtype }) =>
      copy(
        offsets(
          shape,
          shape.map((__, i) => (i === axis ? 1 : 0)),
        ),
        { dtype, shape },
      ),
    reshape: (_, inputs, out) => copy(numbers(inputs, 0), out),
    transpose: ({ order }, inputs, out) => {
      const steps = Shape.strides(shapeOf(inputs))
      return pick(
        numbers(inputs, 0),
        offsets(
          out.shape,
          order.map((axis) => steps[axis] ?? 0),
        ),
        out,
      )
    },
    broadcast: ({ shape }, inputs, out) => {
      const from = shapeOf(inputs)
      const x = numbers(inputs, 0)
      if (x.length === 1) return allocate(out.dtype, Shape.size(shape)).fill(x[0] as number)
      const steps = Shape.strides(from)
      const lead = shape.length - from.length
      const stretched = shape.map((_, axis) => (axis < lead || from[axis - lead] === 1 ? 0 : (steps[axis - lead] ?? 0)))
      return pick(x, offsets(shape, stretched), out)
    },
    slice: ({ start, stride }, inputs, out) => {
      const steps = Shape.strides(shapeOf(inputs))
      const base = steps.reduce((sum, step, axis) => sum + step * (start[axis] ?? 0), 0)
      const strided = steps.map((step, axis) => step * (stride[axis] ?? 1))
      return pick(numbers(inputs, 0), offsets(out.shape, strided, base), out)
    },
    pad: ({ interior, low, value }, inputs, out) => {
      const x = numbers(inputs, 0)
      const steps = Shape.strides(out.shape)
      const base = steps.reduce((sum, step, axis) => sum + step * (low[axis] ?? 0), 0)
      const spread = steps.map((step, axis) => step * ((interior[axis] ?? 0) + 1))
      const into = offsets(shapeOf(inputs), spread, base)
      const result = allocate(out.dtype, Shape.size(out.shape)).fill(value)
      for (let i = 0; i < x.length; i++) result[into[i] as number] = x[i] as number
      return result
    },
    concat: ({ axis }, inputs, out) => {
      const steps = Shape.strides(out.shape)
      const result = allocate(out.dtype, Shape.size(out.shape))
      let offset = 0
      for (const input of inputs) {
        const into = offsets(input.shape, steps, offset * (steps[axis] ?? 1))
        for (let i = 0; i < into.length; i++) result[into[i] as number] = input.data[i] as number
        offset += input.shape[axis] ?? 0
      }
      return result
    },
    reverse: ({ axes }, inputs, out) => {
      const steps = Shape.strides(out.shape)
      const base = axes.reduce((sum, axis) => sum + (steps[axis] ?? 0) * ((out.shape[axis] ?? 1) - 1), 0)
      const reversed = steps.map((step, axis) => (axes.includes(axis) ? -step : step))
      return pick(numbers(inputs, 0), offsets(out.shape, reversed, base), out)
    },
    gather: (_, inputs, out) => {
      const x = numbers(inputs, 0)
      const indices = numbers(inputs, 1)
      const [rows = 0, ...row] = shapeOf(inputs)
      const width = Shape.size(row)
      const result = allocate(out.dtype, Shape.size(out.shape))
      for (let i = 0; i < indices.length; i++) {
        const from = indices[i] as number
        const inside = from >= 0 && from < rows
        for (let j = 0; j < width; j++) result[i * width + j] = inside ? (x[from * width + j] as number) : Number.NaN
      }
      return result
    },
    scatterAdd: ({ rows }, inputs, out) => {
      const indices = numbers(inputs, 0)
      const updates = numbers(inputs, 1)
      const width = Shape.size(out.shape.slice(1))
      const result = allocate(out.dtype, rows * width)
      for (const [row, positions] of positionsByIndex(indices, rows)) {
        const sizes = cascade(positions.length, sumBlock, sumFanIn)
        const total = result.subarray(row * width, (row + 1) * width)
        const levels = [...sizes.map(() => allocate(out.dtype, width)), total]
        const [sums] = levels as [Storage, ...ReadonlyArray<Storage>]
        positions.forEach((position, i) => {
          for (let j = 0; j < width; j++) sums[j] = (sums[j] as number) + (updates[position * width + j] as number)
          sizes.forEach((size, level) => {
            const isComplete = (i + 1) % size === 0 || i + 1 === positions.length
            if (isComplete) pour(levels[level] as Storage, levels[level + 1] as Storage)
          })
        })
      }
      return result
    },
    argsort: (_, inputs, out) => {
      const x = numbers(inputs, 0)
      const width = out.shape.at(-1) ?? 0
      const result = new Int32Array(x.length)
      for (let row = 0; row < x.length; row += width) {
        const indices = Array.from({ length: width }, (__, i) => i)
        indices.sort((a, b) => ascending(x[row + a] as number, x[row + b] as number))
        result.set(indices, row)
      }
      return result
    },
    matrix: (...of) => matrixDefinition.get()(arithmetic)(...of),
  }
}
