/**
 * What the benchmark and a contender say to each other. A contender is a process of its own, so that one that crashes,
 * hangs or is not installed is a cell of the table and nothing worse. It gets one `Request` as its last argument, does
 * the task a few times and answers `ready` with what came of it; only when that agrees with ours is it asked for timings, on
 * standard input, as often as there are rounds. It answers on standard output. One JSON object a line, both ways; lines
 * that are none are a library's chatter. When its input ends, it leaves.
 *
 * Contenders load this file before their libraries, and their start is timed: it imports nothing.
 */
import type { Network } from "./network.ts"

/**
 * What is measured. Arrays that a library can hold on to, it holds before the clock starts; where a task is to be `read`, it
 * goes from arrays of the language to one of the language instead, each time, without anything compiled beforehand.
 */
export type Task =
  /** The product of two [n, n] matrices. */
  | { readonly kind: "product"; readonly n: number; readonly read?: true }
  /** log(√exp(tanh(σ(1.5 x + 0.25) x) − 0.5) + 1): ten operations, one after the other, on each of so many elements. */
  | { readonly kind: "chain"; readonly elements: number; readonly read?: true }
  /** The softmax of each row of a matrix. */
  | { readonly kind: "softmax"; readonly rows: number; readonly columns: number }
  /** Σ(a b) + mean(tanh(x)) of [2, 2] matrices a, b and [3] numbers x, so many times, each with other numbers and read before the next. */
  | { readonly kind: "expressions"; readonly count: number }
  /** One step of Adam (rate 0.001, ε 1e-8) with softmax cross-entropy, to where the loss is a number. */
  | { readonly kind: "train"; readonly network: Network; readonly batch: number }
  /** Training from given weights on all rows once, shuffled, with the mean loss and the accuracy of the epoch. */
  | { readonly kind: "epoch"; readonly network: Network; readonly batch: number; readonly rows: number }
  /** The probabilities of the classes of all rows, so many rows at a time, to where they can be read. */
  | { readonly kind: "infer"; readonly network: Network; readonly batch: number; readonly rows: number }

/** The tasks of one kind. */
export type TaskOf<K extends Task["kind"]> = Extract<Task, { readonly kind: K }>

export interface Request {
  readonly task: Task
  /** Which of a library's engines is to do it. */
  readonly backend: string
  readonly threads: number
  /** Where the input arrays lie: `inputs.ts`. */
  readonly folder: string
  /** How often the task is done before `ready`. */
  readonly times: number
}

/** Asks for timings: do the task for `warmup` ms unmeasured, unless once takes longer, then for `budget` ms, and at least once. */
export interface Question {
  readonly warmup: number
  readonly budget: number
}

export type Answer =
  | {
      readonly kind: "ready"
      readonly version: string
      readonly threads: number
      /** From arrays of the language to where the result can be read, the first time, in milliseconds: compiling is part of it. */
      readonly first: number
      /** What came of doing the task, each time in turn: at most `probes` numbers of each result. */
      readonly results: ReadonlyArray<number>
    }
  | {
      readonly kind: "samples"
      /** Of each repetition; of a mean one, where so many were timed together that the clock's own steps do not show. */
      readonly milliseconds: ReadonlyArray<number>
      /** The time that all threads of the process computed while they were taken, warm-up included, in milliseconds. */
      readonly processor: number
    }
  | { readonly kind: "cannot" | "absent"; readonly reason: string }

/** How many numbers of one result are compared. */
export const probes = 16

/** The numbers that are compared: all of few, or `probes` of many, evenly spread. `probe([1, 2, 3]) // => [1, 2, 3]` */
export const probe = (result: ArrayLike<number>): ReadonlyArray<number> => {
  const count = Math.min(result.length, probes)
  return Array.from({ length: count }, (_, i) => result[Math.floor((i * result.length) / count)] ?? Number.NaN)
}

/**
 * How far f32 results may lie from ours, relative to ours. An epoch's means differ more: each library shuffles in its own
 * way, and the first few steps, where the loss is largest, see other rows.
 */
export const tolerances: { readonly [K in Task["kind"]]: number } = {
  product: 1e-4,
  chain: 1e-4,
  softmax: 1e-4,
  expressions: 1e-4,
  train: 1e-4,
  epoch: 0.1,
  infer: 1e-4,
}

/** Whether results are ours, up to a tolerance; NaN never is. `agree([1.00001], [1], 1e-4) // => true` */
export const agree = (theirs: ReadonlyArray<number>, ours: ReadonlyArray<number>, tolerance: number): boolean =>
  theirs.length === ours.length && ours.every((x, i) => Math.abs((theirs[i] ?? Number.NaN) - x) <= tolerance * Math.abs(x))
