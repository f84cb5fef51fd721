/**
 * How the steps of a reading are cut. Large steps that hand their results to each other are done together, as one program
 * in which they fuse; all others are done alone.
 */
import { type Expr, recipeOf, type Tensor } from "../../language/Expr.ts"

/** Steps that are done together, or one after the other. */
export interface Group {
  readonly steps: Array<Expr>
  /** Of steps that are done together, what they take of others and which of them get their numbers. */
  readonly together?: { readonly taken: ReadonlyArray<Tensor>; readonly outputs: ReadonlyArray<Expr> }
}

/** The most steps of a stage that are done together: preparing more of them takes longer than it takes to prepare them in turns. */
const most = 256

/** What stands in a part that is not an output of it. Who meets it again gives it its numbers, so that no step is done a third time. */
const passed = new WeakSet<Expr>()

/** Steps by what stands for their part: those that are connected have one in common. */
const connected = () => {
  const above = new Map<Expr, Expr>()
  const top = (x: Expr): Expr => {
    let at = x
    for (let next = above.get(at); next !== undefined; next = above.get(at)) at = next
    if (at !== x) above.set(x, at)
    return at
  }
  return {
    top,
    join: (x: Expr, y: Expr): void => {
      const [from, to] = [top(x), top(y)]
      if (from !== to) above.set(from, to)
    },
  }
}

/**
 * The parts of these steps, which come inputs first, each after those that it needs. `joins` says of a step whether it is
 * done together with those joined before it that it takes. Throws `ShapeError` inside a traced function.
 */
export const groupsOf = (
  steps: ReadonlyArray<Expr>,
  targets: ReadonlyArray<Tensor>,
  joins: (step: Expr, isJoined: (x: Tensor) => boolean) => boolean,
): Array<Group> => {
  // A stage is done before the next; joined steps have odd ones, so that those of one stage need nothing in between.
  const stages = new Map<Tensor, number>()
  const sizes = new Map<number, number>()
  const isJoined = (x: Tensor): boolean => (stages.get(x) ?? 0) % 2 === 1
  const { join, top } = connected()
  const outputs = new Set<Tensor>(targets)
  for (const step of steps) {
    const { inputs } = recipeOf(step)
    const joined = joins(step, isJoined)
    const reached = inputs.map((input) => {
      const stage = stages.get(input) ?? 0
      return isJoined(input) === joined ? stage : stage + 1
    })
    let own = Math.max(joined ? 1 : 0, ...reached)
    while (joined && (sizes.get(own) ?? 0) >= most) own += 2
    stages.set(step, own)
    sizes.set(own, (sizes.get(own) ?? 0) + 1)
    for (const input of inputs)
      if (isJoined(input)) {
        if (stages.get(input) === own) join(input as Expr, step)
        else outputs.add(input)
      }
  }
  const found = new Map<Expr, { readonly stage: number; readonly steps: Array<Expr> }>()
  for (const step of steps) {
    const part = found.get(top(step))
    if (part === undefined) found.set(top(step), { stage: stages.get(step) ?? 0, steps: [step] })
    else part.steps.push(step)
  }
  return [...found.values()]
    .sort((a, b) => a.stage - b.stage)
    .map(({ stage, steps }) => {
      if (stage % 2 === 0) return { steps }
      const own = new Set<Tensor>(steps)
      const taken = [...new Set(steps.flatMap((step) => recipeOf(step).inputs.filter((input) => !own.has(input))))]
      return { steps, together: { taken, outputs: steps.filter((step) => outputs.has(step) || passed.has(step)) } }
    })
}

/** Remembers those of steps done together that got no numbers. */
export const recordUnmaterialized = (steps: ReadonlyArray<Expr>): void => {
  for (const step of steps) if (step.value === undefined) passed.add(step)
}
