/**
 * Callbacks act after each epoch of a run. An entry returns the settings that it adds to the run. It is given a function that
 * resolves its monitor, because only the run's scores know whether lower or higher is better.
 */
import type { Entry, OptionName, Options, Table, Traits } from "../learning/Entry.ts"
import type { EarlyStop, Monitor } from "./Monitor.ts"
import type { Plateau } from "./Plateau.ts"
import { type Rewind, rewindOptions } from "./Rewind.ts"
import { type Watch, watchOptions } from "./Watch.ts"

/** Which checkpoints of a run are kept, and after how many epochs. */
export interface CheckpointPolicy {
  readonly keep: ReadonlyArray<"best" | "last">
  readonly every: number
}

/** The settings that a callback adds to a run. */
export interface CallbackConfig {
  /** The score that decides which epoch is the best. */
  readonly best?: Monitor
  readonly earlyStop?: EarlyStop
  readonly plateau?: Plateau
  readonly checkpoint?: CheckpointPolicy
  readonly rewind?: Rewind
  readonly watch?: Watch
}

/** The monitor options of a callback: a score, and whether lower or higher is better; `auto` asks the score. */
export interface MonitorChoice {
  readonly monitor: string
  readonly mode: "auto" | "min" | "max"
}

/** From a function that resolves monitor options to the settings that the callback adds. */
export type Callback = (monitorOf: (choice: MonitorChoice) => Monitor) => CallbackConfig

/** Facts about a callback that the checks of model files read. */
export interface CallbackTraits<Option extends string = string> {
  /** The option that names the monitored score. */
  readonly monitor: Option | undefined
  /** The option with the number of epochs that it waits. */
  readonly patience: Option | undefined
}

/* @__NO_SIDE_EFFECTS__ */ const entry = <const O extends Options, const Main extends keyof O & string = never>(
  definition: Entry<O, Callback, Main> & Traits<CallbackTraits<OptionName<O>>>,
): Entry<O, Callback, Main> & Traits<CallbackTraits<OptionName<O>>> => definition

const monitorOptions = {
  monitor: {
    kind: "text",
    doc: "The monitored score: `train.` or `val.`, then `loss` or the name of a metric.",
    synonyms: ["watch", "metric"],
    default: "val.loss",
  },
  mode: {
    kind: "choice",
    doc: "Whether lower or higher is better; `auto` knows the metrics.",
    synonyms: ["direction"],
    of: ["auto", "min", "max"],
    default: "auto",
  },
} as const

const patienceOptions = {
  patience: {
    kind: "integer",
    doc: "Epochs to wait for an improvement.",
    synonyms: ["n_iter_no_change", "wait"],
    default: 5,
    minimum: 1,
  },
  min_delta: {
    kind: "number",
    doc: "The smallest improvement that counts.",
    synonyms: ["tol", "threshold", "delta"],
    default: 0,
    minimum: 0,
  },
} as const

/** The options of `early_stop` in a model file. */
export const earlyStopOptions = {
  ...monitorOptions,
  ...patienceOptions,
  restore_best: {
    kind: "boolean",
    doc: "Whether the run ends with the weights of its best epoch.",
    synonyms: ["restore_best_weights"],
    default: true,
  },
} as const

/** The options of `reduce_on_plateau` in a model file. */
export const reduceOnPlateauOptions = {
  ...monitorOptions,
  factor: {
    kind: "number",
    doc: "The rate is multiplied by this each time.",
    synonyms: ["gamma"],
    default: 0.1,
    exclusiveMinimum: 0,
    exclusiveMaximum: 1,
  },
  ...patienceOptions,
  cooldown: { kind: "integer", doc: "Epochs after a reduction that are not counted.", default: 0, minimum: 0 },
  least: { kind: "number", doc: "The smallest fraction of the initial rate.", default: 0, minimum: 0, exclusiveMaximum: 1 },
} as const

