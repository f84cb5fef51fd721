/**
 * Checks of derivatives by two laws. The derivative agrees with central differences in one random direction; and the two modes
 * are transposes of each other, ⟨u, Jt⟩ = ⟨Jᵀu, t⟩. All values are computed in doubles, so tolerances are tight.
 */
import * as Key from "../tensor/Key.ts"
import * as T from "../tensor/Tensor.ts"
import { type Cotangent, jvp, vjp } from "../transform/Autodiff.ts"
import * as Tree from "../types/Tree.ts"
import { allClose } from "./allClose.ts"
import { read, readAll } from "./doubles.ts"

/** The options of `checkGrads`. */
export interface CheckGrads {
  /** 1 checks the derivative, 2 the second derivative too, and so on. */
  readonly order?: number
  /** The seed of the random directions. */
  readonly seed?: number
  /** The step of the differences, along a direction of normal numbers. */
  readonly step?: number
  /** The tolerance: relative, and absolute near zero. */
  readonly rtol?: number
  readonly atol?: number
}

const leaves = (tree: unknown): ReadonlyArray<T.Tensor> => Tree.leaves(tree) as ReadonlyArray<T.Tensor>

const withLeaves = <X>(tree: X, values: ReadonlyArray<T.Tensor>): X => Tree.withLeaves(tree as unknown, values) as X

/** A tree of the same structure with normal numbers; zeros for leaves that are not f32. */
const direction = <X>(tree: X, key: Key.Key): X =>
  withLeaves(
    tree,
    leaves(tree).map((x, i) => (x.dtype === "f32" ? read(Key.normal(Key.fold(key, i), x.shape)) : read(T.zerosLike(x)))),
  )

/** x + step · t, for f32 leaves. */
const moved = <X>(x: X, t: X, step: number): X => {
  const along = leaves(t)
  return withLeaves(
    x,
    leaves(x).map((leaf, i) => (leaf.dtype === "f32" ? T.add(leaf, T.mul(along[i] ?? leaf, step)) : leaf)),
  )
}

/** ⟨x, y⟩ over the f32 leaves, and ⟨|x|, |y|⟩ as the scale of its rounding error. */
const inner = (x: unknown, y: unknown): { readonly product: number; readonly scale: number } => {
  const [xs, ys] = [readAll(leaves(x)), readAll(leaves(y))]
  let product = 0
  let scale = 0
  xs.forEach(({ data, dtype }, i) => {
    if (dtype !== "f32") return
    for (let j = 0; j < data.length; j++) {
      const term = (data[j] ?? 0) * (ys[i]?.data[j] ?? Number.NaN)
      product += term
      scale += Math.abs(term)
    }
  })
  return { product, scale }
}

/**
 * Checks the derivatives of a function of a tree of tensors at `x`, where it must be differentiable. Throws an `Error` that
 * says which law fails and where. Errors of `f` are passed on.
 *
 * `checkGrads((x: Tensor.Tensor) => Tensor.mul(x, x), Tensor.make([1, -2]), { order: 2 }) // => undefined`
 */
export const checkGrads = <X, Y>(
  f: (x: X) => Y,
  x: NoInfer<X>,
  { atol = 1e-7, order = 1, rtol = 1e-6, seed = 0, step = 1e-5 }: CheckGrads = {},
): void => {
  const key = Key.make(seed)
  const tangent = direction(x, Key.fold(key, "tangent"))
  const forward = jvp<X, Y>(f, x, tangent)
  const [above, below] = [step, -step].map((by) => leaves(f(moved(x, tangent, by))))
  Tree.entries(forward.tangent as unknown).forEach(([path, leaf], i) => {
    const [high, low] = [above?.[i], below?.[i]]
    if (high === undefined || low === undefined || high.dtype !== "f32") return
    const measured = T.div(T.sub(high, low), 2 * step)
    const { close, report } = allClose(leaf as T.Tensor, measured, { rtol, atol })
    if (!close)
      throw new Error(
        `derivative and central differences disagree${path.length > 0 ? ` in ${Tree.printPath(path)}` : ""}: ${report}`,
      )
  })
  const { pull, value } = vjp<X, Y>(f, x)
  const cotangent = direction(value, Key.fold(key, "cotangent")) as Cotangent<Y>
  const [push, back] = [inner(cotangent, forward.tangent), inner(pull(cotangent), tangent)]
  // Terms of the size of u and t may cancel inside a small Jacobian; their rounding errors remain. All values are doubles here,
  // for f32 leaves too, so that eight units in the last place of a double, 2⁻⁵⁰, allow for such sums.
  const rounding = 2 ** -50 * Math.sqrt(inner(cotangent, cotangent).product * inner(tangent, tangent).product)
  if (!(Math.abs(push.product - back.product) <= 1e-10 * Math.max(push.scale, back.scale) + rounding))
    throw new Error(`⟨u, Jt⟩ is ${push.product}, but ⟨Jᵀu, t⟩ is ${back.product}: the two are not transposes`)
  if (order > 1)
    checkGrads((at: X) => vjp<X, Y>(f, at).pull(cotangent), x, { atol, order: order - 1, rtol, seed: seed + 1, step })
}
