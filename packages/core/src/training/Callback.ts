/**
 * Callbacks: what watches a run from epoch to epoch. Each entry says what it adds to a run, given how a score is watched
 * (which way of it is better, only the run's own scores say).
 */
import type { Entry, OptionName, Options, Table, Traits } from "../learning/Entry.ts"
import type { EarlyStop, Monitor } from "./Monitor.ts"
import type { Plateau } from "./Plateau.ts"

/** Which states of a run are kept, and after how many epochs each. */
export interface CheckpointPolicy {
  readonly keep: ReadonlyArray<"best" | "last">
  readonly every: number
}

/** What a callback adds to a run. */
export interface CallbackConfig {
  /** By which score an epoch is the best. */
  readonly best?: Monitor
  readonly earlyStop?: EarlyStop
  readonly plateau?: Plateau
  readonly checkpoint?: CheckpointPolicy
}

/** A score as a callback names it, and which way is better: `auto` leaves it to the score. */
export interface MonitorChoice {
  readonly monitor: string
  readonly mode: "auto" | "min" | "max"
}

/** What a callback adds, once it is known how its score is watched. */
export type Callback = (monitorOf: (watching: MonitorChoice) => Monitor) => CallbackConfig

/** Facts about a callback that checks read. */
export interface CallbackTraits<Option extends string = string> {
  /** The option with the score that it watches. */
  readonly monitor: Option | undefined
  /** The option with the epochs that it waits before it does anything. */
  readonly patience: Option | undefined
}

const entry = <const O extends Options, const Main extends keyof O & string = never>(
  definition: Entry<O, Callback, Main> & Traits<CallbackTraits<OptionName<O>>>,
): Entry<O, Callback, Main> & Traits<CallbackTraits<OptionName<O>>> => definition

const monitorOptions = {
  monitor: {
    kind: "text",
    doc: "The score that is watched: `train.` or `val.` and `loss` or the name of a metric.",
    default: "val.loss",
  },
  mode: {
    kind: "choice",
    doc: "Whether lower or higher is better; `auto` knows the metrics.",
    of: ["auto", "min", "max"],
    default: "auto",
  },
} as const

const patienceOptions = {
  patience: { kind: "integer", doc: "Epochs to wait for something better.", default: 5, minimum: 1 },
  min_delta: { kind: "number", doc: "How much better a score must be to count.", default: 0, minimum: 0 },
} as const

/** Every callback by the name a model file calls it. */
export const table = {
  early_stop: entry({
    doc: "Ends the run when the watched score has stopped getting better.",
    formula: "stop after epoch e if e - best ≥ patience",
    source: "Prechelt, Early stopping: but when?, 1998",
    advice:
      "Against overfitting, and for runs whose length nobody knows: give many epochs and let it end them. Scores jitter, so a patience of a few epochs is the least.",
    options: {
      ...monitorOptions,
      ...patienceOptions,
      restore_best: {
        kind: "boolean",
        doc: "Whether the run ends with the weights of its best epoch.",
        default: true,
      },
    },
    traits: { monitor: "monitor", patience: "patience" },
    make:
      ({ min_delta, patience, restore_best, ...watched }): Callback =>
      (monitorOf) => ({
        earlyStop: { ...monitorOf(watched), minDelta: min_delta, patience, restoreBest: restore_best },
      }),
  }),
  checkpoint: entry({
    doc: "Keeps the state of the run on disk.",
    formula: "last: after every so many epochs; best: whenever the watched score is better than before",
    source: "Young, A first order approximation to the optimum checkpoint interval, 1974",
    advice:
      "A run keeps both states after every epoch without being asked. Say it to keep fewer, or to choose by which score an epoch is the best.",
    options: {
      keep: { kind: "choices", doc: "Which states are kept.", of: ["best", "last"], default: ["best", "last"] },
      ...monitorOptions,
      every: { kind: "epochs", doc: "After how many epochs.", default: 1 },
    },
    traits: { monitor: "monitor", patience: undefined },
    make:
      ({ every, keep, ...watched }): Callback =>
      (monitorOf) => ({ best: monitorOf(watched), checkpoint: { keep, every } }),
  }),
  reduce_on_plateau: entry({
    doc: "Lowers the learning rate when the watched score has stopped getting better.",
    formula: "η ← max(factor · η, least · η₀) after `patience` epochs without anything better",
    source: "Bengio, Practical recommendations for gradient-based training of deep architectures, 2012",
    advice: "Where nobody knows when the loss levels off. For a run of a known length a `cosine` schedule needs less looking.",
    options: {
      ...monitorOptions,
      factor: {
        kind: "number",
        doc: "What is left of the rate each time.",
        default: 0.1,
        exclusiveMinimum: 0,
        exclusiveMaximum: 1,
      },
      ...patienceOptions,
      cooldown: { kind: "integer", doc: "Epochs after a lowering that are not counted.", default: 0, minimum: 0 },
      least: { kind: "number", doc: "The least share of the rate that is ever left.", default: 0, minimum: 0, maximum: 1 },
    },
    traits: { monitor: "monitor", patience: "patience" },
    make:
      ({ cooldown, factor, least, min_delta, patience, ...watched }): Callback =>
      (monitorOf) => ({ plateau: { ...monitorOf(watched), minDelta: min_delta, factor, patience, cooldown, least } }),
  }),
  nan_guard: entry({
    doc: "What happens when a loss, gradient or weight is no longer a finite number.",
    formula: "stop at the first step with a number x for which x - x ≠ 0",
    source: "IEEE Standard for Floating-Point Arithmetic, 754-2019",
    advice:
      "Every run stops there and says which layer and which rows it was, asked or not: weights that are not finite never become so again.",
    options: {
      action: { kind: "choice", doc: "`stop` ends the run and says where.", of: ["stop"], default: "stop" },
    },
    main: "action",
    traits: { monitor: undefined, patience: undefined },
    make: (): Callback => () => ({}),
  }),
} satisfies Table<Callback, Traits<CallbackTraits>>

/** The name of a callback. */
export type Name = keyof typeof table
