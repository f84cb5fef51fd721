/** Transformations of functions of tensors: `vmap`, and the derivatives that are made of it. Others live in `Autodiff`. */
import { closures } from "../language/closures.ts"
import { endless, placeholder, type Tensor } from "../language/Expr.ts"
import { capture } from "../language/Program.ts"
import { refill, tensors } from "../language/TensorTree.ts"
import { eye, zeros } from "../tensor/create.ts"
import { checkFloats } from "../tensor/operands.ts"
import { moveAxis, reshape } from "../tensor/structure.ts"
import * as Shape from "../types/Shape.ts"
import { refuse } from "../types/ShapeError.ts"
import * as Tree from "../types/Tree.ts"
import { grad, jvp, vjp } from "./Autodiff.ts"
import { batched, mapped, type Value } from "./Batching.ts"

export { checkpoint } from "./checkpoint.ts"
export { type Cotangents, customJvp, customVjp } from "./custom.ts"

/**
 * Which axis of an argument counts the samples: one number for all its tensors, a tree of numbers like the argument, or `null`
 * where all samples share it.
 */
export type Axes = number | null | ReadonlyArray<Axes> | { readonly [name: string]: Axes }

/** The axes of the arguments, 0 unless given, and the axis of the results, 0 unless given. */
export interface VmapOptions {
  readonly in?: ReadonlyArray<Axes>
  readonly out?: number
}

const wantedAxes = "an axis for each argument: a number, null, or a tree like the argument"

/** The axis of each tensor of an argument, in the order of its leaves. */
const axesOf = (axes: Axes, argument: unknown): ReadonlyArray<number | null> => {
  if (axes === null || typeof axes === "number") return tensors(argument).map(() => axes)
  const parts = Tree.isLeaf(argument) ? [] : Tree.branches(argument)
  const given = axes as { readonly [name: string]: Axes }
  if (Tree.isLeaf(argument) || Object.keys(given).length !== parts.length || parts.some(([name]) => !Object.hasOwn(given, name)))
    refuse("vmap", tensors(argument), wantedAxes, "in: [0, null]")
  return parts.flatMap(([name, part]) => axesOf(given[name] as Axes, part))
}

/**
 * A function of one sample as a function of a batch of them: it is traced once, and every primitive is computed for all samples
 * at once (the batching rules of `Batching`). Each argument has an axis that counts samples, the first unless `in` says
 * otherwise; with `null` all samples share it. The results have it in front, or where `out` says. Within what the order of sums
 * allows, the results are those of a loop over the samples. Random numbers are those of each sample's key; a key that is shared
 * gives every sample the same ones. A batch of no samples has results of no samples. It nests, and goes together with `Autodiff` in either order: `vmap(grad(loss), …)` has the
 * gradient of each sample. Throws `ShapeError`.
 *
 * ```ts
 * import { Autodiff, Tensor, Transform } from "@adjoint/core"
 *
 * const dots = Transform.vmap((x: Tensor.Tensor, y: Tensor.Tensor) => Tensor.sum(Tensor.mul(x, y)))
 * Tensor.print(dots(Tensor.make([[1, 2], [3, 4]]), Tensor.make([[1, 1], [10, 0]]))) // => "[3, 30]"
 *
 * const slope = Autodiff.grad((w: Tensor.Tensor, x: Tensor.Tensor) => Tensor.square(Tensor.mul(w, x)))
 * Tensor.print(Transform.vmap(slope, { in: [null, 0] })(Tensor.scalar(1), Tensor.make([1, 2, 3]))) // => "[2, 8, 18]"
 * ```
 */
