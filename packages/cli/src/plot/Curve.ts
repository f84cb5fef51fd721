/** The curves of an activation: its values and its derivative at evenly spaced points, computed in doubles. */

import * as Program from "@adjoint/core/language/Program"
import type { Activation } from "@adjoint/core/learning/Activation"
import * as Reference from "@adjoint/core/reference/Reference"
import * as T from "@adjoint/core/tensor/Tensor"
import { vjp } from "@adjoint/core/transform/Autodiff"

/** One number for each of the points. */
export interface Curves {
  readonly z: ReadonlyArray<number>
  readonly f: ReadonlyArray<number>
  /** f′. */
  readonly slope: ReadonlyArray<number>
}

/** From where to where an activation is drawn. */
export interface Range {
  readonly low: number
  readonly high: number
}

/** The function that is drawn, from z [n] to [n]: of an activation in which numbers meet, its section. */
const drawn =
  (activation: Activation) =>
  (z: T.Tensor): T.Tensor => {
    const { section } = activation
    return section === undefined ? activation(z) : T.at(T.reshape(activation(section.input(z)), [z.shape[0] ?? 0, -1]), ":", 0)
  }

/** An activation and its derivative at `count` points from one end of a range to the other. */
export const curves = (activation: Activation, { high, low }: Range, count = 1201): Curves => {
  // Ends are weighed, not stepped towards, so that 0 is met exactly in the middle of a range around it.
  const z = Array.from({ length: count }, (_, i) => (low * (count - 1 - i) + high * i) / (count - 1))
  const inputs = [T.make(z)]
  const program = Program.trace((x) => {
    const { pull, value } = vjp(drawn(activation), x as T.Tensor)
    return [value, pull(T.onesLike(value))]
  }, inputs)
  const [f, slope] = Reference.run(program, inputs).map(({ data }) => [...data])
  return { z, f: f ?? [], slope: slope ?? [] }
}

/** Curves rise or fall by no more than this a unit; a step between two points that is steeper is a jump. */
const steepest = 12

/** The points of a curve in pieces, broken where it jumps. */
export const pieces = (
  z: ReadonlyArray<number>,
  y: ReadonlyArray<number>,
): ReadonlyArray<ReadonlyArray<readonly [z: number, y: number]>> => {
  const found: Array<Array<readonly [number, number]>> = [[]]
  z.forEach((at, i) => {
    const here = y[i] ?? 0
    const rise = Math.abs(here - (y[i - 1] ?? here)) / (at - (z[i - 1] ?? at) || 1)
    if (rise > steepest) found.push([])
    found.at(-1)?.push([at, here])
  })
  return found.filter(({ length }) => length > 1)
}

/** The least and the greatest number of both curves, with room around them. */
export const extent = ({ f, slope }: Curves): readonly [low: number, high: number] => {
  const all = [...f, ...slope, 0]
  const [low, high] = [Math.min(...all), Math.max(...all)]
  const room = Math.max(0.04 * (high - low), 0.05)
  return [low - room, high + room]
}
