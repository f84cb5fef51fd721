/**
 * Reading: what is still a recipe gets its numbers here and now, in the floats of the WebAssembly engine. A step has the same
 * bits in loops, prepared and fused with others, so how it is done is a matter of time alone: small ones cost less than
 * compiling would, large ones are done together where they hand their results to each other.
 */
import { type Expr, recipeOf, type Tensor } from "../../language/Expr.ts"
import { capture } from "../../language/Program.ts"
import { order } from "../../language/Walk.ts"
import { numbersOf, settleBy, taking } from "../../meaning/Steps.ts"
import type { NDArray } from "../../words/NDArray.ts"
import { compilerFactsOf, workOf as equationWork } from "../compilerFacts.ts"
import { fits, keepsOrder, type Stepwise, stepwise } from "./apply.ts"
import { type Group, groupsOf, recordUnmaterialized } from "./groups.ts"
import { runPrepared } from "./preparedPrograms.ts"

/** How steps are done. */
export interface Eager extends Pick<Stepwise, "run"> {
  /** The numbers of tensors, no step done more than twice. Throws `ShapeError` inside a traced function. */
  readonly read: (targets: ReadonlyArray<Tensor>) => ReadonlyArray<NDArray>
}

/** Work of a step, as a share of what is done by loops, that compiling it together with others costs. */
const share = 1 / 16

const workOf = (step: Expr): number => {
  const { inputs, params, primitive } = recipeOf(step)
  return equationWork(primitive, params, inputs, step)
}

/** Does up to so many elementary operations by loops, more of them in WebAssembly. The bits are the same either way. */
export const within = (inLoops: number): Eager => {
  const { apply, run } = stepwise(inLoops)
  const settle = settleBy(apply)
  const isLarge = (step: Expr): boolean => {
    const { primitive } = recipeOf(step)
    return !compilerFactsOf(primitive).readAlone && !keepsOrder(primitive) && workOf(step) >= inLoops * share
  }
  /** A variable of a differentiation is never joined, since a program cannot tell it from what it is made of. */
  const joins = (step: Expr, isJoined: (x: Tensor) => boolean): boolean => {
    const { inputs, primitive } = recipeOf(step)
    return keepsOrder(primitive) ? primitive !== "identity" && inputs.some(isJoined) : isLarge(step)
  }
  const isWorthIt = (steps: ReadonlyArray<Expr>, taken: ReadonlyArray<Tensor>): boolean =>
    steps.length > 1 && steps.reduce((sum, step) => sum + workOf(step), 0) > inLoops && fits([...taken, ...steps])
  const settleGroup = ({ steps, together }: Group): void => {
    if (together === undefined || !isWorthIt(steps, together.taken)) {
      for (const step of taking(steps)) settle(step)
      return
    }
    const { outputs, taken } = together
    const numbers = runPrepared(capture(taken, outputs), numbersOf(taken))
    for (const [i, output] of outputs.entries()) output.settle(numbers[i] as NDArray)
    recordUnmaterialized(steps)
  }
  const cut = (targets: ReadonlyArray<Tensor>): Array<Group> => {
    const steps = order(targets, (x) => x.value !== undefined)
    return steps.some(isLarge) ? groupsOf(steps, targets, joins) : [{ steps }]
  }
  const read = (targets: ReadonlyArray<Tensor>): ReadonlyArray<NDArray> => {
    for (const part of taking(cut(targets))) settleGroup(part)
    return numbersOf(targets)
  }
  return { run, read }
}

/** Loops cost about a millisecond then, as much as compiling does. */
const inLoops = 2 ** 16

/**
 * The numbers of tensors in the engine's floats: computes what is still a recipe. Targets get their numbers once; what large
 * steps only pass on to each other gets them when it is met a second time. Throws `ShapeError` inside a traced function.
 */
export const read: Eager["read"] = within(inLoops).read
