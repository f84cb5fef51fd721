/** An interpreter: runs programs and reads expressions one primitive at a time, without compiling them. */
import { type Expr, known, recipeOf, type Tensor } from "../language/Expr.ts"
import type { Equation, Params, Primitive, Program } from "../language/Primitive.ts"
import { accept } from "../language/Program.ts"
import { order } from "../language/Walk.ts"
import type { NDArray } from "../types/NDArray.ts"
import type { Spec } from "../types/ShapeError.ts"

/** Applies one primitive to stored inputs. */
export type Apply = <P extends Primitive>(primitive: P, params: Params[P], inputs: ReadonlyArray<NDArray>, out: Spec) => NDArray

const lastUses = ({ equations, outputs }: Program): ReadonlyMap<number, number> => {
  const last = new Map<number, number>()
  equations.forEach((equation, i) => {
    for (const value of equation.inputs) last.set(value, i)
  })
  for (const value of outputs) last.set(value, equations.length)
  return last
}

/** Runs programs, and frees each value after its last use. `name` is the operation in the `ShapeError` for wrong inputs. */
export const runBy =
  (name: string, apply: Apply) =>
  (program: Program, inputs: ReadonlyArray<NDArray>): ReadonlyArray<NDArray> => {
    accept(name, program, inputs)
    const values: Array<NDArray | undefined> = [...inputs, ...program.constants]
    const last = lastUses(program)
    program.equations.forEach(({ inputs: from, out, params, primitive }: Equation, i) => {
      values.push(
        apply(
          primitive,
          params,
          from.map((value) => values[value] as NDArray),
          out,
        ),
      )
      for (const value of from) if (last.get(value) === i) values[value] = undefined
    })
    return program.outputs.map((value) => values[value] as NDArray)
  }

/** The values of tensors that are already computed. */
export const numbersOf = (tensors: ReadonlyArray<Tensor>): ReadonlyArray<NDArray> => tensors.map(known) as ReadonlyArray<NDArray>

/** Computes an expression whose inputs are known. Throws `ShapeError` inside a traced function. */
export const settleBy =
  (apply: Apply) =>
  (expression: Expr): void => {
    const { inputs, params, primitive } = recipeOf(expression)
    expression.settle(apply(primitive, params, numbersOf(inputs), expression))
  }

/** Removes items one by one, so that computed expressions and values that are no longer needed can be freed. */
export const drain = function* <A>(items: Array<A>): Iterable<A> {
  items.reverse()
  for (let item = items.pop(); item !== undefined; item = items.pop()) yield item
}

/** Where reading looks up the values of tensors, and stores those that it computes. */
export interface Memory {
  readonly numbersOf: (x: Tensor) => NDArray | undefined
  readonly keep: (expression: Expr, value: NDArray) => void
}

/** The tensors themselves: an expression stores its values for later reads. */
const inTensors: Memory = { numbersOf: known, keep: (expression, value) => expression.settle(value) }

/** Reads tensors: computes the expressions among them, each once. Throws `ShapeError` inside a traced function. */
export const readBy =
  (apply: Apply, { keep, numbersOf }: Memory = inTensors) =>
  (targets: ReadonlyArray<Tensor>): ReadonlyArray<NDArray> => {
    const numbers = (tensors: ReadonlyArray<Tensor>) => tensors.map(numbersOf) as ReadonlyArray<NDArray>
    for (const expression of drain(order(targets, (x) => numbersOf(x) !== undefined))) {
      const { inputs, params, primitive } = recipeOf(expression)
      keep(expression, apply(primitive, params, numbers(inputs), expression))
    }
    return numbers(targets)
  }
