/**
 * The kernels of convolutions of images [n, …space, channels], and of their gradients for the input: `correlate.ts` states the order of
 * their sums. Where each channel has one filter of its own, channels are columns.
 */
import type { ConvParams } from "../../../../language/Primitive.ts"
import * as Shape from "../../../../types/Shape.ts"
import type { Code } from "../../assembler/Code.ts"
import { type I32, i32, type Local, v128 } from "../../assembler/Value.ts"
import type { EmitContext } from "../loopNest.ts"
import { copyVectors } from "../vectors.ts"
import { correlationBytes, emitCorrelation, type Pack } from "./correlate.ts"
import { at, blocks, input, type Operand, type Operation, type PrimitiveKernel } from "./Operation.ts"
import { backward, forward } from "./slidingWindow.ts"
import { space } from "./windowPositions.ts"

/** The sizes of a kernel [...window, channels, filters]: channels of one group, filters of all. */
const sizes = ({ shape }: Operand) => {
  const [channels = 0, filters = 0] = shape.slice(-2)
  return { taps: Shape.size(shape.slice(0, -2)), channels, filters }
}

/** Whether each channel has one filter of its own. */
const isDepthwise = (kernel: Operand, { groups }: ConvParams): boolean => {
  const { channels, filters } = sizes(kernel)
  return channels === 1 && filters === groups && groups > 1
}

/** The scratch memory of one thread, `bytes` long. */
const own = ({ code, team }: EmitContext, { scratch }: Operation, bytes: number): Local<"i32"> =>
  code.let(at(scratch, [team.thread, bytes]))

/** Copies the weights of `width` columns in `rows` rows, `step` bytes apart, to rows of so many vectors. */
const copyRows = (code: Code, from: I32, step: number, to: I32, rows: number, width: number, vectors: number): void =>
  code.for(0, rows, 1, (row) => {
    const [source, target] = [code.let(at(from, [row, step])), code.let(at(to, [row, vectors * 16]))]
    copyVectors(code, target, source, Math.ceil(width / 4))
  })

const forwardBytes = (operation: Operation): number => {
  const kernel = input(operation, 1)
  const { channels, filters, taps } = sizes(kernel)
  const params = operation.params as ConvParams
  return correlationBytes(operation.out.shape, taps * channels, isDepthwise(kernel, params) ? filters : filters / params.groups)
}

/** Each part packs the weights, which takes as long as they are used at a few positions: a piece has many more. */
const positionsOfPiece = 256

const pieces = ({ out }: Operation, threads: number): number =>
  Math.min(out.shape[0] ?? 0, Shape.size(out.shape.slice(0, -1)) / positionsOfPiece) / threads

export const conv: PrimitiveKernel<"conv"> = {
  parallel: true,
  work: (operation) => 2 * Shape.size(input(operation, 1).shape.slice(0, -1)),
  scratch: forwardBytes,
  pieces,
  emit: (context, operation, epilogue) => {
    const { code } = context
    const { out, params } = operation
    const [x, kernel] = [input(operation, 0), input(operation, 1)]
    const { channels, filters, taps } = sizes(kernel)
    const window = kernel.shape.slice(0, -2)
    const phases = forward(space(x.shape), window, space(out.shape), params)
    const apart = isDepthwise(kernel, params)
    /** Taps and channels have the same order in the kernel and in the panel. */
    const pack: Pack = (to, group, column, width, vectors) => {
      const from = at(kernel.address, [group, (filters / params.groups) * 4], [column, 4])
      copyRows(code, code.let(from), filters * 4, to, taps * channels, width, vectors)
    }
    emitCorrelation(
      context,
      {
        source: x,
        target: out,
        pack,
        scratch: own(context, operation, forwardBytes(operation)),
        window,
        groups: apart ? 1 : params.groups,
        apart,
        phases,
      },
      epilogue,
    )
  },
}

const backwardBytes = (operation: Operation): number => {
  const kernel = input(operation, 1)
  const { channels, filters, taps } = sizes(kernel)
  const params = operation.params as ConvParams
  return correlationBytes(operation.out.shape, (taps * filters) / params.groups, isDepthwise(kernel, params) ? filters : channels)
}

export const convInputGrad: PrimitiveKernel<"convInputGrad"> = {
  parallel: true,
  work: (operation) => {
    const { filters, taps } = sizes(input(operation, 1))
    const { groups, stride } = operation.params as ConvParams
    return Math.ceil((2 * taps * filters) / groups / Shape.size(stride))
  },
  scratch: backwardBytes,
  pieces,
  emit: (context, operation, epilogue) => {
    const { code } = context
    const { out, params } = operation
    const [cotangent, kernel] = [input(operation, 0), input(operation, 1)]
    const { channels, filters, taps } = sizes(kernel)
    const window = kernel.shape.slice(0, -2)
    const depth = filters / params.groups
    const phases = backward(space(out.shape), window, space(cotangent.shape), params)
    const apart = isDepthwise(kernel, params)
    /** The weights of each channel from `column` on, with the window reversed. */
    const pack: Pack = (to, group, column, width, vectors) => {
      const row = vectors * 16
      if (apart) {
        const last = code.let(at(kernel.address + (taps - 1) * filters * 4, [column, 4]))
        copyRows(code, last, -filters * 4, to, taps, width, vectors)
        return
      }
      const from = code.let(at(kernel.address, [group, depth * 4], [column, filters * 4]))
      code.for(0, taps, 1, (tap) => {
        const source = code.let(at(from, [i32.sub(taps - 1, tap), channels * filters * 4]))
        const target = code.let(at(to, [tap, depth * row]))
        blocks(code, depth, 4, (filter, count) => {
          const [filtersFrom, rowsTo] = [code.let(at(source, [filter, 4])), code.let(at(target, [filter, row]))]
          for (let c = 0; c < width; c++)
            code.scope(() => {
              const four = code.let(v128.load(filtersFrom, c * filters * 4))
              for (let lane = 0; lane < count; lane++) code.v128.store32_lane(rowsTo, four, lane, lane * row + c * 4)
            })
        })
      })
    }
    emitCorrelation(
      context,
      {
        source: cotangent,
        target: out,
        pack,
        scratch: own(context, operation, backwardBytes(operation)),
        window,
        groups: apart ? 1 : params.groups,
        apart,
        phases,
      },
      epilogue,
    )
  },
}
