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

/** Calls `each` with the places of the input's, kernel's and output's elements that meet: by image, output place, tap, channel, filter. */
const eachMeeting = (
  { groups, ...movement }: ConvParams,
  input: Shape.Shape,
  kernel: Shape.Shape,
  output: Shape.Shape,
  each: (input: number, kernel: number, output: number) => void,
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
          each(
            ((n * inputs + tap.input) * groups + group) * depth + c,
            (tap.window * depth + c) * all + f,
            (n * outputs + tap.output) * all + f,
          )
        }
}

type Meet = Parameters<typeof eachMeeting>[4]

/** Sums of products in floats: every product and every sum rounded, in the order of the meetings. */
const summed = (size: number, visit: (add: (at: number, x: number, y: number) => void) => void): Float32Array => {
  const sums = new Float32Array(size)
  visit((at, x, y) => {
    sums[at] = (sums[at] as number) + Math.fround(x * y)
  })
  return sums
}

export type InFloats<P extends Primitive> = (params: Params[P], inputs: ReadonlyArray<NDArray>, out: Spec) => Float32Array

const conv: InFloats<"conv"> = (params, inputs, out) => {
  const [x, kernel] = inputs as readonly [NDArray, NDArray]
  return summed(Shape.size(out.shape), (add) => {
    const meet: Meet = (i, k, o) => add(o, x.data[i] as number, kernel.data[k] as number)
    eachMeeting(params, x.shape, kernel.shape, out.shape, meet)
  })
}

const convInputGrad: InFloats<"convInputGrad"> = (params, inputs, out) => {
  const [y, kernel] = inputs as readonly [NDArray, NDArray]
  return summed(Shape.size(out.shape), (add) => {
    const meet: Meet = (i, k, o) => add(i, y.data[o] as number, kernel.data[k] as number)
    eachMeeting(params, out.shape, kernel.shape, y.shape, meet)
  })
}

const convKernelGrad: InFloats<"convKernelGrad"> = (params, inputs, out) => {
  const [x, y] = inputs as readonly [NDArray, NDArray]
  return summed(Shape.size(out.shape), (add) => {
    const meet: Meet = (i, k, o) => add(k, x.data[i] as number, y.data[o] as number)
    eachMeeting(params, x.shape, out.shape, y.shape, meet)
  })
}

/** Pooling as a convolution of each channel with a window of ones. */
const asConvolution = (params: WindowParams, channels: number) => {
  const shape = [...params.window, 1, channels]
  return {
    params: { ...params, dilation: params.window.map(() => 1), groups: channels },
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
    return conv(params, [x as NDArray, ones], out)
  },
  windowSumGrad: ({ space: extents, ...window }, [y], out) => {
    const { ones, params } = asConvolution(window, out.shape.at(-1) ?? 0)
    return convInputGrad({ ...params, space: extents }, [y as NDArray, ones], out)
  },
  windowMaxGrad: (window, inputs, out) => {
    const [x, y] = inputs as readonly [NDArray, NDArray]
    const { ones, params } = asConvolution(window, out.shape.at(-1) ?? 0)
    const largest = new Map<number, number>()
    eachMeeting(params, x.shape, ones.shape, y.shape, (i, _, o) => {
      const best = largest.get(o)
      if (best === undefined || (x.data[i] as number) > (x.data[best] as number)) largest.set(o, i)
    })
    return summed(Shape.size(out.shape), (add) => {
      y.data.forEach((cotangent, o) => {
        add(largest.get(o) ?? -1, cotangent, 1)
      })
    })
  },
  scatterAdd: ({ rows }, inputs, out) => {
    const [indices, updates] = inputs as readonly [NDArray, NDArray]
    const width = Shape.size(out.shape) / Math.max(1, rows)
    return summed(Shape.size(out.shape), (add) => {
      indices.data.forEach((row, i) => {
        for (let j = 0; j < width; j++) if (row >= 0 && row < rows) add(row * width + j, updates.data[i * width + j] as number, 1)
      })
    })
  },
}
