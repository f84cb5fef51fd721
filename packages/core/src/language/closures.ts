/** The tensors that a traced function closes over. */
import { NDArray } from "../types/NDArray.ts"
import type { Tensor } from "./Expr.ts"
import { order } from "./Walk.ts"

/**
 * The tensors that results use and that do not depend on the arguments, literals apart. Each is as close to the results as
 * possible, so that a value which all calls share is computed once.
 */
export const closures = (outputs: ReadonlyArray<Tensor>, arguments_: ReadonlySet<Tensor>): ReadonlyArray<Tensor> => {
  const depends = new Set<Tensor>(arguments_)
  const expressions = order(outputs, (x) => arguments_.has(x) || x.value !== undefined)
  for (const x of expressions) if (x.recipe?.inputs.some((input) => depends.has(input)) === true) depends.add(x)
  const found = new Set<Tensor>()
  const use = (x: Tensor): void => {
    const literal = x instanceof NDArray && x.shape.length === 0
    if (!depends.has(x) && !literal) found.add(x)
  }
  for (const x of expressions) if (depends.has(x)) for (const input of x.recipe?.inputs ?? []) use(input)
  for (const output of outputs) use(output)
  return [...found]
}
