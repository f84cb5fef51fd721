/** Loops whose number of rounds depends on data. */
import { closures } from "../language/closures.ts"
import { endless, placeholder, type Tensor, write } from "../language/Expr.ts"
import { capture } from "../language/Program.ts"
import { checkUnchanged, type Like, refill, tensors } from "../language/TensorTree.ts"
import { refuse } from "../types/ShapeError.ts"
import { asFloats, floatSpec } from "./asFloats.ts"
import { cast } from "./elementwise.ts"
import { resultsOf, typed } from "./loop.ts"
import { mostSteps } from "./loopDerivative.ts"

/** The options of `whileLoop`. */
export interface WhileOptions {
  /** The most rounds: after them the loop ends. It can be differentiated only with them. */
  readonly maxSteps?: number
}

/**
 * Applies `body` to the carry for as long as `condition`, one bool of the carry, holds, as JAX's `lax.while_loop`: the result is the
 * last carry. Carries are trees of tensors of any dtype. With `maxSteps` it ends after so many rounds at the latest, and has
 * derivatives: for these the carry of each of `maxSteps` rounds has its place in memory. In `vmap` it runs while a sample needs it.
 * Throws `ShapeError`.
 *
 * ```ts
 * import { Tensor } from "@adjoint/core"
 *
 * const { n, x } = Tensor.whileLoop(
 *   ({ x }) => Tensor.greater(x, 1),
 *   ({ n, x }) => ({ n: Tensor.add(n, 1), x: Tensor.div(x, 2) }),
 *   { n: Tensor.scalar(0, "i32"), x: Tensor.scalar(100) },
 * )
 * Tensor.toNumber(n) // => 7
 * Tensor.toNumber(x) // => 0.78125
 * ```
 */
export const whileLoop = <C>(
  condition: (carry: C) => Tensor,
  body: (carry: C) => Like<NoInfer<C>>,
  init: C,
  { maxSteps }: WhileOptions = {},
): C => {
  if (maxSteps !== undefined && !(Number.isInteger(maxSteps) && maxSteps >= 0 && maxSteps <= mostSteps))
    refuse("whileLoop", [], `a whole number of rounds from 0 to ${mostSteps} as maxSteps, not ${maxSteps}`, "maxSteps: 100")
  const goesOn = (carry: C): Tensor => {
    const flag = condition(carry)
    if (flag.dtype !== "bool" || flag.shape.length > 0)
      refuse("whileLoop", [flag], "a condition of one bool", "Tensor.any or Tensor.all of several")
    return cast(flag, "f32")
  }
  const carries = tensors(init)
  const extent = endless()
  const flag = placeholder("f32", [], extent)
  const arguments_ = carries.map((carry) => placeholder("f32", floatSpec(carry).shape, extent))
  const next = body(refill(init, typed(arguments_, carries))) as C
  checkUnchanged("whileLoop", init, next, "a carry like the first", "return every part of the carry as it came in")
  const outputs = [goesOn(next), ...tensors(next).map(asFloats)]
  const constants = closures(outputs, new Set<Tensor>([flag, ...arguments_]))
  const flat = write(
    "scan",
    {
      body: capture([...constants, flag, ...arguments_], outputs),
      constants: constants.length,
      carries: outputs.length,
      length: maxSteps ?? mostSteps + 1,
      reverse: false,
      guard: constants.length,
    },
    [...constants, goesOn(init), ...carries.map(asFloats)],
  )
  const results = resultsOf(
    flat,
    outputs.map(({ shape }) => shape),
    [flag, ...carries],
  )
  return refill(init, results.slice(1))
}
