/**
 * What primitives that sum come to in floats: every product and every sum rounded, in the order that is part of what the
 * engine's floats mean. Plain loops, to hold kernels to.
 */
import type { ConvParams, Params, Primitive, WindowParams } from "../src/language/Primitive.ts"
import { taps } from "../src/reference/offsets.ts"
import { NDArray } from "../src/types/NDArray.ts"
import * as Shape from "../src/types/Shape.ts"
import type { Spec } from "../src/types/ShapeError.ts"

const space = (shape: Shape.Shape): Shape.Shape => shape.slice(1, -1)

/** A product of a convolution: the places of its elements, and what numbers it in sums over either of them. */
interface Meeting {
  readonly input: number
  readonly kernel: number
  readonly output: number
  readonly image: number
  readonly tap: number
  readonly place: number
  readonly channel: number
  readonly filter: number
}

/** Calls `each` with the elements of the input, kernel and output that meet: by image, output place, tap, filter, channel. */
const eachMeeting = (
  { groups, ...movement }: ConvParams,
  input: Shape.Shape,
  kernel: Shape.Shape,
  output: Shape.Shape,
  each: (meeting: Meeting) => void,
): void => {
  const met = taps(space(input), kernel.slice(0, -2), space(output), movement)
  const [depth = 0, all = 0] = kernel.slice(-2)
  const [inputs, outputs] = [Shape.size(space(input)), Shape.size(space(output))]
  const filters = all / groups
  for (let n = 0; n < (input[0] ?? 0); n++)
    for (const tap of met)
      for (let f = 0; f < all; f++)
        for (let c = 0; c < depth; c++) {
          const group = Math.floor(f / filters)
          each({
            input: ((n * inputs + tap.input) * groups + group) * depth + c,
            kernel: (tap.window * depth + c) * all + f,
            output: (n * outputs + tap.output) * all + f,
            image: n,
            tap: tap.window,
            place: tap.output,
            channel: c,
            filter: f % filters,
          })
        }
}

/** How sums are cut: the terms of a block, and the sums of blocks in each larger one. */
interface Blocks {
  readonly terms: number
  readonly sums: number
}

const ofProducts: Blocks = { terms: 256, sums: 256 }
const ofElements: Blocks = { terms: 64, sums: 8 }
const oneBlock: Blocks = { terms: Number.POSITIVE_INFINITY, sums: 1 }

/** Terms that are left out are in neither list. */
interface Terms {
  readonly numbers: Array<number>
  readonly values: Array<number>
}

/** The sum of terms that are numbered, in floats: blocks of them one after the other, then the sums of the blocks likewise. */
const cascaded = ({ numbers, values }: Terms, { sums: next, terms: size }: Blocks): number => {
  const blocks: Terms = { numbers: [], values: [] }
  for (const [i, x] of values.entries()) {
    const block = Math.floor((numbers[i] as number) / size)
    const last = blocks.numbers.length - 1
    if (blocks.numbers[last] === block) blocks.values[last] = Math.fround((blocks.values[last] as number) + x)
    else {
      blocks.numbers.push(block)
      blocks.values.push(Math.fround(0 + x))
    }
  }
  const isOne = blocks.numbers.every((block) => block === 0)
  return isOne ? (blocks.values[0] ?? 0) : cascaded(blocks, { terms: next, sums: next })
}

/** Sums of products in floats, which come in the order of their numbers. */
const summed = (
  size: number,
  blocks: Blocks,
  visit: (add: (at: number, term: number, x: number, y: number) => void) => void,
): Float32Array => {
  const sums = Array.from({ length: size }, (): Terms => ({ numbers: [], values: [] }))
  visit((at, term, x, y) => {
    sums[at]?.numbers.push(term)
    sums[at]?.values.push(Math.fround(x * y))
  })
  return Float32Array.from(sums, (terms) => cascaded(terms, blocks))
}

export type InFloats<P extends Primitive> = (params: Params[P], inputs: ReadonlyArray<NDArray>, out: Spec) => Float32Array

