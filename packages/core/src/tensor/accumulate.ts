/** Running results along an axis: each element combines itself with all before it. */
import type { Tensor } from "../language/Expr.ts"
import * as Shape from "../types/Shape.ts"
import { named, refuse } from "../types/ShapeError.ts"
import { add, maximum, minimum, mul, sub } from "./elementwise.ts"
import { range as partOf } from "./part.ts"
import { axisOf, concat, flip } from "./structure.ts"

/** Along which axis (the last unless given), and whether from its end. */
export interface AccumulateOptions {
  readonly axis?: number
  readonly reverse?: boolean
}

/**
 * The running results of an associative function along an axis, as JAX's `associative_scan`: element i of the result combines
 * elements 0 to i of `xs`, arrays of one length along that axis. `f` takes two lists of such arrays and combines them element by
 * element. It is applied ⌈log₂ n⌉ times to whole arrays (Hillis and Steele, 1986), and the order depends on the length alone.
 * Throws `ShapeError`.
 *
 * ```ts
 * import { Tensor } from "@adjoint/core"
 *
 * const [sums] = Tensor.associativeScan(([a], [b]) => [Tensor.add(a, b)], [Tensor.make([1, 2, 3, 4])])
 * Tensor.print(sums) // => "[1, 3, 6, 10]"
 * ```
 */
export const associativeScan = <const Xs extends ReadonlyArray<Tensor>>(
  f: (
    before: { readonly [K in keyof Xs]: Tensor },
    after: { readonly [K in keyof Xs]: Tensor },
  ) => { readonly [K in keyof Xs]: Tensor },
  xs: Xs,
  { axis = -1, reverse = false }: AccumulateOptions = {},
): { readonly [K in keyof Xs]: Tensor } => {
  type Arrays = { readonly [K in keyof Xs]: Tensor }
  const each = (arrays: ReadonlyArray<Tensor>, g: (x: Tensor, i: number) => Tensor): Arrays => arrays.map(g) as unknown as Arrays
  const first = xs[0] ?? refuse("associativeScan", [], "at least one array", "give it a list that is not empty")
  const along = xs.map((x) => axisOf("associativeScan", x, axis))
  const n = first.shape[along[0] ?? 0] ?? 0
  if (xs.some((x, i) => x.shape[along[i] ?? 0] !== n))
    refuse("associativeScan", xs, `arrays of one length along axis ${axis}`, "Tensor.at cuts the longer ones")
  const turned = (arrays: ReadonlyArray<Tensor>): Arrays => each(arrays, (x, i) => (reverse ? flip(x, [along[i] ?? 0]) : x))
  let state = turned(xs)
  for (let gap = 1; gap < n; gap *= 2) {
    const cut = (from: number, to: number): Arrays => each(state, (x, i) => partOf(x, along[i] ?? 0, from, to))
    const combined = f(cut(0, n - gap), cut(gap, n)) as unknown as ReadonlyArray<Tensor>
    const shapes = state as unknown as ReadonlyArray<Tensor>
    if (combined.some(({ shape }, i) => shape[along[i] ?? 0] !== n - gap || shape.length !== shapes[i]?.shape.length))
      refuse("associativeScan", combined, "results of the shape of what they combine", "combine element by element")
    state = each(shapes, (x, i) => concat([partOf(x, along[i] ?? 0, 0, gap), combined[i] ?? x], along[i] ?? 0))
  }
  return turned(state as unknown as ReadonlyArray<Tensor>)
}

const running = (operation: string, f: (x: Tensor, y: Tensor) => Tensor) =>
  named(operation, (x: Tensor, options: AccumulateOptions = {}): Tensor => {
    const [out] = associativeScan(([a], [b]) => [f(a, b)], [x], options)
    return out
  })

/** The running sum along an axis. `Tensor.print(Tensor.cumsum(Tensor.make([1, 2, 3]))) // => "[1, 3, 6]"` */
export const cumsum = running("cumsum", add)
/** The running product along an axis. */
export const cumprod = running("cumprod", mul)
/** The largest so far along an axis; NaN from the first NaN on. */
export const cummax = running("cummax", maximum)
/** The smallest so far along an axis; NaN from the first NaN on. */
export const cummin = running("cummin", minimum)

/** The differences of neighbours along an axis, `n` times: each time one element fewer. `Tensor.print(Tensor.diff(Tensor.make([1, 4, 9]))) // => "[3, 5]"` */
export const diff = named(
  "diff",
  (x: Tensor, { axis = -1, n = 1 }: { readonly axis?: number; readonly n?: number } = {}): Tensor => {
    const at = axisOf("diff", x, axis)
    if (!(Number.isInteger(n) && n >= 0)) refuse("diff", [x], `a whole number of times, not ${n}`, "n: 1")
    let out = x
    for (let i = 0; i < n && Shape.size(out.shape) > 0; i++) {
      const length = out.shape[at] ?? 0
      out = sub(partOf(out, at, 1, length), partOf(out, at, 0, length - 1))
    }
    return out
  },
)
