/**
 * Functions with derivatives of their own. Their results go through the primitive `custom`, which has the same values and a program
 * for the way back.
 */
import { called } from "../language/closures.ts"
import { type Expr, endless, isTensor, placeholder, type Tensor, write } from "../language/Expr.ts"
import { capture, inline } from "../language/Program.ts"
import { customRule } from "../language/ShapeRule.ts"
import { custom } from "../language/shapes/custom.ts"
import { changes, type Like, refill, tensors } from "../language/TensorTree.ts"
import { order } from "../language/Walk.ts"
import { zerosLike } from "../tensor/create.ts"
import { concat, reshape, split } from "../tensor/structure.ts"
import { NDArray } from "../types/NDArray.ts"
import * as Shape from "../types/Shape.ts"
import { refuse } from "../types/ShapeError.ts"
import { vjp } from "./Autodiff.ts"
import { customDerivative } from "./Derivative.ts"

customRule.provide(custom)
customDerivative.provide((cotangent, { inputs, output, params }) => [
  undefined,
  ...inline(params.backward, [cotangent, output, ...inputs.slice(1)]),
])

const isFloat = ({ dtype }: Tensor): boolean => dtype === "f32"

/** Some tensors as one vector; a single one as it is. */
const joined = (xs: ReadonlyArray<Tensor>): Tensor => {
  const [only] = xs
  return only !== undefined && xs.length === 1 ? only : concat(xs.map((x) => reshape(x, [Shape.size(x.shape)])))
}

/** The opposite of `joined`. */
const apart = (whole: Tensor, like: ReadonlyArray<Tensor>): ReadonlyArray<Tensor> =>
  like.length === 1
    ? [whole]
    : split(
        whole,
        like.map(({ shape }) => Shape.size(shape)),
      ).map((part, i) => reshape(part, like[i]?.shape ?? []))

/** From the cotangents of results, the results and the inputs to the cotangents of the inputs. */
export type Back = (
  cotangents: ReadonlyArray<Tensor>,
  results: ReadonlyArray<Tensor>,
  inputs: ReadonlyArray<Tensor>,
) => ReadonlyArray<Tensor | undefined>

/** The same results, whose cotangents go to the inputs by `back`, and nowhere else. */
export const withBack = (results: ReadonlyArray<Tensor>, inputs: ReadonlyArray<Tensor>, back: Back): ReadonlyArray<Tensor> => {
  const floats = results.filter(isFloat)
  if (floats.length === 0) return results
  const whole = joined(floats)
  const extent = endless()
  const like = ({ dtype, shape }: Tensor): Expr => placeholder(dtype, shape, extent)
  const [cotangent, value] = [like(whole), like(whole)]
  const arguments_ = inputs.map(like)
  /** The results with these floats among them. */
  const filled = (floats: ReadonlyArray<Tensor>, others: (x: Tensor) => Tensor): ReadonlyArray<Tensor> => {
    const rest = [...floats]
    return results.map((x) => (isFloat(x) ? (rest.shift() ?? x) : others(x)))
  }
  const run = called(
    () =>
      back(
        filled(apart(cotangent, floats), zerosLike),
        filled(apart(value, floats), (x) => x),
        arguments_,
      ),
    (found) => found.flatMap((x, i) => (x !== undefined && inputs[i]?.dtype === "f32" ? [x] : [])),
  )
  const cotangents = run.results
  const isReached = inputs.map((x, i) => isFloat(x) && run.value[i] !== undefined)
  const own = new Set<Tensor>([cotangent, value, ...arguments_])
  const outside = run.outside.filter((x) => !own.has(x))
  /** Those that get a cotangent, then the others. */
  const sorted = (xs: ReadonlyArray<Tensor>): ReadonlyArray<Tensor> => [
    ...xs.filter((_, i) => isReached[i]),
    ...xs.filter((_, i) => !isReached[i]),
  ]
  const backward = capture([cotangent, value, ...sorted(arguments_), ...outside], cotangents)
  const made = write("custom", { backward }, [whole, ...sorted(inputs), ...outside])
  return filled(apart(made, floats), (x) => x)
}

/**
 * The value of a function of some arguments. Throws `ShapeError` if it uses, other than by an argument, what a running differentiation
 * differentiates by.
 */
const checkedValue = <A>(operation: string, f: () => A, inputs: ReadonlyArray<Tensor>): A => {
  const { outside, value } = called(f, tensors)
  const isConstant = (x: Expr): boolean => x.recipe?.primitive === "stop"
  for (const x of outside) {
    if (x instanceof NDArray || !isFloat(x) || x.extent?.open !== true || inputs.includes(x)) continue
    if (order([x], isConstant).some(({ variableOf }) => variableOf?.open === true && variableOf.running))
      refuse(
        operation,
        [x],
        "a function that closes over nothing that is differentiated",
        "pass the tensor as an argument, or Tensor.stopGradient it",
      )
  }
  return value
}

/** A cotangent for each argument, of the same structure; `null` where there is none. */
export type Cotangents<Args extends ReadonlyArray<unknown>> = { readonly [I in keyof Args]: Like<Args[I]> | null }

