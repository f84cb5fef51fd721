/** The order in which expressions are computed: inputs first. A loop, not a recursion, since graphs get deep. */
import { NDArray } from "../types/NDArray.ts"
import type { Expr, Tensor } from "./Expr.ts"

/**
 * The expressions that the targets depend on, inputs first. The walk ends at expressions for which `stop` holds, which are not
 * listed, and at those without a recipe.
 */
export const order = (targets: ReadonlyArray<Tensor>, stop: (x: Expr) => boolean): Array<Expr> => {
  const done = new Set<Expr>()
  const out: Array<Expr> = []
  const stack: Array<{ readonly expr: Expr; next: number }> = []
  const enter = (x: Tensor): void => {
    if (!(x instanceof NDArray) && !done.has(x) && !stop(x)) {
      done.add(x)
      stack.push({ expr: x, next: 0 })
    }
  }
  for (const target of targets) {
    enter(target)
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const input = top.expr.recipe?.inputs[top.next++]
      if (input === undefined) {
        stack.pop()
        out.push(top.expr)
      } else enter(input)
    }
  }
  return out
}
