/** Layers with a window that moves over the time steps: convolutions and pooling over padded sequences. */
import type { Tensor } from "../../language/Expr.ts"
import type { Pad, Sizes } from "../../tensor/images.ts"
import * as T from "../../tensor/Tensor.ts"
import { refuse } from "../../types/ShapeError.ts"
import type { Net } from "../Net.ts"
import { clean, type Padded, stepOf, withShape, withValues } from "./Padded.ts"

/** The window of a layer along the time steps. */
export interface Window {
  /** Its size. */
  readonly window: Sizes
  readonly stride?: Sizes | undefined
  readonly dilation?: Sizes
  readonly pad?: Pad
}

const along = (sizes: Sizes): number => (typeof sizes === "number" ? sizes : (sizes[0] ?? 1))

/** The zeros before the first and after the last time step, in all. */
const paddingOf = (kind: string, pad: Pad, reach: number, stride: number): number => {
  if (pad === "valid") return 0
  if (pad === "same")
    return stride === 1
      ? reach - 1
      : refuse(kind, [], "`pad: valid` with a stride above 1, for sequences of unequal length", "pad: valid, or stride: 1")
  if (typeof pad === "number") return 2 * pad
  const [ends = 0] = pad
  return typeof ends === "number" ? 2 * ends : ends[0] + ends[1]
}

/**
 * A layer over windows of the time steps, applied to padded sequences: the lengths become the numbers of windows that lie within
 * each sequence and the zeros at its ends. A window of a shorter sequence sees what it would see alone, and so the results are
 * those of each sequence alone. Throws `ShapeError` where that cannot be so.
 */
export const windowed = <P, S>(
  layer: Net<P, S>,
  { dilation = 1, pad = "valid", stride, window }: Window,
): Net<P, S, Padded, Padded> => {
  const { kind } = layer
  const reach = (along(window) - 1) * along(dilation) + 1
  const step = along(stride ?? 1)
  const zeros = (): number => paddingOf(kind, pad, reach, step)
  const countOf = (length: Tensor, steps: number): Tensor => {
    // A window for each time step: the same lengths, so that branches can be joined.
    if (step === 1 && zeros() === reach - 1) return length
    const ends = T.add(T.mul(T.iota([length.shape[0] ?? 0, steps], 1), step), reach - zeros())
    const isWithin = T.lessEqual(ends, T.expandAxis(length, -1))
    const count = T.sum(T.cast(isWithin, "i32"), { axes: 1 })
    // An empty sequence stays empty, and an impossible length impossible.
    return T.where(T.greater(length, 0), count, length)
  }
  return {
    kind,
    shape: (input) => {
      stepOf(kind, input)
      zeros()
      return withShape(input, layer.shape(input.x))
    },
    init: (key, input) => layer.init(key, input.x),
    apply: (params, state, sequences, context) => {
      if (sequences.mask !== undefined) refuse(kind, [sequences.mask], "sequences without a mask", "a layer of single time steps")
      const applied = layer.apply(params, state, clean(sequences), context)
      const windows = { x: applied.y, length: countOf(sequences.length, applied.y.shape[1] ?? 0) }
      return { y: withValues(windows, clean(windows)), state: applied.state }
    },
  }
}