export const vmap =
  <Args extends ReadonlyArray<unknown>, Y>(f: (...args: Args) => Y, { in: axes, out = 0 }: VmapOptions = {}) =>
  (...args: Args): Y => {
    const leaves = args.map(tensors)
    if (axes !== undefined && axes.length !== args.length) refuse("vmap", leaves.flat(), wantedAxes, "in: [0, null]")
    const given = args.flatMap((argument, i) => {
      const list = axesOf(axes?.[i] === undefined ? 0 : axes[i], argument)
      return (leaves[i] ?? []).map((x, j) => mappedAlong(x, list[j] ?? null, i))
    })
    const [first] = given.filter(({ isMapped }) => isMapped)
    if (first === undefined)
      return refuse("vmap", leaves.flat(), "an argument with an axis of samples", "in: [0] maps the first axis")
    const n = first.x.shape[0] ?? 0
    const other = given.find(({ isMapped, x }) => isMapped && x.shape[0] !== n)
    if (other !== undefined)
      refuse(
        "vmap",
        [first.x, other.x],
        `as many samples everywhere, not ${n} and ${other.x.shape[0]}`,
        "in: null shares an argument",
      )
    const extent = endless()
    const samples = given.map(({ isMapped, x }) => placeholder(x.dtype, isMapped ? x.shape.slice(1) : x.shape, extent))
    let from = 0
    const result = f(
      ...(args.map((argument, i) => {
        const start = from
        from += leaves[i]?.length ?? 0
        return refill(argument, samples.slice(start, from))
      }) as unknown as Args),
    )
    const outputs = tensors(result)
    if (n === 0)
      return refill(
        result,
        outputs.map(({ dtype, shape }) => along(zeros([0, ...shape], dtype), out)),
      )
    const constants = closures(outputs, new Set<Tensor>(samples))
    const values = batched(
      capture([...samples, ...constants], outputs),
      [...given, ...constants.map((x): Value => ({ x, isMapped: false }))],
      n,
    )
    return refill(
      result,
      values.map((value) => along(mapped(value, n), out)),
    )
  }

/** A tensor with the axis of samples in front. */
const mappedAlong = (x: Tensor, axis: number | null, argument: number): Value => {
  if (axis === null) return { x, isMapped: false }
  const at = Shape.axis(axis, x.shape.length)
  if (at === undefined)
    return refuse(
      "vmap",
      [x],
      x.shape.length === 0
        ? `an axis of samples in argument ${argument + 1}, which has a scalar`
        : `an axis from ${-x.shape.length} to ${x.shape.length - 1} in argument ${argument + 1}, not ${axis}`,
      "in: null shares an argument among all samples",
    )
  return { x: moveAxis(x, at, 0), isMapped: true }
}

/** A result with the axis of samples at another place. */
const along = (x: Tensor, to: number): Tensor => {
  if (Shape.axis(to, x.shape.length) === undefined)
    refuse("vmap", [x], `a place for the axis of samples from ${-x.shape.length} to ${x.shape.length - 1}, not ${to}`, "out: 0")
  return moveAxis(x, 0, to)
}

/** The unit vectors of the elements of an array: [size, ...shape]. */
const units = (shape: Shape.Shape): Tensor => reshape(eye(Shape.size(shape)), [Shape.size(shape), ...shape])

/**
 * The Jacobian of a function of one tensor, by forward mode: one derivative for each element of the argument, all at once. Choose
 * it where the result has more elements than the argument. The shape is [...result, ...argument]. Throws `ShapeError`.
 *
 * ```ts
 * import { Tensor, Transform } from "@adjoint/core"
 *
 * Tensor.print(Transform.jacobianForward((x) => Tensor.square(x))(Tensor.make([1, 2]))) // => "[[2, 0],\n [0, 4]]"
 * ```
 */
export const jacobianForward =
  (f: (x: Tensor) => Tensor) =>
  (x: Tensor): Tensor => {
    checkFloats("jacobianForward", [x])
    const columns = vmap((direction: Tensor) => jvp(f, x, direction).tangent, { out: -1 })(units(x.shape))
    return reshape(columns, [...columns.shape.slice(0, -1), ...x.shape])
  }

/**
 * The Jacobian of a function of one tensor, by reverse mode: one pass back for each element of the result, all at once. Choose it
 * where the argument has more elements than the result. The shape is [...result, ...argument]. Throws `ShapeError`.
 */
export const jacobianReverse =
  (f: (x: Tensor) => Tensor) =>
  (x: Tensor): Tensor => {
    checkFloats("jacobianReverse", [x])
    const { pull, value } = vjp(f, x)
    checkFloats("jacobianReverse", [value])
    const rows = vmap(pull)(units(value.shape))
    return reshape(rows, [...value.shape, ...x.shape])
  }

/**
 * The Hessian of a function of a tree of tensors, times a vector like the tree: forward mode over the gradient, so the Hessian
 * is never there as a whole (Pearlmutter, 1994). Throws `ShapeError`.
 *
 * `Tensor.print(Transform.hvp((x: Tensor.Tensor) => Tensor.sum(Tensor.pow(x, 3)))(Tensor.make([1, 2]), Tensor.make([1, 1]))) // => "[6, 12]"`
 */
export const hvp =
  <X>(f: (x: X) => Tensor) =>
  (x: X, vector: X): X =>
    jvp<X, X>(grad(f), x, vector).tangent
