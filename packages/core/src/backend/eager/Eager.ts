/**
 * Reading: computes expressions immediately, in the floats of the WebAssembly engine. An operation has the same bits in loops,
 * compiled alone and fused with others, so it is computed in the fastest way. Small operations run in loops, which takes less
 * time than compiling; large ones that pass their results to each other are compiled together.
 */

import { compilerFactsOf, workOf as equationWork } from "../../compiler/compilerFacts.ts"
import { type Expr, recipeOf, type Tensor } from "../../language/Expr.ts"
import { capture } from "../../language/Program.ts"
import { order } from "../../language/Walk.ts"
import { drain, numbersOf, settleBy } from "../../reference/interpret.ts"
import type { NDArray } from "../../types/NDArray.ts"
import { fits, keepsOrder, type Stepwise, stepwise } from "./apply.ts"
import { type Group, groupsOf, recordUnmaterialized } from "./groups.ts"
import { runPrepared } from "./preparedPrograms.ts"

/** Computes programs and tensors immediately. */
export interface Eager extends Pick<Stepwise, "run"> {
  /** The values of tensors; no operation is computed more than twice. Throws `ShapeError` inside a traced function. */
  readonly read: (targets: ReadonlyArray<Tensor>) => ReadonlyArray<NDArray>
}

/** The work of an operation from which it is compiled together with others, as a fraction of the work that is done by loops. */
const largeFraction = 1 / 16

const workOf = (step: Expr): number => {
  const { inputs, params, primitive } = recipeOf(step)
  return equationWork(primitive, params, inputs, step)
}

/** Computes operations with at most `inLoops` work by loops, larger ones in WebAssembly. The bits are the same. */
export const within = (inLoops: number): Eager => {
  const { apply, run } = stepwise(inLoops)
  const settle = settleBy(apply)
  const isLarge = (step: Expr): boolean => {
    const { primitive } = recipeOf(step)
    return !compilerFactsOf(primitive).readAlone && !keepsOrder(primitive) && workOf(step) >= inLoops * largeFraction
  }
  /** A variable of a differentiation is never joined, since a program does not distinguish it from its value. */
  const joins = (step: Expr, isJoined: (x: Tensor) => boolean): boolean => {
    const { inputs, primitive } = recipeOf(step)
    return keepsOrder(primitive) ? primitive !== "identity" && inputs.some(isJoined) : isLarge(step)
  }
  const isWorthIt = (steps: ReadonlyArray<Expr>, taken: ReadonlyArray<Tensor>): boolean =>
    steps.length > 1 && steps.reduce((sum, step) => sum + workOf(step), 0) > inLoops && fits([...taken, ...steps])
  const settleGroup = ({ steps, together }: Group): void => {
    const compiled = (group: NonNullable<typeof together>): ReadonlyArray<NDArray> | undefined =>
      isWorthIt(steps, group.taken) ? runPrepared(capture(group.taken, group.outputs), numbersOf(group.taken)) : undefined
    const numbers = together && compiled(together)
    if (together === undefined || numbers === undefined) {
      for (const step of drain(steps)) settle(step)
      return
    }
    for (const [i, output] of together.outputs.entries()) output.settle(numbers[i] as NDArray)
    recordUnmaterialized(steps)
  }
  const cut = (targets: ReadonlyArray<Tensor>): Array<Group> => {
    const steps = order(targets, (x) => x.value !== undefined)
    return steps.some(isLarge) ? groupsOf(steps, targets, joins) : [{ steps }]
  }
  const read = (targets: ReadonlyArray<Tensor>): ReadonlyArray<NDArray> => {
    for (const group of drain(cut(targets))) settleGroup(group)
    return numbersOf(targets)
  }
  return { run, read }
}

/** Loops take about a millisecond for it, as long as compiling does. */
const inLoops = 2 ** 16

/**
 * The values of tensors in the engine's floats: computes those that are still recipes. Targets are materialized; tensors that
 * large operations only pass to each other are materialized on second use. Throws `ShapeError` inside a traced function.
 */
export const read: Eager["read"] = within(inLoops).read
