/** The tensors that a traced function closes over. */
import { NDArray } from "../types/NDArray.ts"
import { births, type Tensor } from "./Expr.ts"
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

/**
 * The value of a function, and the tensors from outside that the results in it use, literals apart: those that were there when it was
 * called, as they were. Whatever it computes from them belongs to it.
 */
export const called = <A>(
  f: () => A,
  resultsOf: (value: A) => ReadonlyArray<Tensor>,
): { readonly value: A; readonly results: ReadonlyArray<Tensor>; readonly outside: ReadonlyArray<Tensor> } => {
  const since = births()
  const value = f()
  const results = resultsOf(value)
  const isOutside = (x: Tensor): boolean =>
    x instanceof NDArray ? x.shape.length > 0 : x.born < since || x.value !== undefined || x.recipe === undefined
  const own = order(results, isOutside)
  const used = [...own.flatMap((x) => x.recipe?.inputs ?? []), ...results]
  return { value, results, outside: [...new Set(used.filter(isOutside))] }
}
