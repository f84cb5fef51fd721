/** The learning rate of a run as records report it. It is stored in the optimizer's state and nowhere else. */
import * as Effect from "effect/Effect"
import type { Tensor } from "../language/Expr.ts"
import type { Optimizer, RateIn } from "../learning/Optimizer.ts"
import type { NDArray } from "../types/NDArray.ts"

/** Computes tensors, as `Engine.read` does. */
type Read<E> = (targets: ReadonlyArray<Tensor>) => Effect.Effect<ReadonlyArray<NDArray>, E>

/** The shortest decimal number that rounds to a float. `shortest(Math.fround(0.05)) // => 0.05` */
export const shortest = (float: number): number => {
  for (let digits = 1; digits < 9; digits++) {
    const decimal = Number(float.toPrecision(digits))
    if (Math.fround(decimal) === float) return decimal
  }
  return float
}

/** The optimizers of a run, by the fields of its state that hold theirs. */
export type Optimizers<S> = { readonly [K in keyof S]?: Optimizer<S[K]> }

/**
 * The learning rate in the state of a run, `undefined` if no optimizer has one. With several optimizers the first one's is read,
 * and all of them are scaled.
 */
export const rateOf = <S extends object>(optimizers: Optimizers<S>): RateIn<S> | undefined => {
  const rates: Array<{ readonly field: keyof S; readonly rate: RateIn<S[keyof S]> }> = []
  for (const field in optimizers) {
    const rate = optimizers[field]?.rate
    if (rate !== undefined) rates.push({ field, rate })
  }
  const [first] = rates
  return (
    first && {
      read: (state) => first.rate.read(state[first.field]),
      scale: (state, factor) => ({
        ...state,
        ...Object.fromEntries(rates.map(({ field, rate }) => [field, rate.scale(state[field], factor)])),
      }),
    }
  )
}

/**
 * The learning rate of the last step; 0 before the first step and for a state without a rate. A float is returned as the shortest
 * decimal number that rounds to it, as a person would write it.
 */
export const lastRate = <S, E>(rate: RateIn<S> | undefined, state: S, read: Read<E>): Effect.Effect<number, E> =>
  rate === undefined
    ? Effect.succeed(0)
    : Effect.map(read([rate.read(state)]), ([array]) => {
        const value = array?.data[0] ?? 0
        return array?.data instanceof Float32Array ? shortest(value) : value
      })
