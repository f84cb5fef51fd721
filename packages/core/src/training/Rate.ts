/** The learning rate of a run, for the record: it is kept in the optimizer's state and nowhere else. */
import type { Tensor } from "../language/Expr.ts"
import type { Optimizer } from "../learning/Optimizer.ts"
import type { NDArray } from "../types/NDArray.ts"

/** The shortest decimal number that rounds to a float. `shortest(Math.fround(0.05)) // => 0.05` */
export const shortest = (float: number): number => {
  for (let digits = 1; digits < 9; digits++) {
    const decimal = Number(float.toPrecision(digits))
    if (Math.fround(decimal) === float) return decimal
  }
  return float
}

/**
 * The rate that the last step of an optimizer applied, 0 before the first one and for an optimizer without a rate. A rate
 * that is a float is given as the shortest decimal number that rounds to it, as a person would have written it.
 */
export const lastRate = <State>(
  { rate }: Pick<Optimizer<State>, "rate">,
  state: State,
  read: (targets: ReadonlyArray<Tensor>) => ReadonlyArray<NDArray>,
): number => {
  if (rate === undefined) return 0
  const data = read([rate.read(state)])[0]?.data
  const value = data?.[0] ?? 0
  return data instanceof Float32Array ? shortest(value) : value
}
