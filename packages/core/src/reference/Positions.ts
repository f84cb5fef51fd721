/** Where the elements of a strided view stand, so that every rearrangement of an array is one loop over a list of places. */
import type { ConvParams } from "../language/Primitive.ts"
import * as Shape from "../types/Shape.ts"

/** The offset of each element of `shape`, in row-major order, when axis `i` steps by `strides[i]` from `base`. */
export const positions = (shape: Shape.Shape, strides: ReadonlyArray<number>, base = 0): Int32Array => {
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

/** One meeting of a window's element with an element under it, by their places within a window, the input and the output. */
export interface Tap {
  readonly output: number
  readonly input: number
  readonly window: number
}

/** Every meeting of a window and the space it moves over, by output place, then window place; what lies in the padding is left out. */
export const taps = (
  space: Shape.Shape,
  window: Shape.Shape,
  out: Shape.Shape,
  { dilation, padding, strides }: Pick<ConvParams, "dilation" | "padding" | "strides">,
): ReadonlyArray<Tap> => {
  const found: Array<Tap> = []
  const inner = Shape.strides(space)
  const at = unravel(out)
  const within = unravel(window)
  for (let output = 0; output < Shape.size(out); output++)
    for (let place = 0; place < Shape.size(window); place++) {
      const corner = at(output)
      const step = within(place)
      let input = 0
      let inside = true
      for (let axis = 0; axis < space.length; axis++) {
        const low = padding[axis]?.[0] ?? 0
        const x = (corner[axis] ?? 0) * (strides[axis] ?? 1) + (step[axis] ?? 0) * (dilation[axis] ?? 1) - low
        inside &&= x >= 0 && x < (space[axis] ?? 0)
        input += x * (inner[axis] ?? 0)
      }
      if (inside) found.push({ output, input, window: place })
    }
  return found
}

/** The index along each axis of an element given by its place. */
const unravel = (shape: Shape.Shape) => {
  const steps = Shape.strides(shape)
  return (place: number): ReadonlyArray<number> => shape.map((extent, axis) => Math.floor(place / (steps[axis] ?? 1)) % extent)
}