/** The cotangents of the arguments' tensors. Throws `ShapeError` unless they are like the arguments. */
const checked = (
  args: ReadonlyArray<unknown>,
  found: ReadonlyArray<unknown>,
  inputs: ReadonlyArray<Tensor>,
): ReadonlyArray<Tensor | undefined> => {
  if (isTensor(found) || found.length !== args.length)
    refuse("customVjp", inputs, `a list of as many cotangents as arguments, ${args.length}`, "null for an argument that has none")
  return found.flatMap((cotangent, i): ReadonlyArray<Tensor | undefined> => {
    if (cotangent === null) return tensors(args[i]).map(() => undefined)
    const changed = changes(args[i], cotangent)
    if (changed.length > 0)
      refuse(
        "customVjp",
        [],
        `a cotangent like argument ${i + 1}: ${changed.slice(0, 3).join(", ")}`,
        "sum it over the axes along which the argument was broadcast, or return null",
      )
    return tensors(cotangent)
  })
}

/**
 * A function with a backward pass of its own, as JAX's `custom_vjp`. `backward` takes the cotangent of the value (zeros where it is
 * not f32), the value and the arguments, and returns a list with a cotangent for each argument, or `null`. It keeps nothing: what it
 * computes again from the arguments as `f` did is computed once in a compiled function. It is traced when the function is called, can
 * be differentiated again, and is batched by `vmap`. Forward mode transposes it, and so takes it as linear in the cotangent. Throws
 * `ShapeError` for cotangents unlike the arguments, and where `f` closes over what is differentiated.
 *
 * ```ts
 * import { Autodiff, Tensor, Transform } from "@adjoint/core"
 *
 * // log(1 + eˣ): the derivative of the formula is NaN where eˣ overflows.
 * const log1pexp = Transform.customVjp(
 *   (x: Tensor.Tensor) => Tensor.log1p(Tensor.exp(x)),
 *   (cotangent, _, x) => [Tensor.mul(cotangent, Tensor.sigmoid(x))],
 * )
 * Tensor.toNumber(Autodiff.grad(log1pexp)(Tensor.scalar(100))) // => 1
 *
 * // The identity, with a gradient that is clipped.
 * const clipped = Transform.customVjp(
 *   (x: Tensor.Tensor) => x,
 *   (cotangent) => [Tensor.clamp(cotangent, -1, 1)],
 * )
 * Tensor.toNumber(Autodiff.grad((x: Tensor.Tensor) => Tensor.mul(clipped(x), 5))(Tensor.scalar(2))) // => 1
 * ```
 */
export const customVjp =
  <Args extends ReadonlyArray<unknown>, Y>(
    f: (...args: Args) => Y,
    backward: (cotangent: NoInfer<Y>, value: NoInfer<Y>, ...args: Args) => Cotangents<Args>,
  ) =>
  (...args: Args): Y => {
    const inputs = tensors(args)
    const value = checkedValue("customVjp", () => f(...args), inputs)
    const results = tensors(value)
    return refill(
      value,
      withBack(results, inputs, (cotangents, results, inputs) =>
        checked(args, backward(refill(value, cotangents), refill(value, results), ...refill(args, inputs)), inputs),
      ),
    )
  }

/**
 * A function with a tangent of its own, as JAX's `custom_jvp`: `forward` takes the list of the arguments' tangents (zeros where they
 * are not f32), the value and the arguments, and returns the tangent of the value, linear in those of the arguments. Reverse mode
 * transposes it. Throws `ShapeError` for a tangent unlike the value, and where `f` closes over what is differentiated.
 *
 * ```ts
 * import { Autodiff, Tensor, Transform } from "@adjoint/core"
 *
 * const square = Transform.customJvp(
 *   (x: Tensor.Tensor) => Tensor.mul(x, x),
 *   ([tangent], _, x) => Tensor.mul(Tensor.mul(tangent, x), 2),
 * )
 * Tensor.toNumber(Autodiff.grad(square)(Tensor.scalar(3))) // => 6
 * ```
 */
export const customJvp =
  <Args extends ReadonlyArray<unknown>, Y>(
    f: (...args: Args) => Y,
    forward: (tangents: Args, value: NoInfer<Y>, ...args: Args) => NoInfer<Like<Y>>,
  ) =>
  (...args: Args): Y => {
    const inputs = tensors(args)
    const value = checkedValue("customJvp", () => f(...args), inputs)
    const results = tensors(value)
    return refill(
      value,
      withBack(results, inputs, (cotangents, results, inputs) => {
        const push = (tangents: ReadonlyArray<Tensor>): ReadonlyArray<Tensor> => {
          const tangent = forward(refill(args, tangents), refill(value, results), ...refill(args, inputs))
          const changed = changes(value, tangent)
          if (changed.length > 0)
            refuse("customJvp", [], `a tangent like the value: ${changed.slice(0, 3).join(", ")}`, "Tensor.broadcastTo it")
          return tensors(tangent)
        }
        return vjp(push, inputs.map(zerosLike)).pull(cotangents)
      }),
    )
  }
