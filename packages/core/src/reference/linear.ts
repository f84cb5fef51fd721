/** The definition of products, convolutions and windows. Sums run in the order of the loops, which is part of the definition. */
import type { ConvParams, WindowParams } from "../language/Primitive.ts"
import type { Storage } from "../types/DType.ts"
import type { NDArray } from "../types/NDArray.ts"
import * as Shape from "../types/Shape.ts"
import type { Spec } from "../types/ShapeError.ts"
import type { Arithmetic } from "./Arithmetic.ts"
import { type Definitions, numbers } from "./Definition.ts"
import { type Tap, taps } from "./offsets.ts"
import { exceeds } from "./structure.ts"
import { cascade, pour, productBlock } from "./sumOrder.ts"

const space = (shape: Shape.Shape): Shape.Shape => shape.slice(1, -1)

interface Convolution {
  readonly input: Shape.Shape
  readonly kernel: Shape.Shape
  readonly output: Shape.Shape
  readonly params: ConvParams
}

/** Calls `each` with the offsets of the input, kernel and output elements of every product in a convolution. */
const products = (
  { input, kernel, output, params }: Convolution,
  each: (input: number, kernel: number, output: number) => void,
): void => {
  const found = taps(space(input), kernel.slice(0, -2), space(output), params)
  const [perGroup = 0, filters = 0] = kernel.slice(-2)
  const channels = input.at(-1) ?? 0
  const perFilterGroup = filters / params.groups
  for (let n = 0; n < (input[0] ?? 0); n++)
    for (const tap of found) {
      const from = (n * Shape.size(space(input)) + tap.input) * channels
      const to = (n * Shape.size(space(output)) + tap.output) * filters
      for (let group = 0; group < params.groups; group++)
        for (let c = 0; c < perGroup; c++)
          for (let f = 0; f < perFilterGroup; f++) {
            const filter = group * perFilterGroup + f
            each(from + group * perGroup + c, (tap.window * perGroup + c) * filters + filter, to + filter)
          }
    }
}

const shapesOf = (inputs: ReadonlyArray<NDArray>): readonly [Shape.Shape, Shape.Shape] => [
  (inputs[0] as NDArray).shape,
  (inputs[1] as NDArray).shape,
]

/** Calls `each` with the offsets of every element of each window, in order, for each channel. */
const windows = (
  input: Shape.Shape,
  output: Shape.Shape,
  params: WindowParams,
  each: (input: number, output: number) => void,
): void => {
  const found: ReadonlyArray<Tap> = taps(space(input), params.window, space(output), {
    ...params,
    dilation: params.window.map(() => 1),
  })
  const channels = input.at(-1) ?? 0
  for (let n = 0; n < (input[0] ?? 0); n++)
    for (const tap of found)
      for (let c = 0; c < channels; c++)
        each(
          (n * Shape.size(space(input)) + tap.input) * channels + c,
          (n * Shape.size(space(output)) + tap.output) * channels + c,
        )
}

/** For each window, the offset of its first maximum; NaN counts as the largest. */
const maxima = (x: NDArray, output: Shape.Shape, params: WindowParams): Int32Array => {
  const found = new Int32Array(Shape.size(output)).fill(-1)
  windows(x.shape, output, params, (input, window) => {
    const best = found[window] as number
    if (best < 0 || exceeds(x.data[input] as number, x.data[best] as number)) found[window] = input
  })
  return found
}

const windowShape = (x: Shape.Shape, { padding, stride, window }: WindowParams): Shape.Shape => [
  x[0] ?? 0,
  ...space(x).map(
    (n, i) => Math.floor((n + (padding[i]?.[0] ?? 0) + (padding[i]?.[1] ?? 0) - (window[i] ?? 1)) / (stride[i] ?? 1)) + 1,
  ),
  x.at(-1) ?? 0,
]

const add = (out: Storage, at: number, x: number): void => {
  out[at] = (out[at] as number) + x
}

type Linear =
  | "dot"
  | "conv"
  | "convInputGrad"
  | "convKernelGrad"
  | "windowSum"
  | "windowSumGrad"
  | "windowMax"
  | "windowMaxGrad"
  | "windowMaxPick"

/** The definitions of products, convolutions and windows, in the given arithmetic. */
export const linear = ({ allocate, multiply }: Arithmetic): Definitions<Linear> => {
  const zeros = ({ dtype, shape }: Spec): Storage => allocate(dtype, Shape.size(shape))

  const pick = (x: Storage, offsets: Int32Array, out: Spec): Storage => {
    const result = zeros(out)
    for (let i = 0; i < result.length; i++) result[i] = x[offsets[i] as number] as number
    return result
  }

  return {
    dot: (_, inputs, out) => {
      const [a, b] = [numbers(inputs, 0), numbers(inputs, 1)]
      const [rows = 0, columns = 0] = out.shape.slice(-2)
      const inner = (inputs[0] as NDArray).shape.at(-1) ?? 0
      const result = zeros(out)
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
    },
    conv: (params, inputs, out) => {
      const [x, kernel] = [numbers(inputs, 0), numbers(inputs, 1)]
      const [input, window] = shapesOf(inputs)
      const result = zeros(out)
      products({ input, kernel: window, output: out.shape, params }, (i, k, o) =>
        add(result, o, multiply(x[i] as number, kernel[k] as number)),
      )
      return result
    },
    convInputGrad: (params, inputs, out) => {
      const [cotangent, kernel] = [numbers(inputs, 0), numbers(inputs, 1)]
      const [output, window] = shapesOf(inputs)
      const result = zeros(out)
      products({ input: out.shape, kernel: window, output, params }, (i, k, o) =>
        add(result, i, multiply(cotangent[o] as number, kernel[k] as number)),
      )
      return result
    },
    convKernelGrad: (params, inputs, out) => {
      const [x, cotangent] = [numbers(inputs, 0), numbers(inputs, 1)]
      const [input, output] = shapesOf(inputs)
      const result = zeros(out)
      products({ input, kernel: out.shape, output, params }, (i, k, o) =>
        add(result, k, multiply(x[i] as number, cotangent[o] as number)),
      )
      return result
    },
    windowSum: (params, inputs, out) => {
      const x = numbers(inputs, 0)
      const result = zeros(out)
      windows((inputs[0] as NDArray).shape, out.shape, params, (i, o) => add(result, o, x[i] as number))
      return result
    },
    windowSumGrad: (params, inputs, out) => {
      const cotangent = numbers(inputs, 0)
      const result = zeros(out)
      windows(out.shape, (inputs[0] as NDArray).shape, params, (i, o) => add(result, i, cotangent[o] as number))
      return result
    },
    windowMax: (params, inputs, out) => pick(numbers(inputs, 0), maxima(inputs[0] as NDArray, out.shape, params), out),
    windowMaxGrad: (params, inputs, out) => {
      const [x, cotangent] = [inputs[0] as NDArray, numbers(inputs, 1)]
      const result = zeros(out)
      maxima(x, windowShape(x.shape, params), params).forEach((at, i) => {
        add(result, at, cotangent[i] as number)
      })
      return result
    },
    windowMaxPick: (params, inputs, out) => pick(numbers(inputs, 1), maxima(inputs[0] as NDArray, out.shape, params), out),
  }
}
