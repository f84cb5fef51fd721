/**
 * Rematerialization: the intermediate values of a function are computed again for the backward pass instead of being kept for it.
 * The second computation is behind a barrier, a choice between the same two values by a number of the cotangent: so the engine cannot
 * take it for the first one, and cannot begin it before the cotangent is known.
 */
import { called } from "../language/closures.ts"
import { openExtent, type Tensor } from "../language/Expr.ts"
import { capture, inline, type Program, placeholders } from "../language/Program.ts"
import { factsOf } from "../language/primitiveFacts.ts"
import { refill, tensors } from "../language/TensorTree.ts"
import { and, equal, where } from "../tensor/elementwise.ts"
import { reshape, slice } from "../tensor/structure.ts"
import * as Shape from "../types/Shape.ts"
import { bytesOf } from "../types/ShapeError.ts"
import { withBack } from "./custom.ts"
import { pullBack, variables } from "./Tape.ts"

/** Whether all that a program computes depends on an input behind the barrier, apart from what costs nothing. */
const isBehind = ({ constants, equations, inputs }: Program, barred: ReadonlySet<number>): boolean => {
  const behind = [...inputs.map((_, i) => barred.has(i)), ...constants.map(() => false)]
  for (const { inputs: from, primitive } of equations) {
    const depends = from.some((value) => behind[value])
    if (!depends && factsOf(primitive).cost !== "free") return false
    behind.push(depends)
  }
  return true
}

/** The inputs that need the barrier, which copies what a product reads: the large ones are left out where others are enough. */
const barredOf = (program: Program): ReadonlySet<number> => {
  const all = program.inputs.map((_, i) => i)
  const size = (i: number): number => bytesOf(program.inputs[i] ?? { dtype: "f32", shape: [] })
  const barred = new Set(all)
  for (const i of [...all].sort((a, b) => size(b) - size(a))) {
    barred.delete(i)
    if (!isBehind(program, barred)) barred.add(i)
  }
  return barred
}

/** A condition that is known when a tensor is. */
const isKnown = (x: Tensor): Tensor => {
  const along = (n: number): Shape.Shape => x.shape.map(() => n)
  return equal(reshape(slice(x, along(0), along(1)), []), 0)
}

/** The same tensors, known only when all these others are. */
const after = (xs: ReadonlyArray<Tensor | undefined>, others: ReadonlyArray<Tensor | undefined>) => {
  const conditions = others.flatMap((x) => (x?.dtype === "f32" && Shape.size(x.shape) > 0 ? [isKnown(x)] : []))
  const [first, ...more] = conditions
  const condition = first && more.reduce((both, one) => and(both, one), first)
  return xs.map((x) => (x === undefined || condition === undefined ? x : where(condition, x, x)))
}

/**
 * The same function, which keeps its arguments for the backward pass and not its intermediate values: the pass computes them again, as
 * `jax.checkpoint` (Chen et al., Training deep nets with sublinear memory cost, 2016). The backward pass of a net takes less memory
 * and a second forward pass of time. What the function closes over has gradients too; randomness repeats, since keys are arguments
 * like others. Values have the same bits; so have gradients, unless a tensor that the function uses several times is also used
 * elsewhere: then its cotangents are added in another order.
 *
 * ```ts
 * import { Autodiff, Tensor, Transform } from "@adjoint/core"
 *
 * const block = Transform.checkpoint((x: Tensor.Tensor, w: Tensor.Tensor) => Tensor.tanh(Tensor.mul(x, w)))
 * const loss = (w: Tensor.Tensor) => Tensor.sum(block(block(Tensor.make([1, 0]), w), w))
 * Tensor.toNumber(Autodiff.grad(loss)(Tensor.scalar(0))) // => 0
 * ```
 */
export const checkpoint =
  <Args extends ReadonlyArray<unknown>, Y>(f: (...args: Args) => Y) =>
  (...args: Args): Y => {
    const given = tensors(args)
    const arguments_ = placeholders(given)
    const run = called(() => f(...refill(args, arguments_)), tensors)
    const { results, value } = run
    const outside = run.outside.filter((x) => !arguments_.includes(x))
    const body = capture([...arguments_, ...outside], results)
    const inputs = [...given, ...outside]
    const barred = barredOf(body)
    return refill(
      value,
      withBack(inline(body, inputs), inputs, (cotangents, _, inputs) => {
        const behind = after(inputs, cotangents)
        const extent = openExtent()
        const from = variables(
          inputs.map((x, i) => (barred.has(i) ? (behind[i] ?? x) : x)),
          extent,
        )
        const back = pullBack(from, inline(body, from), cotangents)
        extent.open = false
        // Together, so that the values of one function are no longer needed when those of another are computed again.
        return after(back, back)
      }),
    )
  }
