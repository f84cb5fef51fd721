/**
 * The definition of convolutions and windows. The order of a sum is part of the definition: that of the loops, in a cascade
 * (`sumOrder`). Terms in the padding are left out, but counted.
 */
import type { ImagePrimitive } from "../language/images.ts"
import type { ConvParams, WindowParams } from "../language/Primitive.ts"
import type { Storage } from "../types/DType.ts"
import type { NDArray } from "../types/NDArray.ts"
import * as Shape from "../types/Shape.ts"
import type { Spec } from "../types/ShapeError.ts"
import type { Arithmetic } from "./Arithmetic.ts"
import { type Definitions, numbers } from "./Definition.ts"
import { type Tap, taps } from "./offsets.ts"
import { exceeds } from "./structure.ts"
import { cascade, pour, productBlock, sumBlock, sumFanIn } from "./sumOrder.ts"

const space = (shape: Shape.Shape): Shape.Shape => shape.slice(1, -1)

interface Convolution {
  readonly input: Shape.Shape
  readonly kernel: Shape.Shape
  readonly output: Shape.Shape
  readonly params: ConvParams
}

/** The number of a product among the terms of its sum: `first` and so many more for each channel and each filter. */
interface Terms {
  readonly first: (image: number, tap: Tap) => number
  readonly channel: 0 | 1
  readonly filter: 0 | 1
}

/** Calls `each` with the offsets of the input, kernel and output elements of every product in a convolution, and its term. */
const products = (
  { input, kernel, output, params }: Convolution,
  terms: Terms,
  each: (input: number, kernel: number, output: number, term: number) => void,
): void => {
  const found = taps(space(input), kernel.slice(0, -2), space(output), params)
  const [perGroup = 0, filters = 0] = kernel.slice(-2)
  const channels = input.at(-1) ?? 0
  const perFilterGroup = filters / params.groups
  for (let n = 0; n < (input[0] ?? 0); n++)
    for (const tap of found) {
      const from = (n * Shape.size(space(input)) + tap.input) * channels
      const to = (n * Shape.size(space(output)) + tap.output) * filters
      const first = terms.first(n, tap)
      for (let group = 0; group < params.groups; group++)
        for (let c = 0; c < perGroup; c++)
          for (let f = 0; f < perFilterGroup; f++) {
            const filter = group * perFilterGroup + f
            const term = first + c * terms.channel + f * terms.filter
            each(from + group * perGroup + c, (tap.window * perGroup + c) * filters + filter, to + filter, term)
          }
    }
}

const shapesOf = (inputs: ReadonlyArray<NDArray>): readonly [Shape.Shape, Shape.Shape] => [
  (inputs[0] as NDArray).shape,
  (inputs[1] as NDArray).shape,
]

