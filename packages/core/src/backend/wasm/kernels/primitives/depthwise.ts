/**
 * Convolutions of which each channel has one filter of its own, and their gradients, some channels at a time. Sums are
 * ordered as in all other convolutions.
 */
import { bytesOf } from "../../../../types/ShapeError.ts"
import { multiplyAdd } from "../../assembler/numerics.ts"
import { f32x4, type I32, i32, v128 } from "../../assembler/Value.ts"
import { lastAlone, threadRange } from "../../threads/partition.ts"
import { type EmitContext, nest } from "../loopNest.ts"
import type { Gradient } from "./gradientTiles.ts"
import { at, type EmitEpilogue, type Operand, storeLanes } from "./Operation.ts"
import { eachTap, type Phases, positionsOf } from "./slidingWindow.ts"
import { eachWindowPosition, type WindowPosition } from "./windowPositions.ts"

/** Writes the kernel; the weights of tap 0 begin at `weights`, and those of the next `tap` bytes further. */
export const emitDepthwise = (
  context: EmitContext,
  source: Operand,
  target: Operand,
  phases: ReadonlyArray<Phases>,
  tapStrides: ReadonlyArray<number>,
  weights: number,
  epilogue?: EmitEpilogue,
): void => {
  const { code } = context
  const body = (position: WindowPosition): void => {
    const sum = code.let(f32x4.const(0))
    const own = code.let(
      at(weights, [position.channel, 4], ...position.axes.map(({ weight }, i) => [weight, tapStrides[i] ?? 0] as const)),
    )
    eachTap(code, position.taps, (indices) => {
      const x = v128.load(at(position.source, [source.address, 1], ...position.offset(indices)))
      const w = v128.load(
        at(own, ...position.axes.map(({ weightStride }, i) => [indices[i] ?? 0, weightStride * (tapStrides[i] ?? 0)] as const)),
      )
      code.set(sum, multiplyAdd(code, x, w, sum))
    })
    storeLanes(code, code.let(at(position.target, [target.address, 1])), sum, position.channels)
  }
  eachWindowPosition(context, source.shape, target.shape, phases, body, { after: (image) => epilogue?.({ indices: [image] }) })
}

/** Channels taken at once: four sums, which hide some of each other's latency. */
const together = 16

/** Writes the kernel of the gradient for the weights. */
export const emitDepthwiseGradient = (gradient: Gradient): void => {
  const { axes, cotangent, cotangentStrides, groups, out, context, tapStrides, window, x, xStrides } = gradient
  const { code, team } = context
  const images = x.shape[0] ?? 0
  const [xImage, cotangentImage] = [bytesOf(x) / images, bytesOf(cotangent) / images]
  const tile = (channel: I32, count: number): void => {
    const vectors = Array.from({ length: Math.ceil(count / 4) }, (_, v) => v * 16)
    const addressOf = (taps: ReadonlyArray<I32>): I32 =>
      at(out.address, [channel, 4], ...taps.map((tap, axis) => [tap, tapStrides[axis] ?? 0] as const))
    nest(code, window, (taps) => {
      const zero = code.let(f32x4.const(0))
      const address = code.let(addressOf(taps))
      for (const offset of vectors) storeLanes(code, address, zero, count - offset / 4, offset)
    })
    code.for(0, images, 1, (image) =>
      nest(code, window, (taps) => {
        const address = code.let(addressOf(taps))
        const sums = vectors.map((offset) => code.let(v128.load(address, offset)))
        const positions = axes.map((axis, i) => positionsOf(code, axis, taps[i] ?? 0))
        const corner = axes.flatMap(({ first, spread }, i) => [
          [first, xStrides[i] ?? 0] as const,
          [taps[i] ?? 0, spread * (xStrides[i] ?? 0)] as const,
        ])
        const walk = (axis: number, p: I32, q: I32): void => {
          const { end, start } = positions[axis] ?? {}
          if (start === undefined || end === undefined) {
            vectors.forEach((offset, v) => {
              const sum = sums[v]
              if (sum !== undefined) code.set(sum, multiplyAdd(code, v128.load(p, offset), v128.load(q, offset), sum))
            })
            return
          }
          code.for(start, end, 1, (t) => {
            const [pStride, qStride] = [(axes[axis]?.move ?? 1) * (xStrides[axis] ?? 0), cotangentStrides[axis] ?? 0]
            walk(axis + 1, code.let(at(p, [t, pStride])), code.let(at(q, [t, qStride])))
          })
        }
        const from = at(x.address, [image, xImage], [channel, 4], ...corner)
        walk(0, code.let(from), code.let(at(cotangent.address, [image, cotangentImage], [channel, 4])))
        vectors.forEach((offset, v) => {
          const sum = sums[v]
          if (sum !== undefined) storeLanes(code, address, sum, count - offset / 4, offset)
        })
      }),
    )
  }
  const rest = groups % together
  const channels = threadRange(code, team, groups - rest, together)
  code.for(channels.start, channels.end, together, (channel) => tile(channel, together))
  if (rest > 0) lastAlone(code, team, () => tile(code.let(i32.const(groups - rest)), rest))
}
