/** The kernels of convolutions of images [n, …space, channels], and of their gradients for the input. */
import type { ConvParams } from "../../../language/Primitive.ts"
import * as Shape from "../../../words/Shape.ts"
import type { Code } from "../Code.ts"
import { type I32, i32, v128 } from "../Value.ts"
import { emitCorrelation } from "./correlate.ts"
import { backward, forward } from "./sliding.ts"
import { at, blocks, type Direct, input, type Operand, type Step } from "./step.ts"

const space = (shape: Shape.Shape): Shape.Shape => shape.slice(1, -1)

export const conv: Direct<"conv"> = {
  shared: true,
  work: (step) => 2 * Shape.size(input(step, 1).shape.slice(0, -1)),
  emit: (site, step) => {
    const { out, params } = step
    const [x, kernel] = [input(step, 0), input(step, 1)]
    const window = kernel.shape.slice(0, -2)
    const [depth = 0, filters = 0] = kernel.shape.slice(-2)
    emitCorrelation(site, {
      source: x,
      target: out,
      weights: {
        address: kernel.address,
        row: filters * 4,
        group: (filters / params.groups) * 4,
        tap: depth * filters * 4,
      },
      window,
      groups: params.groups,
      phases: forward(space(x.shape), window, space(out.shape), params),
    })
  },
}

/** Copies a kernel [...window, channels, filters] to [...window, filters, channels] with the window turned end for end. */
const turn = (code: Code, { address, shape }: Operand, to: I32): void => {
  const taps = Shape.size(shape.slice(0, -2))
  const [channels = 0, filters = 0] = shape.slice(-2)
  const tap = channels * filters * 4
  code.for(0, taps, 1, (i) =>
    code.for(0, channels, 1, (channel) => {
      const from = code.let(at(address, [i32.sub(taps - 1, i), tap], [channel, filters * 4]))
      const target = code.let(at(to, [i, tap], [channel, 4]))
      blocks(code, filters, 4, (filter, count) => {
        const four = code.let(v128.load(at(from, [filter, 4])))
        const place = code.let(at(target, [filter, channels * 4]))
        for (let lane = 0; lane < count; lane++) code.v128.store32_lane(place, four, lane, lane * channels * 4)
      })
    }),
  )
}

const kernelBytes = (step: Step): number => Shape.size(input(step, 1).shape) * 4

export const convInputGrad: Direct<"convInputGrad"> = {
  shared: true,
  work: (step) => {
    const { shape } = input(step, 1)
    const { strides } = step.params as ConvParams
    return Math.ceil((2 * Shape.size(shape.slice(0, -2)) * (shape.at(-1) ?? 0)) / Shape.size(strides))
  },
  scratch: kernelBytes,
  emit: (site, step) => {
    const { code, crew } = site
    const { out, params } = step
    const [cotangent, kernel] = [input(step, 0), input(step, 1)]
    const window = kernel.shape.slice(0, -2)
    const [channels = 0, filters = 0] = kernel.shape.slice(-2)
    const turned = code.let(at(step.scratch, [crew.thread, Math.ceil(kernelBytes(step) / 16) * 16]))
    turn(code, kernel, turned)
    emitCorrelation(site, {
      source: cotangent,
      target: out,
      weights: {
        address: turned,
        row: channels * 4,
        group: (filters / params.groups) * channels * 4,
        tap: channels * filters * 4,
      },
      window,
      groups: params.groups,
      phases: backward(space(out.shape), window, space(cotangent.shape), params),
    })
  },
}
