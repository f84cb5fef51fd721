/** How often and how long things are done. Times are in milliseconds. */
export interface Plan {
  /** Rounds in which the contenders of a row take turns. */
  readonly rounds: number
  /** Rounds more for a contender that had less than `rounds` quiet ones; the quietest count. */
  readonly more: number
  /** The share of the cores that others may take in a quiet round. */
  readonly quiet: number
  readonly warmup: number
  /** Of a round; a contender whose repetitions took `enough` in all is not asked again. */
  readonly budget: number
  readonly enough: number
  /** New processes, where what is timed happens but once in each. */
  readonly processes: number
  /** Without an answer for so long, a contender is given up. */
  readonly limit: number
}

export const plans = {
  /** For figures that are quoted. */
  full: { rounds: 3, more: 2, quiet: 0.06, warmup: 250, budget: 300, enough: 2500, processes: 7, limit: 60_000 },
  /** For many figures that make a picture together. */
  brief: { rounds: 1, more: 1, quiet: 0.06, warmup: 150, budget: 150, enough: 2500, processes: 2, limit: 30_000 },
  /** To see that everything works. */
  quick: { rounds: 1, more: 0, quiet: 1, warmup: 0, budget: 0, enough: 0, processes: 1, limit: 60_000 },
} as const satisfies Readonly<Record<string, Plan>>
