/** Numbers of rounds and repetitions, and their durations in milliseconds. */
export interface Plan {
  /** Rounds in which the contenders of a row take turns. */
  readonly rounds: number
  /** Additional rounds for a contender with fewer than `rounds` quiet ones; the quietest rounds count. */
  readonly more: number
  /** The maximum share of the cores that other processes use in a quiet round. */
  readonly quiet: number
  readonly warmup: number
  /** The time of a round; after `enough` in total a contender gets no further round. */
  readonly budget: number
  readonly enough: number
  /** The number of processes, for times that occur once in each. */
  readonly processes: number
  /** A contender without an answer for this time is ended. */
  readonly limit: number
}

export const plans = {
  /** For published figures. */
  full: { rounds: 3, more: 2, quiet: 0.06, warmup: 250, budget: 300, enough: 2500, processes: 7, limit: 60_000 },
  /** For the many figures of a picture. */
  brief: { rounds: 1, more: 1, quiet: 0.06, warmup: 150, budget: 150, enough: 2500, processes: 2, limit: 30_000 },
  /** To test that everything works. */
  quick: { rounds: 1, more: 0, quiet: 1, warmup: 0, budget: 0, enough: 0, processes: 1, limit: 60_000 },
} as const satisfies Readonly<Record<string, Plan>>
