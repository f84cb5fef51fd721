/** The events of a run: a closed union, so that the type checker finds a renderer that lacks a case. */
import type { Tensor } from "../language/Expr.ts"
import type { Tree } from "../types/Tree.ts"
import type { Undeleted } from "./Checkpoint.ts"
import type { LayersMeasured, LayersSkipped } from "./LayerReport.ts"
import type { NonFinitePlace } from "./NonFinite.ts"
import type { EpochRecord, Progress } from "./Progress.ts"
import type { Rewound } from "./Rewind.ts"

export type { LayersMeasured, LayersSkipped } from "./LayerReport.ts"
export type { Rewound } from "./Rewind.ts"

/** The run has started, or has been resumed from a checkpoint. */
export interface Started {
  readonly _tag: "Started"
  readonly parameters: number
  readonly rows: { readonly train: number; readonly validation: number }
  readonly epochs: number
  readonly batchesPerEpoch: number
  readonly engine: string
  readonly numerics: string
  /** How wide the engine's vectors are, in bits, if it has vectors. */
  readonly lanes?: 128 | 256
  readonly threads: number
  /** The position at which it starts; all zero unless the run is resumed. */
  readonly from: Pick<Progress, "epoch" | "batch" | "step">
}

/** A burst of steps is done, a few milliseconds of work. */
export interface Stepped {
  readonly _tag: "Stepped"
  /** The current epoch, counted from 1. */
  readonly epoch: number
  /** Batches done in this epoch. */
  readonly batch: number
  readonly batches: number
  /** Steps done since the run began. */
  readonly step: number
  /** The loss of each of these steps. */
  readonly losses: ReadonlyArray<number>
  readonly milliseconds: number
}

/** An epoch is done and scored. */
export interface EpochScored extends EpochRecord {
  readonly _tag: "EpochScored"
  /** Whether the monitored score is the best so far. */
  readonly best: boolean
  readonly rowsPerSecond: number
  readonly milliseconds: number
}

/** A checkpoint is on the disk. */
export interface CheckpointWritten {
  readonly _tag: "CheckpointWritten"
  readonly kind: "best" | "last"
  readonly directory: string
  readonly epoch: number
  readonly step: number
}

/** A checkpoint was replaced, but the one before it could not be deleted. The run continues. */
export interface OldCheckpointKept extends Undeleted {
  readonly _tag: "OldCheckpointKept"
  readonly kind: "best" | "last"
}

/**
 * The loss of rows that are only scored is not finite; the fields say where that began. For validation rows it is reported
 * in the first of several such epochs.
 */
export interface NonFiniteScore extends NonFinitePlace {
  readonly _tag: "NonFiniteScore"
  readonly part: "train" | "val" | "test"
  readonly epoch: number
}

/** Early stopping has ended the run: the score has not improved since `best`, which is absent if the score was never finite. */
export interface StoppedEarly {
  readonly _tag: "StoppedEarly"
  readonly monitor: string
  readonly best?: { readonly epoch: number; readonly value: number }
  readonly epoch: number
}

/** The run is over. With `restoreBest` the parameters are those of the best epoch, else those of the last. */
export interface Finished<P = Tree<Tensor>, S = Tree<Tensor>> {
  readonly _tag: "Finished"
  readonly params: P
  readonly state: S
  /** Which epoch the parameters are from. */
  readonly weights: "best" | "last"
  readonly history: ReadonlyArray<EpochRecord>
  readonly best?: { readonly epoch: number; readonly value: number }
  readonly step: number
}

/** One event of a run. */
export type TrainEvent<P = Tree<Tensor>, S = Tree<Tensor>> =
  | Started
  | Stepped
  | EpochScored
  | CheckpointWritten
  | OldCheckpointKept
  | NonFiniteScore
  | Rewound
  | LayersMeasured
  | LayersSkipped
  | StoppedEarly
  | Finished<P, S>
