/** The offsets of the elements of a strided view: every rearrangement of an array is one loop over a list of offsets. */
import type { ConvParams } from "../language/Primitive.ts"
import * as Shape from "../types/Shape.ts"

/** The offset of each element of `shape`, in row-major order, when axis `i` steps by `strides[i]` from `base`. */
export const offsets = (shape: Shape.Shape, strides: ReadonlyArray<number>, base = 0): Int32Array => {
  const out = new Int32Array(Shape.size(shape))
  if (out.length === 0) return out
  const index = shape.map(() => 0)
  let offset = base
  for (let i = 0; i < out.length; i++) {
    out[i] = offset
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const step = strides[axis] ?? 0
      const next = (index[axis] ?? 0) + 1
      offset += step
      if (next < (shape[axis] ?? 1)) {
        index[axis] = next
        break
      }
      offset -= step * next
      index[axis] = 0
    }
  }
  return out
}

/** A pair of a window's element and the input element under it, by their offsets in the window, the input and the output. */
export interface Tap {
  readonly output: number
  readonly input: number
  readonly window: number
}

/** All taps of a window over the spatial axes, by output offset, then window offset, without those in the padding. */
export const taps = (
  space: Shape.Shape,
  window: Shape.Shape,
  out: Shape.Shape,
  { dilation, padding, stride }: Pick<ConvParams, "dilation" | "padding" | "stride">,
): ReadonlyArray<Tap> => {
  const found: Array<Tap> = []
  const inner = Shape.strides(space)
  const at = unravel(out)
  const within = unravel(window)
  for (let output = 0; output < Shape.size(out); output++)
    for (let element = 0; element < Shape.size(window); element++) {
      const corner = at(output)
      const step = within(element)
      let input = 0
      let inside = true
      for (let axis = 0; axis < space.length; axis++) {
        const low = padding[axis]?.[0] ?? 0
        const x = (corner[axis] ?? 0) * (stride[axis] ?? 1) + (step[axis] ?? 0) * (dilation[axis] ?? 1) - low
        inside &&= x >= 0 && x < (space[axis] ?? 0)
        input += x * (inner[axis] ?? 0)
      }
      if (inside) found.push({ output, input, window: element })
    }
  return found
}

/** The index along each axis of an element, from its offset. */
const unravel = (shape: Shape.Shape) => {
  const steps = Shape.strides(shape)
  return (offset: number): ReadonlyArray<number> => shape.map((extent, axis) => Math.floor(offset / (steps[axis] ?? 1)) % extent)
}