/** Calls `each` with the offsets of every element of each window, in order, for each channel, and its number in the window. */
const windows = (
  input: Shape.Shape,
  output: Shape.Shape,
  params: WindowParams,
  each: (input: number, output: number, element: number) => void,
): void => {
  const found: ReadonlyArray<Tap> = taps(space(input), params.window, space(output), params)
  const channels = input.at(-1) ?? 0
  for (let n = 0; n < (input[0] ?? 0); n++)
    for (const tap of found)
      for (let c = 0; c < channels; c++)
        each(
          (n * Shape.size(space(input)) + tap.input) * channels + c,
          (n * Shape.size(space(output)) + tap.output) * channels + c,
          tap.window,
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

const windowShape = (x: Shape.Shape, { dilation, padding, stride, window }: WindowParams): Shape.Shape => [
  x[0] ?? 0,
  ...space(x).map((n, i) => {
    const reach = ((window[i] ?? 1) - 1) * (dilation[i] ?? 1) + 1
    return Math.floor((n + (padding[i]?.[0] ?? 0) + (padding[i]?.[1] ?? 0) - reach) / (stride[i] ?? 1)) + 1
  }),
  x.at(-1) ?? 0,
]

const add = (out: Storage, at: number, x: number): void => {
  out[at] = (out[at] as number) + x
}

/** Sums that are computed at once. */
interface Sums {
  /** Adds to a sum the term with this number. Terms come in order; those that are left out add nothing. */
  readonly add: (at: number, term: number, x: number) => void
  readonly result: () => Storage
}

/** As many sums as `allocate` returns zeros for, each a cascade of at most `terms` terms (`sumOrder`). */
const sumsOf = (allocate: () => Storage, terms: number, block: number, fanIn = block): Sums => {
  const levels = cascade(terms, block, fanIn)
  const result = allocate()
  if (levels.length === 0) return { add: (at, _, x) => add(result, at, x), result: () => result }
  const sums = [...levels.map(allocate), result]
  const last = new Float64Array(result.length)
  /** Completes the blocks of a sum that end between its last term and this one. */
  const complete = (at: number, term: number): void => {
    const before = last[at] as number
    last[at] = term
    levels.every((size, level) => {
      if (Math.floor(before / size) === Math.floor(term / size)) return false
      const sum = sums[level] as Storage
      add(sums[level + 1] as Storage, at, sum[at] as number)
      sum[at] = 0
      return true
    })
  }
  return {
    add: (at, term, x) => {
      complete(at, term)
      add(sums[0] as Storage, at, x)
    },
    result: () => {
      for (const level of levels.keys()) pour(sums[level] as Storage, sums[level + 1] as Storage)
      return result
    },
  }
}

/** The definitions of convolutions and windows, in the given arithmetic. */
export const images = ({ allocate, multiply }: Arithmetic): Definitions<ImagePrimitive> => {
  const zeros = ({ dtype, shape }: Spec): Storage => allocate(dtype, Shape.size(shape))

  const pick = (x: Storage, offsets: Int32Array, out: Spec): Storage => {
    const result = zeros(out)
    for (let i = 0; i < result.length; i++) result[i] = x[offsets[i] as number] as number
    return result
  }

  return {
    conv: (params, inputs, out) => {
      const [x, kernel] = [numbers(inputs, 0), numbers(inputs, 1)]
      const [input, window] = shapesOf(inputs)
      const channels = window.at(-2) ?? 0
      const sums = sumsOf(() => zeros(out), Shape.size(window.slice(0, -1)), productBlock)
      const terms: Terms = { first: (_, tap) => tap.window * channels, channel: 1, filter: 0 }
      products({ input, kernel: window, output: out.shape, params }, terms, (i, k, o, term) =>
        sums.add(o, term, multiply(x[i] as number, kernel[k] as number)),
      )
      return sums.result()
    },
    convInputGrad: (params, inputs, out) => {
      const [cotangent, kernel] = [numbers(inputs, 0), numbers(inputs, 1)]
      const [output, window] = shapesOf(inputs)
      const filters = (window.at(-1) ?? 0) / params.groups
      const elements = Shape.size(window.slice(0, -2))
      const sums = sumsOf(() => zeros(out), elements * filters, productBlock)
      const terms: Terms = { first: (_, tap) => (elements - 1 - tap.window) * filters, channel: 0, filter: 1 }
      products({ input: out.shape, kernel: window, output, params }, terms, (i, k, o, term) =>
        sums.add(i, term, multiply(cotangent[o] as number, kernel[k] as number)),
      )
      return sums.result()
    },
    convKernelGrad: (params, inputs, out) => {
      const [x, cotangent] = [numbers(inputs, 0), numbers(inputs, 1)]
      const [input, output] = shapesOf(inputs)
      const positions = Shape.size(space(output))
      const sums = sumsOf(() => zeros(out), (output[0] ?? 0) * positions, productBlock)
      const terms: Terms = { first: (image, tap) => image * positions + tap.output, channel: 0, filter: 0 }
      products({ input, kernel: out.shape, output, params }, terms, (i, k, o, term) =>
        sums.add(k, term, multiply(x[i] as number, cotangent[o] as number)),
      )
      return sums.result()
    },
    windowSum: (params, inputs, out) => {
      const x = numbers(inputs, 0)
      const sums = sumsOf(() => zeros(out), Shape.size(params.window), sumBlock, sumFanIn)
      windows((inputs[0] as NDArray).shape, out.shape, params, (i, o, element) => sums.add(o, element, x[i] as number))
      return sums.result()
    },
    windowSumGrad: (params, inputs, out) => {
      const cotangent = numbers(inputs, 0)
      const elements = Shape.size(params.window)
      const sums = sumsOf(() => zeros(out), elements, sumBlock, sumFanIn)
      windows(out.shape, (inputs[0] as NDArray).shape, params, (i, o, element) =>
        sums.add(i, elements - 1 - element, cotangent[o] as number),
      )
      return sums.result()
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
