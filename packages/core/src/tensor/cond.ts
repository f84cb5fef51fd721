/** A choice between two functions of which only one is computed. */
import { called } from "../language/closures.ts"
import { endless, placeholder, type Tensor, write } from "../language/Expr.ts"
import { capture } from "../language/Program.ts"
import { checkUnchanged, type Like, refill, tensors } from "../language/TensorTree.ts"
import { refuse } from "../types/ShapeError.ts"
import { asFloats } from "./asFloats.ts"
import { cast, not, where } from "./elementwise.ts"
import { resultsOf } from "./loop.ts"

/**
 * The result of `ifTrue` where the predicate, one bool, holds, and that of `ifFalse` elsewhere, as JAX's `lax.cond`: only one of the
 * two is computed, in a compiled function too, and only it has gradients. Both get the further arguments, and return trees of equal
 * structure, dtypes and shapes. What they compute with tensors from outside belongs to them. Where `vmap` maps the predicate, both
 * are computed and each sample chooses. Throws `ShapeError`.
 *
 * ```ts
 * import { Autodiff, Tensor } from "@adjoint/core"
 *
 * const root = (x: Tensor.Tensor) =>
 *   Tensor.cond(
 *     Tensor.greater(x, 0),
 *     (x) => Tensor.sqrt(x),
 *     (x) => Tensor.mul(x, 0),
 *     x,
 *   )
 * Tensor.toNumber(root(Tensor.scalar(9))) // => 3
 * Tensor.toNumber(Autodiff.grad(root)(Tensor.scalar(-1))) // => 0
 * ```
 */
export const cond = <Args extends ReadonlyArray<unknown>, Y>(
  predicate: Tensor,
  ifTrue: (...args: NoInfer<Args>) => Y,
  ifFalse: (...args: NoInfer<Args>) => Like<NoInfer<Y>>,
  ...args: Args
): Y => {
  if (predicate.dtype !== "bool" || predicate.shape.length > 0)
    refuse("cond", [predicate], "one bool as its predicate", "Tensor.where to choose element by element, or Tensor.all")
  const branch = (f: (...args: Args) => unknown, isTaken: Tensor) => {
    const {
      outside,
      results: floats,
      value,
    } = called(
      () => f(...args),
      (value) => tensors(value).map(asFloats),
    )
    const guard = placeholder("f32", [], endless())
    const body = capture([guard, ...outside], floats)
    const params = { body, constants: outside.length + 1, carries: 0, length: 1, reverse: false, guard: 0 }
    const flat = write("scan", params, [cast(isTaken, "f32"), ...outside])
    return {
      value,
      results: resultsOf(
        flat,
        floats.map(({ shape }) => shape),
        tensors(value),
      ),
    }
  }
  const [first, second] = [branch(ifTrue, predicate), branch(ifFalse, not(predicate))]
  checkUnchanged(
    "cond",
    first.value,
    second.value,
    "a second branch with results like the first",
    "Tensor.cast or Tensor.reshape them",
  )
  return refill(
    first.value as Y,
    first.results.map((x, i) => where(predicate, x, second.results[i] ?? x)),
  )
}
