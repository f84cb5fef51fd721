/** The learning rate of a run as records report it. It is stored in the optimizer's state and nowhere else. */
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
 * The learning rate of an optimizer's last step; 0 before the first step and for an optimizer without a rate. A float is
 * returned as the shortest decimal number that rounds to it, as a person would write it.
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