/** Every callback by its name in a model file. */
export const table = {
  early_stop: entry({
    doc: "Ends the run when the monitored score has stopped improving.",
    formula: "stop after epoch e if e - best ≥ patience",
    source: "Prechelt, Early stopping: but when?, 1998",
    advice:
      "Prevents overfitting. Use it when the best number of epochs is unknown: set many epochs and let it end the run. Scores fluctuate, so set a patience of several epochs.",
    synonyms: ["early_stopping"],
    options: earlyStopOptions,
    traits: { monitor: "monitor", patience: "patience" },
    make:
      ({ min_delta, patience, restore_best, ...watched }): Callback =>
      (monitorOf) => ({
        earlyStop: { ...monitorOf(watched), minDelta: min_delta, patience, restoreBest: restore_best },
      }),
  }),
  checkpoint: entry({
    doc: "Keeps the state of the run on disk.",
    formula: "last: after every `every` epochs; best: when the monitored score has improved",
    source: "Young, A first order approximation to the optimum checkpoint interval, 1974",
    advice:
      "Without it a run keeps both after every epoch. Use it to keep fewer, or to choose the score that decides which epoch is the best.",
    synonyms: ["model_checkpoint", "saver"],
    options: {
      keep: { kind: "choices", doc: "Which checkpoints are kept.", of: ["best", "last"], default: ["best", "last"] },
      ...monitorOptions,
      every: {
        kind: "epochs",
        doc: "Epochs between two checkpoints.",
        synonyms: ["save_freq", "period", "every_n_epochs", "save_every"],
        default: 1,
      },
    },
    traits: { monitor: "monitor", patience: undefined },
    make:
      ({ every, keep, ...watched }): Callback =>
      (monitorOf) => ({ best: monitorOf(watched), checkpoint: { keep, every } }),
  }),
  reduce_on_plateau: entry({
    doc: "Lowers the learning rate when the monitored score has stopped improving.",
    formula: "η ← max(factor · η, least · η₀) after `patience` epochs without an improvement",
    source: "Bengio, Practical recommendations for gradient-based training of deep architectures, 2012",
    advice: "Use it when it is unknown when the loss levels off. For a run of known length a `cosine` schedule is simpler.",
    synonyms: ["reduce_lr_on_plateau", "plateau"],
    options: reduceOnPlateauOptions,
    traits: { monitor: "monitor", patience: "patience" },
    make:
      ({ cooldown, factor, least, min_delta, patience, ...watched }): Callback =>
      (monitorOf) => ({ plateau: { ...monitorOf(watched), minDelta: min_delta, factor, patience, cooldown, least } }),
  }),
  nan_guard: entry({
    doc: "What a run does when a loss, gradient or weight is non-finite.",
    formula: "at the first step with a number x for which x - x ≠ 0: stop, or go back to the last epoch and η ← factor · η",
    source: "IEEE Standard for Floating-Point Arithmetic, 754-2019",
    advice:
      "Every run stops there, with or without it, and reports the layer and the rows: non-finite weights never become finite again. With `rewind` it continues from the last epoch with a lower rate, and stops only after it went back some times. A run that goes back at every start has a rate that is too high.",
    synonyms: ["terminate_on_nan", "detect_anomaly"],
    options: {
      action: { kind: "choice", doc: "`stop` ends the run and reports where the value began.", of: ["stop"], default: "stop" },
      rewind: {
        kind: "group",
        doc: "Goes back to the end of the last epoch with a lower rate before it stops.",
        synonyms: ["rollback", "retry"],
        options: rewindOptions,
        optional: true,
      },
    },
    main: "action",
    traits: { monitor: undefined, patience: undefined },
    make:
      ({ rewind }): Callback =>
      () =>
        rewind === undefined ? {} : { rewind },
  }),
  watch_layers: entry({
    doc: "Records the statistics of every layer while the run trains.",
    formula: "mean, deviation, histogram of y and ∂L/∂y; ‖∂L/∂w‖, ‖Δw‖ / ‖w‖; units that are 0 for all rows of a batch",
    source: "Glorot and Bengio, Understanding the difficulty of training deep feedforward neural networks, 2010",
    advice:
      "Use it where a net does not learn: it shows in which layer and from which epoch on the signal fades, saturates or dies. It looks at one batch of the same rows, and changes no bit of the run. `adjoint diagnose` shows the same of a run that has ended.",
    synonyms: ["log_histograms", "tensorboard_histograms", "gradient_logger"],
    options: watchOptions,
    main: "every",
    traits: { monitor: undefined, patience: undefined },
    make:
      ({ every, steps }): Callback =>
      () => ({ watch: { every, ...(steps === undefined ? {} : { steps }) } }),
  }),
} satisfies Table<Callback, Traits<CallbackTraits>>

/** The name of a callback. */
export type Name = keyof typeof table
