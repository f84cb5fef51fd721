/** The description of a loop as plain readonly values: the step, its state, the data and the settings. */
import type { Tensors } from "../language/TensorTree.ts"
import type { none } from "../learning/Params.ts"
import type * as Checkpoints from "./Checkpoint.ts"
import type { Saving as SavingOf } from "./LoopRun.ts"
import type { LoopState, UserStep } from "./loopStep.ts"
import type { EarlyStop, LoopMonitorName, Monitor } from "./Monitor.ts"
import type { Plateau } from "./Plateau.ts"
import type { Optimizers } from "./Rate.ts"
import type { Rewind } from "./Rewind.ts"

/** A checkpoint of a loop: the whole state is `state.params`. `Checkpoint.save` writes it. */
export type Checkpoint<S> = Checkpoints.Checkpoint<S, typeof none, typeof none>

/** Where and when checkpoints are saved. `saveIn` makes one. */
export type Saving<S, R = never> = SavingOf<LoopState<S>, R>

/** The checkpoint to resume from, and the best state so far. `resumeFrom` reads both. */
export interface Resume<S> {
  readonly last: Checkpoint<S>
  readonly best?: S
}

/** Rows that are scored after each epoch: `scores` gives a tree of numbers, each the mean of a batch. */
export interface Validation<S, V, C = unknown> {
  readonly data: V
  readonly scores: (state: S, batch: Tensors<V>) => C
}

/** A loop: state `S`, data `D`, outputs `O`, validation data `V` and its scores `C`. */
export interface Config<S, D, O, V = unknown, R = never, C = unknown> {
  /** The initial state: any record or list of tensors, such as parameters, optimizer states and running means. It stays finite. */
  readonly state: S
  /**
   * One step: a pure function. `batch` is a tree like `data` with `batch` rows, and the last batch of an epoch may be smaller.
   * `key` is another one in every step. `output` is a number, or a tree of them, each the mean of the batch; all are finite.
   */
  readonly step: UserStep<S, D, O>
  /** A tree of arrays with equal numbers of rows. */
  readonly data: D
  readonly validation?: Validation<NoInfer<S>, V, C>
  readonly seed: number
  readonly epochs: number
  /** Rows per step. */
  readonly batch: number
  /**
   * The optimizers, by the fields of the state that hold their states. A plateau scales the rates of all of them, and events
   * report the rate of the first.
   */
  readonly optimizers?: Optimizers<NoInfer<S>>
  /** The score that decides which epoch is the best: the early stop's, or `val.loss` or `train.loss`, unless given. */
  readonly best?: Monitor<LoopMonitorName<NoInfer<O>, NoInfer<C>>>
  readonly earlyStop?: EarlyStop<LoopMonitorName<NoInfer<O>, NoInfer<C>>>
  readonly plateau?: Plateau<LoopMonitorName<NoInfer<O>, NoInfer<C>>>
  /** After a non-finite value, goes back to the end of the last epoch with lower rates; needs `optimizers`. */
  readonly rewind?: Rewind
  readonly saving?: Saving<NoInfer<S>, R>
  /** The data and the settings of the loop, as a hash: only the same loop resumes from a checkpoint. */
  readonly fingerprint?: string
  readonly resume?: Resume<NoInfer<S>> | undefined
}
