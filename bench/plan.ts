/** Numbers of rounds and repetitions, and their durations in milliseconds. */
export interface Plan {
  /** Rounds in which the contenders of a row take turns. */
  readonly rounds: number
  /** The maximum share of the cores that other processes use in a quiet round. */
  readonly quiet: number
  /** A row has this time for additional rounds, until each contender has enough quiet ones; the quietest rounds count. */
  readonly patience: number
  /** The longest time of it that is spent waiting for other programs, before each of these rounds. */
  readonly pause: number
  readonly warmup: number
  /** The time of a round; after `enough` in quiet rounds a contender gets no further one. */
  readonly budget: number
  readonly enough: number
  /** The number of processes, for times that occur once in each. */
  readonly processes: number
  /** A contender without an answer for this time is ended. */
  readonly limit: number
}

export const plans = {
  /** For published figures. */
  full: {
    rounds: 3,
    quiet: 0.06,
    patience: 60_000,
    pause: 5_000,
    warmup: 250,
    budget: 300,
    enough: 2500,
    processes: 7,
    limit: 60_000,
  },
  /** For the many figures of a picture. */
  brief: {
    rounds: 1,
    quiet: 0.06,
    patience: 15_000,
    pause: 3_000,
    warmup: 150,
    budget: 150,
    enough: 2500,
    processes: 2,
    limit: 30_000,
  },
  /** To test that everything works. */
  quick: { rounds: 1, quiet: 1, patience: 0, pause: 0, warmup: 0, budget: 0, enough: 0, processes: 1, limit: 60_000 },
} as const satisfies Readonly<Record<string, Plan>>