const elementsOf = ({ shape }: NDArray): number => Shape.size(shape.slice(0, -2))

const convBy =
  (blocks: Blocks): InFloats<"conv"> =>
  (params, inputs, out) => {
    const [x, kernel] = inputs as readonly [NDArray, NDArray]
    const channels = kernel.shape.at(-2) ?? 0
    return summed(Shape.size(out.shape), blocks, (add) =>
      eachMeeting(params, x.shape, kernel.shape, out.shape, ({ channel, input, kernel: k, output, tap }) =>
        add(output, tap * channels + channel, x.data[input] as number, kernel.data[k] as number),
      ),
    )
  }

const convInputGradBy =
  (blocks: Blocks): InFloats<"convInputGrad"> =>
  (params, inputs, out) => {
    const [y, kernel] = inputs as readonly [NDArray, NDArray]
    const filters = (kernel.shape.at(-1) ?? 0) / params.groups
    const last = elementsOf(kernel) - 1
    return summed(Shape.size(out.shape), blocks, (add) =>
      eachMeeting(params, out.shape, kernel.shape, y.shape, ({ filter, input, kernel: k, output, tap }) =>
        add(input, (last - tap) * filters + filter, y.data[output] as number, kernel.data[k] as number),
      ),
    )
  }

const [conv, convInputGrad] = [convBy(ofProducts), convInputGradBy(ofProducts)]

const convKernelGrad: InFloats<"convKernelGrad"> = (params, inputs, out) => {
  const [x, y] = inputs as readonly [NDArray, NDArray]
  const places = Shape.size(space(y.shape))
  return summed(Shape.size(out.shape), ofProducts, (add) =>
    eachMeeting(params, x.shape, out.shape, y.shape, ({ image, input, kernel, output, place }) =>
      add(kernel, image * places + place, x.data[input] as number, y.data[output] as number),
    ),
  )
}

/** Pooling as a convolution of each channel with a window of ones. */
const asConvolution = (params: WindowParams, channels: number) => {
  const shape = [...params.window, 1, channels]
  return {
    params: { ...params, groups: channels },
    ones: new NDArray("f32", shape, new Float32Array(Shape.size(shape)).fill(1)),
  }
}

/** The order in which each sum is made, which is part of what the engine's floats mean. */
export const ordered: { readonly [P in Primitive]?: InFloats<P> } = {
  conv,
  convInputGrad,
  convKernelGrad,
  windowSum: (window, [x], out) => {
    const { ones, params } = asConvolution(window, out.shape.at(-1) ?? 0)
    return convBy(ofElements)(params, [x as NDArray, ones], out)
  },
  windowSumGrad: ({ space: extents, ...window }, [y], out) => {
    const { ones, params } = asConvolution(window, out.shape.at(-1) ?? 0)
    return convInputGradBy(ofElements)({ ...params, space: extents }, [y as NDArray, ones], out)
  },
  windowMaxGrad: (window, inputs, out) => {
    const [x, y] = inputs as readonly [NDArray, NDArray]
    const { ones, params } = asConvolution(window, out.shape.at(-1) ?? 0)
    const largest = new Map<number, number>()
    eachMeeting(params, x.shape, ones.shape, y.shape, ({ input, output }) => {
      const best = largest.get(output)
      if (best === undefined || (x.data[input] as number) > (x.data[best] as number)) largest.set(output, input)
    })
    return summed(Shape.size(out.shape), oneBlock, (add) => {
      y.data.forEach((cotangent, o) => {
        add(largest.get(o) ?? -1, o, cotangent, 1)
      })
    })
  },
  scatterAdd: ({ rows }, inputs, out) => {
    const [indices, updates] = inputs as readonly [NDArray, NDArray]
    const width = Shape.size(out.shape) / Math.max(1, rows)
    return summed(Shape.size(out.shape), oneBlock, (add) => {
      indices.data.forEach((row, i) => {
        for (let j = 0; j < width; j++)
          if (row >= 0 && row < rows) add(row * width + j, i, updates.data[i * width + j] as number, 1)
      })
    })
  },
}
