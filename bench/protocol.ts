/**
 * The messages between the benchmark and a contender. A contender is a separate process, so a contender that crashes, hangs
 * or is not installed only changes a cell of the table. It gets one `Request` as its last argument, does the task a few
 * times and answers `ready` with the results. If they agree with ours, it is asked for timings on standard input, once a round.
 * It answers on standard output. Each line is one JSON object, in both directions; other lines are ignored, since libraries
 * print them. The contender ends when its input ends.
 *
 * Contenders load this file before their libraries, and their start is timed: it imports nothing.
 */
import type { Network } from "./network.ts"

/**
 * A measured task. Its arrays are in the library before the clock starts. If a task has `read`, each repetition instead starts
 * and ends with arrays of the language, and nothing is compiled in advance.
 */
export type Task =
  /** The product of two [n, n] matrices. */
  | { readonly kind: "product"; readonly n: number; readonly read?: true }
  /** log(√exp(tanh(σ(1.5 x + 0.25) x) − 0.5) + 1): ten operations in sequence, on each of `elements` numbers. */
  | { readonly kind: "chain"; readonly elements: number; readonly read?: true }
  /** The softmax of each row of a matrix. */
  | { readonly kind: "softmax"; readonly rows: number; readonly columns: number }
  /** Σ(a b) + mean(tanh(x)) of [2, 2] matrices a, b and [3] numbers x, `count` times, each with other numbers and read before the next. */
  | { readonly kind: "expressions"; readonly count: number }
  /** One step of an optimizer (rate 0.001, ε 1e-8), until the loss is a number. */
  | {
      readonly kind: "train"
      readonly network: Network
      readonly batch: number
      /** `adamw` decays matrices by 0.01, but neither biases nor the scales of normalization. */
      readonly optimizer: "adam" | "adamw"
      /** Softmax cross-entropy with a class for each answer, or the mean squared difference from the input. */
      readonly loss: "classes" | "reconstruction"
    }
  /** One epoch from given weights on all rows, shuffled, with its mean loss and accuracy. */
  | { readonly kind: "epoch"; readonly network: Network; readonly batch: number; readonly rows: number }
  /** The class probabilities of all rows, in batches, until they can be read. */
  | { readonly kind: "infer"; readonly network: Network; readonly batch: number; readonly rows: number }
  /** From a CSV file of decimal numbers to numbers in memory; the results are the sums of the columns. */
  | { readonly kind: "table"; readonly rows: number; readonly columns: number }

/** The tasks of one kind. */
export type TaskOf<K extends Task["kind"]> = Extract<Task, { readonly kind: K }>

export interface Request {
  readonly task: Task
  /** The library's engine. */
  readonly backend: string
  readonly threads: number
  /** The folder of the input arrays (`inputs.ts`). */
  readonly folder: string
  /** Number of repetitions before `ready`. */
  readonly times: number
}

/** Asks for timings: repeat the task for `warmup` ms unmeasured, then for `budget` ms, each at least once. */
export interface Question {
  readonly warmup: number
  readonly budget: number
}

export type Answer =
  | {
      readonly kind: "ready"
      readonly version: string
      readonly threads: number
      /** The first time from arrays of the language to a readable result, in milliseconds, compilation included. */
      readonly first: number
      /** The results of all repetitions, in order: at most `probes` numbers of each. */
      readonly results: ReadonlyArray<number>
      /** The processor time of the process since its start, in milliseconds. */
      readonly processor: number
      /** The most bytes of memory that it had at a time (peak resident set). */
      readonly memory: number
    }
  | {
      readonly kind: "samples"
      /** The time of each repetition; short ones are timed in groups, because of the clock's resolution, and their mean counts. */
      readonly milliseconds: ReadonlyArray<number>
      /** The processor time of all threads of the process meanwhile, warm-up included, in milliseconds. */
      readonly processor: number
      /** The most bytes of memory that it had at a time since its start. */
      readonly memory: number
    }
  | { readonly kind: "cannot" | "absent"; readonly reason: string }

/** The maximum count of compared numbers of one result. */
export const probes = 16

/** The compared numbers: all, or `probes` of them, evenly spaced. `probe([1, 2, 3]) // => [1, 2, 3]` */
export const probe = (result: ArrayLike<number>): ReadonlyArray<number> => {
  const count = Math.min(result.length, probes)
  return Array.from({ length: count }, (_, i) => result[Math.floor((i * result.length) / count)] ?? Number.NaN)
}

/**
 * The relative tolerance of f32 results to ours. An epoch's means differ more: each library shuffles differently, so the first
 * steps, where the loss is largest, use other rows.
 */
export const tolerances: { readonly [K in Task["kind"]]: number } = {
  product: 1e-4,
  chain: 1e-4,
  softmax: 1e-4,
  expressions: 1e-4,
  train: 1e-4,
  epoch: 0.1,
  infer: 1e-4,
  table: 1e-9,
}

/** Whether results equal ours within a tolerance; NaN never does. `agree([1.00001], [1], 1e-4) // => true` */
export const agree = (theirs: ReadonlyArray<number>, ours: ReadonlyArray<number>, tolerance: number): boolean =>
  theirs.length === ours.length && ours.every((x, i) => Math.abs((theirs[i] ?? Number.NaN) - x) <= tolerance * Math.abs(x))

/** What a process trains, and where. */
export interface DelayRequest {
  readonly engine: "none" | "layer" | "worker"
  readonly network: Network
  readonly batch: number
  /** The rows of the data: after each epoch the thread reads the state of the run. */
  readonly rows: number
  readonly seconds: number
}

/** Milliseconds that requests waited while a net was trained, and that its interruption took. */
export interface Delays {
  readonly median: number
  readonly p99: number
  readonly worst: number
  /** The most processor time of the thread between two turns of its event loop: what it would block on a machine of its own. */
  readonly longest: number
  readonly interruption: number
  readonly stepsPerSecond: number
}
