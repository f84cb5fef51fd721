/** Doing steps one after the other, whatever does each: how a program is run and a recipe read without an executable. */
import { type Expr, known, recipeOf, type Tensor } from "../language/Expr.ts"
import type { Equation, Params, Primitive, Program } from "../language/Primitive.ts"
import { accept } from "../language/Program.ts"
import { order } from "../language/Walk.ts"
import type { NDArray } from "../types/NDArray.ts"
import type { Spec } from "../types/ShapeError.ts"

/** Does one step: a primitive on inputs whose numbers are there. */
export type Apply = <P extends Primitive>(primitive: P, params: Params[P], inputs: ReadonlyArray<NDArray>, out: Spec) => NDArray

const lastUses = ({ equations, outputs }: Program): ReadonlyMap<number, number> => {
  const last = new Map<number, number>()
  equations.forEach((equation, i) => {
    for (const value of equation.inputs) last.set(value, i)
  })
  for (const value of outputs) last.set(value, equations.length)
  return last
}

/** Runs programs, letting go of each value after its last use. `name` stands in the `ShapeError` of inputs that do not fit. */
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

/** The numbers of tensors that are known by now. */
export const numbersOf = (tensors: ReadonlyArray<Tensor>): ReadonlyArray<NDArray> => tensors.map(known) as ReadonlyArray<NDArray>

/** Gives a recipe whose inputs are known its numbers. Throws `ShapeError` inside a traced function. */
export const settleBy =
  (apply: Apply) =>
  (step: Expr): void => {
    const { inputs, params, primitive } = recipeOf(step)
    step.settle(apply(primitive, params, numbersOf(inputs), step))
  }

/** Takes things out one by one, so that nothing holds on to steps that are done, and to numbers that nobody needs any more. */
export const taking = function* <A>(things: Array<A>): Iterable<A> {
  things.reverse()
  for (let thing = things.pop(); thing !== undefined; thing = things.pop()) yield thing
}

/** Where reading finds the numbers of tensors, and keeps those that it computes. */
export interface Memory {
  readonly numbersOf: (x: Tensor) => NDArray | undefined
  readonly keep: (step: Expr, value: NDArray) => void
}

/** The tensors themselves: a recipe becomes its numbers, for every later reader. */
const inTensors: Memory = { numbersOf: known, keep: (step, value) => step.settle(value) }

/** Reads tensors: does the steps that are still recipes, each once. Throws `ShapeError` inside a traced function. */
export const readBy =
  (apply: Apply, { keep, numbersOf }: Memory = inTensors) =>
  (targets: ReadonlyArray<Tensor>): ReadonlyArray<NDArray> => {
    const numbers = (tensors: ReadonlyArray<Tensor>) => tensors.map(numbersOf) as ReadonlyArray<NDArray>
    for (const step of taking(order(targets, (x) => numbersOf(x) !== undefined))) {
      const { inputs, params, primitive } = recipeOf(step)
      keep(step, apply(primitive, params, numbers(inputs), step))
    }
    return numbers(targets)
  }
