/** Looking elements up by index, and NumPy's subscripts as arguments. */
import { isTensor, type Tensor, write } from "../language/Expr.ts"
import * as Shape from "../words/Shape.ts"
import { refuse } from "../words/ShapeError.ts"
import { iota, make, range } from "./create.ts"
import { add, cast, equal, mul, neg } from "./elementwise.ts"
import { axisOf, flip, reshape, slice, transpose } from "./structure.ts"

/**
 * One subscript: a whole number picks an element and drops its axis (negative from the end); a range `"from:to:step"`
 * keeps it; `"..."` stands for all axes between; `null` makes a new one; a list or i32 tensor picks several.
 */
export type Subscript = number | string | null | ReadonlyArray<number> | Tensor

const indices = (list: ReadonlyArray<number> | Tensor): Tensor => (isTensor(list) ? list : make(list, "i32"))

/** The rows an i32 tensor names along an axis: its shape takes that axis's place. An index outside reads NaN (0 for whole numbers). */
export const take = (x: Tensor, rows: Tensor | ReadonlyArray<number>, axis = 0): Tensor => {
  const at = axisOf("take", x, axis)
  const which = indices(rows)
  const others = x.shape.map((_, i) => i).filter((i) => i !== at)
  const front = at === 0 ? x : transpose(x, [at, ...others])
  const out = write("gather", {}, [front, which])
  const added = which.shape.length
  const order = [
    ...others.slice(0, at).map((_, i) => added + i),
    ...which.shape.map((_, i) => i),
    ...others.slice(at).map((_, i) => added + at + i),
  ]
  return at === 0 ? out : transpose(out, order)
}

/** The element an i32 tensor names in each row of the last axis: x [..., n], which [...] gives [...]. */
export const pick = (x: Tensor, which: Tensor): Tensor => {
  const width = x.shape.at(-1) ?? refuse("pick", [x, which], "a last axis to pick from", "a scalar has none")
  if (!Shape.equals(x.shape.slice(0, -1), which.shape))
    refuse("pick", [x, which], "one index for each row", "indices of the shape without the last axis")
  const count = Shape.size(which.shape)
  const flat = add(mul(range(count) as Tensor, width), reshape(which, [count]) as Tensor)
  return reshape(write("gather", {}, [reshape(x, [count * width]), flat]), which.shape)
}

/** 1 where the last axis equals the index (i32), 0 elsewhere: which [...] gives [..., classes] in f32. */
export const oneHot = (which: Tensor, classes: number): Tensor =>
  cast(equal(reshape(which, [...which.shape, 1]) as Tensor, iota([...which.shape, classes], which.shape.length) as Tensor), "f32")

/** `rows` rows of zeros with each row of `updates` added where `which` (i32) says. */
export const scatterAdd = (which: Tensor, updates: Tensor, rows: number): Tensor =>
  write("scatterAdd", { rows }, [which, updates])

/** The indices (i32) that sort an axis, ascending and stable, NaN last. */
export const argsort = (
  x: Tensor,
  { axis = -1, descending = false }: { readonly axis?: number; readonly descending?: boolean } = {},
): Tensor => {
  const at = axisOf("argsort", x, axis)
  const swap = x.shape.map((_, i) => (i === at ? x.shape.length - 1 : i === x.shape.length - 1 ? at : i))
  const last = at === x.shape.length - 1
  const sorted = write("argsort", {}, [descending ? neg(last ? x : transpose(x, swap)) : last ? x : transpose(x, swap)])
  return last ? sorted : transpose(sorted, swap)
}

/** The elements in order along the last axis. */
export const sort = (x: Tensor, { descending = false }: { readonly descending?: boolean } = {}): Tensor =>
  along(x, argsort(x, { descending }))

const along = (x: Tensor, which: Tensor): Tensor => {
  const width = x.shape.at(-1) ?? 1
  const rows = Shape.size(x.shape.slice(0, -1))
  const count = which.shape.at(-1) ?? 1
  const flat = add(mul(iota([rows, count], 0) as Tensor, width), reshape(which, [rows, count]) as Tensor)
  return reshape(write("gather", {}, [reshape(x, [rows * width]), flat]), which.shape)
}

/** The k largest of the last axis, largest first, with their indices. */
export const topK = (x: Tensor, k: number): { readonly values: Tensor; readonly indices: Tensor } => {
  const width = x.shape.at(-1) ?? 0
  if (!(Number.isInteger(k) && k >= 0 && k <= width)) refuse("topK", [x], `k from 0 to ${width}, not ${k}`, "a smaller k")
  const order = argsort(x, { descending: true })
  const first = slice(
    order,
    order.shape.map(() => 0),
    [...order.shape.slice(0, -1), k],
  )
  return { values: along(x, first), indices: first }
}

const rangePattern = /^(-?\d+)?:(-?\d+)?(?::(-?\d+))?$/

/** Where a range of an axis of `n` elements begins, ends and how it steps, as Python's `slice.indices`. */
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

/** Elements `from`, `from + step` … of one axis, `count` of them; a negative step walks back. */
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

/**
 * NumPy's subscripts: `Tensor.at(x, 0, "1:3", "...", null)` is `x[0, 1:3, ..., None]`. Throws `ShapeError` for an index
 * outside its axis, a range that is none, or more subscripts than axes.
 *
 * `Tensor.print(Tensor.at(Tensor.make([[1, 2, 3], [4, 5, 6]]), "::-1", 1)) // => "[5, 2]"`
 */
export const at = (x: Tensor, ...subscripts: ReadonlyArray<Subscript>): Tensor => {
  const using = subscripts.filter((s) => s !== null && s !== "...").length
  const missing = x.shape.length - using
  if (missing < 0) refuse("at", [x], `at most ${x.shape.length} subscripts, not ${using}`, "null adds an axis")
  if (subscripts.filter((s) => s === "...").length > 1) refuse("at", [x], 'one "..."', "leave the others out")
  let out = x
  let axis = 0
  for (const s of subscripts) {
    const n = out.shape[axis] ?? 0
    if (s === "...") axis += missing
    else if (s === null) {
      out = reshape(out, [...out.shape.slice(0, axis), 1, ...out.shape.slice(axis)])
      axis++
    } else if (typeof s === "number") {
      const i =
        Shape.axis(s, n) ?? refuse("at", [x], `an index from ${-n} to ${n - 1} on axis ${axis}, not ${s}`, "check the size first")
      out = reshape(stride(out, axis, i, 1, 1), Shape.without(out.shape, [axis]))
    } else if (typeof s === "string") {
      const { count, from, step } = bounds(x, s, n)
      out = stride(out, axis, from, count, step)
      axis++
    } else {
      const rows = indices(isTensor(s) ? s : s.map((i) => (i < 0 ? i + n : i)))
      if (!isTensor(s) && s.some((i) => Shape.axis(i, n) === undefined))
        refuse("at", [x], `indices from ${-n} to ${n - 1} on axis ${axis}, not ${Shape.print(s)}`, "check the size first")
      if (rows.dtype !== "i32") refuse("at", [x, rows], "i32 indices", "a bool mask has no fixed size: Tensor.where")
      out = take(out, rows, axis)
      axis += rows.shape.length
    }
  }
  return out
}
