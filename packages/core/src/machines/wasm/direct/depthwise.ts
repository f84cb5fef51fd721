/** Convolutions of which each channel has one filter of its own, four channels at a time; sums are ordered as in all others. */

import type { Site } from "../loops.ts"
import { f32x4, v128 } from "../Value.ts"
import { eachTap, type Phases } from "./sliding.ts"
import { eachSpot } from "./spots.ts"
import { at, type Operand, storeLanes } from "./step.ts"

/** Writes the kernel; the weights of tap 0 begin at `weights`, and those of the next `tap` bytes further. */
export const emitDepthwise = (
  site: Site,
  source: Operand,
  target: Operand,
  phases: ReadonlyArray<Phases>,
  tapSteps: ReadonlyArray<number>,
  weights: number,
): void => {
  const { code } = site
  eachSpot(site, source.shape, target.shape, phases, (spot) => {
    const sum = code.let(f32x4.const(0))
    const own = code.let(at(weights, [spot.channel, 4], ...spot.axes.map(({ weight }, i) => [weight, tapSteps[i] ?? 0] as const)))
    eachTap(code, spot.taps, (indices) => {
      const x = v128.load(at(spot.source, [source.address, 1], ...spot.offset(indices)))
      const w = v128.load(
        at(own, ...spot.axes.map(({ weightStep }, i) => [indices[i] ?? 0, weightStep * (tapSteps[i] ?? 0)] as const)),
      )
      code.set(sum, f32x4.add(sum, f32x4.mul(x, w)))
    })
    storeLanes(code, code.let(at(spot.target, [target.address, 1])), sum, spot.channels)
  })
}
