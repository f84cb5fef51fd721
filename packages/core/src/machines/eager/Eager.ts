/**
 * Reading: what is still a recipe gets its numbers here and now, in the floats of the WebAssembly engine. A step has the same
 * bits in loops, prepared and fused with others, so how it is done is a matter of time alone: small ones cost less than
 * compiling would, large ones are done together where they hand their results to each other.
 */
import { type Expr, known, recipeOf, type Tensor } from "../../language/Expr.ts"
import type { Primitive } from "../../language/Primitive.ts"
import { capture } from "../../language/Program.ts"
import { order } from "../../language/Walk.ts"
import type { NDArray } from "../../words/NDArray.ts"
import { fits, renaming, type Stepwise, stepwise } from "./apply.ts"
import { type Part, partsOf, passOver } from "./parts.ts"
import { runPrepared } from "./prepared.ts"
import { stepWork } from "./work.ts"

/** How steps are done. */
export interface Eager extends Stepwise {
  /** The numbers of tensors, no step done more than twice. Throws `ShapeError` inside a traced function. */
  readonly read: (targets: ReadonlyArray<Tensor>) => ReadonlyArray<NDArray>
}

/** What is worth its numbers: doing it again with what comes after it costs more than keeping what it takes and gives. */
const apart: ReadonlySet<Primitive> = new Set<Primitive>(["dot", "conv", "convInputGrad", "convKernelGrad", "scan"])

/** Work of a step, as a share of what is done by loops, that compiling it together with others costs. */
const share = 1 / 16

const workOf = (step: Expr): number => {
  const { inputs, params, primitive } = recipeOf(step)
  return stepWork(primitive, params, inputs, step)
}

/** Takes things out one by one, so that nothing holds on to steps that are done, and to numbers that nobody needs any more. */
const taking = function* <A>(things: Array<A>): Iterable<A> {
  things.reverse()
  for (let thing = things.pop(); thing !== undefined; thing = things.pop()) yield thing
}

const settleTogether = (part: Part): void => {
  const own = new Set<Tensor>(part.steps)
  const taken = [...new Set(part.steps.flatMap((step) => recipeOf(step).inputs.filter((input) => !own.has(input))))]
  const numbers = runPrepared(capture(taken, part.outputs), taken.map(known) as ReadonlyArray<NDArray>)
  passOver(part)
  part.outputs.forEach((output, i) => {
    output.settle(numbers[i] as NDArray)
  })
}

/** Does up to so many elementary operations by loops, more of them in WebAssembly. The bits are the same either way. */
export const within = (inLoops: number): Eager => {
  const { apply, run } = stepwise(inLoops)
  const settleAlone = (step: Expr): void => {
    const { inputs, params, primitive } = recipeOf(step)
    step.settle(apply(primitive, params, inputs.map(known) as ReadonlyArray<NDArray>, step))
  }
  const isLarge = (step: Expr): boolean => {
    const { primitive } = recipeOf(step)
    return !apart.has(primitive) && !renaming.has(primitive) && workOf(step) >= inLoops * share
  }
  /** A variable of a differentiation is never joined, since a program cannot tell it from what it is made of. */
  const joins = (step: Expr, isJoined: (x: Tensor) => boolean): boolean => {
    const { inputs, primitive } = recipeOf(step)
    return renaming.has(primitive) ? primitive !== "identity" && inputs.some(isJoined) : isLarge(step)
  }
  const isWorthIt = ({ steps, together }: Part): boolean =>
    together && steps.length > 1 && steps.reduce((sum, step) => sum + workOf(step), 0) > inLoops && fits(steps)
  const cut = (targets: ReadonlyArray<Tensor>): Array<Part> => {
    const steps = order(targets, (x) => x.value !== undefined)
    return steps.some(isLarge) ? partsOf(steps, targets, joins) : [{ together: false, steps, outputs: steps }]
  }
  const read = (targets: ReadonlyArray<Tensor>): ReadonlyArray<NDArray> => {
    for (const part of taking(cut(targets)))
      if (isWorthIt(part)) settleTogether(part)
      else for (const step of taking(part.steps)) settleAlone(step)
    return targets.map(known) as ReadonlyArray<NDArray>
  }
  return { apply, run, read }
}

/** Loops cost about a millisecond then, as much as compiling does. */
const inLoops = 2 ** 16

/**
 * The numbers of tensors in the engine's floats: computes what is still a recipe. Targets get their numbers once; what large
 * steps only pass on to each other gets them when it is met a second time. Throws `ShapeError` inside a traced function.
 */
export const read: Eager["read"] = within(inLoops).read
