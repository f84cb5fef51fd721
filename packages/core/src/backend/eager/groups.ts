/**
 * How the operations of a reading are grouped. Large operations that pass their results to each other are one program, in which
 * they fuse; all others are computed alone.
 */
import { type Expr, recipeOf, type Tensor } from "../../language/Expr.ts"

/** Operations that are computed together, or one after the other. */
export interface Group {
  readonly steps: Array<Expr>
  /** Of operations that are computed together: the tensors they take, and those of them that are materialized. */
  readonly together?: { readonly taken: ReadonlyArray<Tensor>; readonly outputs: ReadonlyArray<Expr> }
}

/** The limit of operations that are computed together: preparing more in one program takes longer than preparing several programs. */
const maxTogether = 256

/** Operations of a group that were not materialized. They are on second use, so that no operation is computed a third time. */
const unmaterialized = new WeakSet<Expr>()

/** Disjoint sets of operations, each represented by one of its members. */
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
 * The groups of these operations, which are listed inputs first, each group after those that it needs. `joins` decides whether an
 * operation is computed together with the joined ones among its inputs. Throws `ShapeError` inside a traced function.
 */
export const groupsOf = (
  steps: ReadonlyArray<Expr>,
  targets: ReadonlyArray<Tensor>,
  joins: (step: Expr, isJoined: (x: Tensor) => boolean) => boolean,
): Array<Group> => {
  // Stages are computed in order; joined operations have odd ones, so that those of one stage need nothing in between.
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
    while (joined && (sizes.get(own) ?? 0) >= maxTogether) own += 2
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
    const group = found.get(top(step))
    if (group === undefined) found.set(top(step), { stage: stages.get(step) ?? 0, steps: [step] })
    else group.steps.push(step)
  }
  return [...found.values()]
    .sort((a, b) => a.stage - b.stage)
    .map(({ stage, steps }) => {
      if (stage % 2 === 0) return { steps }
      const own = new Set<Tensor>(steps)
      const taken = [...new Set(steps.flatMap((step) => recipeOf(step).inputs.filter((input) => !own.has(input))))]
      return { steps, together: { taken, outputs: steps.filter((step) => outputs.has(step) || unmaterialized.has(step)) } }
    })
}

/** Records which operations of a group were not materialized. */
export const recordUnmaterialized = (steps: ReadonlyArray<Expr>): void => {
  for (const step of steps) if (step.value === undefined) unmaterialized.add(step)
}
