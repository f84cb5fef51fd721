/** NumPy's subscripts as arguments: `x[0, 1:3, ..., None]` is `Tensor.at(x, 0, "1:3", "...", null)`. */
import { isTensor, type Tensor } from "../language/Expr.ts"
import * as Shape from "../types/Shape.ts"
import { refuse } from "../types/ShapeError.ts"
import { make } from "./create.ts"
import { add, less, where } from "./elementwise.ts"
import { gatherAt, indicesOf } from "./select.ts"
import { flip, reshape, slice } from "./structure.ts"

/**
 * One subscript: an integer picks an element and removes its axis (negative counts from the end); a range `"from:to:step"`
 * keeps the axis; `"..."` is all axes in between; `null` adds an axis; a list or i32 tensor picks several elements.
 */
export type Subscript = number | string | null | ReadonlyArray<number> | Tensor

const rangePattern = /^(-?\d+)?:(-?\d+)?(?::(-?\d+))?$/

/** The start, count and step of a range over an axis of `n` elements, as Python's `slice.indices`. */
const bounds = (x: Tensor, text: string, n: number): { readonly from: number; readonly count: number; readonly step: number } => {
  const [, from, to, by] =
    rangePattern.exec(text) ??
    refuse("at", [x], `a range like "1:-1" or "::2", not "${text}"`, "from:to:step, each may be left out")
  const step = by === undefined ? 1 : Number(by)
  if (step === 0) refuse("at", [x], "a step other than 0", '"::1"')
  const clip = (i: number, low: number, high: number): number => Math.min(Math.max(i < 0 ? i + n : i, low), high)
  const [low, high] = step > 0 ? [0, n] : [-1, n - 1]
  const start = from === undefined ? (step > 0 ? 0 : n - 1) : clip(Number(from), low, high)
  const end = to === undefined ? (step > 0 ? n : -1) : clip(Number(to), low, high)
  return { from: start, count: Math.max(0, Math.ceil((end - start) / step)), step }
}

/** `count` elements `from`, `from + step` … of one axis; a negative step goes backwards. */
const stride = (x: Tensor, axis: number, from: number, count: number, step: number): Tensor => {
  const first = step > 0 || count === 0 ? Math.max(from, 0) : from + (count - 1) * step
  const limit = count === 0 ? first : first + (count - 1) * Math.abs(step) + 1
  const cut = slice(
    x,
    x.shape.map((_, i) => (i === axis ? Math.min(first, x.shape[axis] ?? 0) : 0)),
    x.shape.map((n, i) => (i === axis ? Math.min(limit, n) : n)),
    x.shape.map((_, i) => (i === axis ? Math.abs(step) : 1)),
  )
  return step > 0 ? cut : flip(cut, [axis])
}

/** An integer subscript as an index counted from 0. */
const counted = (x: Tensor, index: number, n: number, axis: number): number =>
  Shape.axis(index, n) ??
  refuse(
    "at",
    [x],
    n === 0 ? `no index on axis ${axis}, which is empty` : `an index from ${-n} to ${n - 1} on axis ${axis}, not ${index}`,
    '"from:to" for a range, which may reach past the end',
  )

/** The same indices, counted from the start. */
const fromStart = (indices: Tensor, n: number): Tensor => where(less(indices, 0), add(indices, n), indices)

/**
 * NumPy's subscripts: `Tensor.at(x, 0, "1:3", "...", null)` is `x[0, 1:3, ..., None]`. As in NumPy, several lists or tensors
 * (and numbers with them) index together: their shapes broadcast to one, which replaces them, or comes first if a range or
 * `null` is between them. An index of a tensor that is outside gives NaN (0 for integers).
 *
 * Throws `ShapeError` for an index outside its axis, an invalid range, or more subscripts than axes.
 *
 * `Tensor.print(Tensor.at(Tensor.make([[1, 2, 3], [4, 5, 6]]), "::-1", 1)) // => "[5, 2]"`
 */
export const at = (x: Tensor, ...subscripts: ReadonlyArray<Subscript>): Tensor => {
  const using = subscripts.filter((s) => s !== null && s !== "...").length
  const missing = x.shape.length - using
  if (missing < 0)
    refuse("at", [x], `a subscript for each axis at most, which is ${x.shape.length}, not ${using}`, "null adds an axis")
  if (subscripts.filter((s) => s === "...").length > 1) refuse("at", [x], 'one "..."', "leave the others out")
  const several = subscripts.some((s) => typeof s === "object" && s !== null)
  const picks: Array<{ readonly axis: number; readonly position: number; readonly indices: Tensor }> = []
  let out = x
  let axis = 0
  let own = 0
  subscripts.forEach((s, position) => {
    const n = out.shape[axis] ?? 0
    if (s === "...") {
      axis += missing
      own += missing
    } else if (s === null) {
      out = reshape(out, [...out.shape.slice(0, axis), 1, ...out.shape.slice(axis)])
      axis++
    } else if (typeof s === "string") {
      const { count, from, step } = bounds(x, s, n)
      out = stride(out, axis, from, count, step)
      axis++
      own++
    } else if (typeof s === "number" && !several) {
      out = reshape(stride(out, axis, counted(x, s, n, own), 1, 1), Shape.without(out.shape, [axis]))
      own++
    } else {
      const indices = typeof s === "number" ? make(counted(x, s, n, own), "i32") : indicesOf("at", x, s, own)
      picks.push({ axis, position, indices: isTensor(s) ? fromStart(indices, n) : indices })
      axis++
      own++
    }
  })
  if (picks.length === 0) return out
  const stretched = picks.reduce<Shape.Shape | undefined>(
    (shape, { indices }) => shape && Shape.broadcast(shape, indices.shape),
    [],
  )
  if (stretched === undefined)
    refuse(
      "at",
      [x, ...picks.map(({ indices }) => indices)],
      "lists that stretch to one shape",
      'one subscript after the other to pick along each axis by itself: Tensor.at(Tensor.at(x, a), ":", b)',
    )
  const apart = picks.some(({ position }, i) => position !== (picks[0]?.position ?? 0) + i)
  return gatherAt(
    out,
    picks.map((pick) => pick.axis),
    picks.map(({ indices }) => indices),
    apart,
  )
}
