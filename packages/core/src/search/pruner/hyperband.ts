/** Successive halving with several first rungs, so that trials that start slowly have a chance. */
import { checkOptions } from "../../learning/OptionError.ts"
import { type AshaOptions, asha, ashaOptions, stepBounds } from "./asha.ts"
import type { Pruner } from "./Pruner.ts"

/** The options of hyperband. */
export interface HyperbandOptions extends AshaOptions {
  /** How many brackets there are. */
  readonly brackets?: number
}

/** The options of `hyperband` in a model file. */
export const hyperbandOptions = {
  ...ashaOptions,
  brackets: {
    kind: "integer",
    doc: "How many brackets there are; each begins at a rung further than the one before.",
    synonyms: ["n_brackets"],
    default: 4,
    minimum: 1,
    maximum: 20,
  },
} as const

/**
 * The brackets of consecutive trials, repeated for ever: as many of each as gives all about the same number of steps, spread evenly.
 * Bracket b has ⌈brackets · factorˢ / (s + 1)⌉ of them, s = brackets - 1 - b (Li et al., 2018).
 */
export const bracketsOf = (brackets: number, factor: number): ReadonlyArray<number> => {
  let power = 1
  const sizes: Array<number> = []
  for (let s = 0; s < brackets; s++) {
    sizes.unshift(Math.ceil((brackets * power) / (s + 1)))
    power *= factor
  }
  // Each place goes to the bracket that is furthest behind its share; only the first places matter of a very long list.
  const total = Math.min(
    sizes.reduce((sum, size) => sum + size, 0),
    1000,
  )
  const all = sizes.reduce((sum, size) => sum + size, 0)
  const given = sizes.map(() => 0)
  return Array.from({ length: total }, (_, place) => {
    const behind = sizes.map((size, b) => (size * (place + 1)) / all - (given[b] ?? 0))
    const next = behind.indexOf(Math.max(...behind))
    given[next] = (given[next] ?? 0) + 1
    return next
  })
}

/**
 * Successive halving whose trials belong to brackets, by their number. The first rung of bracket b is min · factorᵇ, and a trial
 * competes with those of its bracket alone (Li et al., Hyperband, 2018). Throws `OptionError`.
 */
export const hyperband = ({
  brackets = hyperbandOptions.brackets.default,
  factor = ashaOptions.factor.default,
  min = ashaOptions.min.default,
  ...rest
}: HyperbandOptions = {}): Pruner => {
  checkOptions("hyperband", stepBounds, { min })
  checkOptions("hyperband", hyperbandOptions, { factor, brackets, ...rest })
  const places = bracketsOf(brackets, factor)
  const bracketOf = (number: number): number => places[number % places.length] ?? 0
  const rules: Array<Pruner> = []
  for (let first = min, b = 0; b < brackets; b++, first *= factor) rules.push(asha({ min: first, factor }))
  return (running, known) => {
    const bracket = bracketOf(running.number)
    return (
      rules[bracket]?.(
        running,
        known.filter(({ number }) => bracketOf(number) === bracket),
      ) ?? false
    )
  }
}
