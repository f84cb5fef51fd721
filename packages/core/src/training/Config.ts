/** The description of a run as plain readonly values: the net, the data and the settings. */
import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Rows } from "../data/Dataset.ts"
import type { Engine, EngineError } from "../engines/Engine.ts"
import type { Tensor } from "../language/Expr.ts"
import type { Tensors } from "../language/TensorTree.ts"
import type { LossFunction } from "../learning/Loss.ts"
import type { Net } from "../learning/Net.ts"
import type { Optimizer } from "../learning/Optimizer.ts"
import type { NDArray } from "../types/NDArray.ts"
import type { ShapeError } from "../types/ShapeError.ts"
import type { Checkpoint, Saved, TrainState } from "./Checkpoint.ts"
import type { CheckpointError } from "./CheckpointError.ts"
import type { ConfigError } from "./ConfigError.ts"
import type { ScoreTable, Weights } from "./Evaluate.ts"
import type { Emit } from "./eventStream.ts"
import type { LayersMeasured, LayersSkipped } from "./LayerReport.ts"
import type { Measured } from "./LoopRun.ts"
import type { EarlyStop, Monitor, MonitorName } from "./Monitor.ts"
import type { Plateau } from "./Plateau.ts"
import type { Rewind } from "./Rewind.ts"
import type { DatasetOf, ReadError } from "./Samples.ts"
import type { Workers } from "./shardWorkers.ts"
import type { Stepping } from "./stepping.ts"

/** Where and when checkpoints are saved. `save` writes one and returns its place. */
export interface Saving<P, S, O, R> {
  readonly save: (kind: "best" | "last", checkpoint: Checkpoint<P, S, O>) => Effect.Effect<Saved, CheckpointError, R>
  /** Epochs between two `last` checkpoints (there is one at the end and on interruption too); 1 unless given. */
  readonly every?: number
}

/** Layers that are measured after epochs, with what measures them: `Watch.layers`. A bundler drops it from a page that does not use it. */
export interface LayerWatch {
  /** What is wrong with its options. */
  readonly problem: ConfigError | undefined
  /** Measures the layers of a run of `steps` steps. The scope releases the engine's memory. */
  readonly measured: <P, S, O, R, X, Y, T>(
    config: Config<P, S, O, R, X, Y, T>,
    first: TrainState<P, S, O>,
    steps: number,
    emit: Emit<LayersMeasured | LayersSkipped>,
  ) => Effect.Effect<Measured<TrainState<P, S, O>>, ReadError | EngineError, Engine | Scope.Scope>
}

/** Batches that are cut into shards, with what computes them: `Shards.of`. A bundler drops it from a page that does not use it. */
export interface Sharding {
  /** Into how many shards a batch is cut. */
  readonly count: number
  /** The steps of a run in so many shards. The scope ends their workers. */
  readonly steps: <P, S, O, R, X, Y, T>(
    config: Config<P, S, O, R, X, Y, T>,
    first: TrainState<P, S, O>,
    count: number,
  ) => Effect.Effect<Stepping<TrainState<P, S, O>, X, Tensors<T>>, EngineError | ShapeError, Engine | Scope.Scope>
}

/** The checkpoint to resume from, and the best weights so far. `Train.resumeFrom` reads both. */
export interface Resume<P, S, O> {
  readonly last: Checkpoint<P, S, O>
  readonly best?: Weights<P, S>
}

/**
 * A run: the net, the datasets and the settings of the training. The net gives the trees of inputs `X` and predictions `Y`, the
 * data the tree of targets `T`; loss and scores are functions of predictions and targets. `N` are the names of the scores and
 * `H` those of the loss's heads.
 */
export interface Config<
  P,
  S,
  O,
  R = never,
  X = Tensor,
  Y = Tensor,
  T = NDArray,
  N extends string = string,
  H extends string = string,
> {
  readonly net: Net<P, S, X, Y>
  /** Any function `(prediction, target) => Tensor` that gives one number, such as those of `Loss`. */
  readonly loss: LossFunction<Y, Tensors<T>, H>
  /** A term of the loss that depends on the parameters alone, such as L1 or L2. */
  readonly penalty?: (params: P) => Tensor
  readonly optimizer: Optimizer<O>
  /** Rows in memory, or stored outside it (`StoredArray`). */
  readonly data: DatasetOf<X, T>
  readonly validation?: NoInfer<DatasetOf<X, Rows<T>>>
  /** Scores by name: any functions `(prediction, target) => Tensor`, such as those of `Score`. */
  readonly scores?: ScoreTable<Y, Tensors<T>, N>
  readonly seed: number
  /** The initial weights, such as pre-trained ones; drawn from the seed unless given. */
  readonly start?: Weights<P, S>
  readonly epochs: number
  /** Rows per step. */
  readonly batch: number
  /**
   * `Shards.of(8)` cuts each batch into 8 shards, at most one for each of its rows; it is whole unless given. The gradients of shards
   * are computed apart and added in a fixed order, so a run has the bits that its number of shards gives, whoever computes them.
   */
  readonly shards?: Sharding
  /** Who computes shards; the engine of the run unless given. No bit depends on it. */
  readonly workers?: Workers
  /**
   * Which parameters are scored, kept as the best and returned at the end, such as the mean over time of
   * `Optimizer.average`; the trained ones unless given.
   */
  readonly scored?: (state: TrainState<P, S, O>) => P
  /** The score that decides which epoch is the best; the early stop's, or the validation loss, unless given. */
  readonly best?: Monitor<MonitorName<NoInfer<N>, NoInfer<H>>>
  readonly earlyStop?: EarlyStop<MonitorName<NoInfer<N>, NoInfer<H>>>
  /** Lowers the learning rate when a score no longer improves; the optimizer's state must hold a rate. */
  readonly plateau?: Plateau<MonitorName<NoInfer<N>, NoInfer<H>>>
  /** After a non-finite value, goes back to the end of the last epoch with a lower rate; the optimizer's state must hold a rate. */
  readonly rewind?: Rewind
  /** `Watch.layers()` measures the layers after epochs, and reports them in `LayersMeasured`. No bit of the run depends on it. */
  readonly watch?: LayerWatch
  readonly saving?: Saving<P, S, O, R>
  /** The data and the settings of the run, as a hash: only the same run resumes from a checkpoint. */
  readonly fingerprint?: string
  /** The checkpoint to resume from, and the best weights so far. */
  readonly resume?: Resume<P, S, O> | undefined
}
