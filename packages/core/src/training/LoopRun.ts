/** One run of the loop, as plain data and functions: its step, its rows, its scores, and what to do with their results. */
import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type * as Batches from "../data/Batches.ts"
import type { DataError } from "../data/DataError.ts"
import type * as Compile from "../engines/Compile.ts"
import type { Engine, EngineError } from "../engines/Engine.ts"
import type { RateIn } from "../learning/Optimizer.ts"
import type { ShapeError } from "../types/ShapeError.ts"
import type { RowLoader } from "./BatchLoader.ts"
import type { Saved } from "./Checkpoint.ts"
import type { CheckpointError } from "./CheckpointError.ts"
import type { BatchSums, ScoreTable } from "./Evaluate.ts"
import type { Emit } from "./eventStream.ts"
import type { StepInfo } from "./findNonFinite.ts"
import type { EarlyStop, Monitor } from "./Monitor.ts"
import type { NonFinite } from "./NonFinite.ts"
import type { Plateau } from "./Plateau.ts"
import type { Progress, Scores } from "./Progress.ts"
import type { Rewind, Rewound } from "./Rewind.ts"
import type { ReadError } from "./Samples.ts"
import type { CheckpointWritten, EpochScored, OldCheckpointKept, Started, StoppedEarly } from "./TrainEvent.ts"

/** Every error of the loop. */
export type LoopError = ShapeError | EngineError | NonFinite | CheckpointError | DataError

/** The state of a run between two steps. */
export interface Snapshot<S> {
  readonly state: S
  readonly progress: Progress
}

/** Where and when snapshots are saved. */
export interface Saving<S, R> {
  readonly save: (kind: "best" | "last", snapshot: Snapshot<S>) => Effect.Effect<Saved, CheckpointError, R>
  /** Epochs between two `last` checkpoints; 1 unless given. */
  readonly every?: number
}

/** The settings that every run has. */
export interface Settings<S, K, R> {
  readonly seed: number
  readonly epochs: number
  readonly earlyStop?: EarlyStop
  readonly plateau?: Plateau
  readonly rewind?: Rewind
  readonly saving?: Saving<S, R>
  /** Only a run of this seed and fingerprint resumes from its checkpoints. */
  readonly fingerprint?: string
  readonly resume?: { readonly last: Snapshot<S>; readonly best?: K } | undefined
}

/** A burst of steps: the position after it, and the values that its steps report. */
export interface Burst<V> {
  /** The current epoch, counted from 1. */
  readonly epoch: number
  /** Batches done in this epoch. */
  readonly batch: number
  readonly batches: number
  /** Steps done since the run began. */
  readonly step: number
  readonly values: ReadonlyArray<V>
  readonly milliseconds: number
}

/** A step that left a non-finite value, and the states around it. */
export interface Failed<S, V> {
  readonly before: S
  readonly after: S
  readonly value: V
  readonly which: Batches.Batch
  readonly place: StepInfo
}

/** An epoch that was scored, with the weights that its scores belong to. */
export interface Scored<K> extends Omit<EpochScored, "_tag"> {
  readonly weights: K
}

/** Looks at the state after an epoch, which took the steps from `before`. */
export type Measured<S> = (
  state: S,
  at: { readonly epoch: number; readonly before: number; readonly step: number },
) => Effect.Effect<void, LoopError, Engine>

/** A step that the engine runs, with its state. */
export type LoopStep<S, B, O> = Pick<Compile.Step<S, B, O>, "abort" | "load" | "run" | "state">

/** One run of the loop: state `S`, batches `B`, outputs `O`, reported values `V`, weights that are kept as the best `K`. */
export interface Run<S, B, O, V, K, R> extends Settings<S, K, R> {
  /** The kind of run, as spans, metrics and logs name it. */
  readonly name: "Train" | "Loop" | "Pretrain"
  /** Compiles the step, with the state that the run begins with. */
  readonly step: Effect.Effect<LoopStep<S, B, O>, EngineError | ShapeError, Engine | Scope.Scope>
  readonly loader: RowLoader
  /** The inputs of steps in an epoch, counted from 0. */
  readonly inputs: (batches: ReadonlyArray<Batches.Batch>, epoch: number) => Effect.Effect<ReadonlyArray<B>, ReadError>
  /** How many batches are read at once, ahead of their steps; undefined for data in memory. */
  readonly limit?: number | undefined
  /** What is reported of an output, and whether it is finite. */
  readonly value: (output: O) => V
  readonly isFinite: (value: V) => boolean
  /** The loss among the reported values, for metrics. */
  readonly loss: (value: V) => number | undefined
  /** The sums of a batch, or of its shards in order, which are added up over an epoch. */
  readonly sums: (output: O) => ReadonlyArray<BatchSums>
  readonly scores: ScoreTable<never, never>
  /** The scores of an epoch, counted from 1, after so many steps. `train` are those from its sums. */
  readonly score: (
    weights: K,
    train: Scores,
    at: Pick<StepInfo, "epoch" | "step">,
  ) => Effect.Effect<{ readonly train: Scores; readonly validation?: Scores }, LoopError, Engine>
  readonly weights: (state: S) => K
  readonly rate: RateIn<S> | undefined
  /** The score that decides which epoch is the best. */
  readonly monitor: Monitor
  readonly started: Emit<Pick<Started, "from">>
  readonly stepped: Emit<Burst<V>>
  readonly scored: (scored: Scored<K>) => Effect.Effect<void, LoopError, Engine>
  /** Looks at the state after each epoch. */
  readonly measured?: Measured<S>
  readonly emit: Emit<LoopEvent>
  /** The error of a failed step. */
  readonly blame: (failed: Failed<S, V>) => Effect.Effect<NonFinite, EngineError | ReadError>
}

/** An event besides steps and epochs, which is logged. */
export type LoopEvent = CheckpointWritten | OldCheckpointKept | Rewound | StoppedEarly

/** The result of a run. With `restoreBest` the weights are those of the best epoch, else those of the last. */
export interface Ended<K> {
  readonly kept: K
  readonly weights: "best" | "last"
  readonly progress: Progress
}
