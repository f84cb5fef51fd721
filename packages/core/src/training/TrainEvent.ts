/** The events of a run: a closed union, so that code that renders them cannot forget a case. */
import type { Tensor } from "../language/Expr.ts"
import type { Tree } from "../types/Tree.ts"
import type { Undeleted } from "./Checkpoint.ts"
import type { NonFinitePlace } from "./NonFinite.ts"
import type { EpochRecord, Progress } from "./Progress.ts"

/** The run has begun, or has been resumed from a checkpoint. */
export interface Started {
  readonly _tag: "Started"
  readonly parameters: number
  readonly rows: { readonly train: number; readonly validation: number }
  readonly epochs: number
  readonly batchesPerEpoch: number
  readonly engine: string
  readonly numerics: string
  readonly threads: number
  /** Where it is resumed; all zero for a fresh run. */
  readonly from: Pick<Progress, "epoch" | "batch" | "step">
}

/** Some steps are done: as many as took a few milliseconds. */
export interface Stepped {
  readonly _tag: "Stepped"
  /** The epoch under way, counted from 1. */
  readonly epoch: number
  /** Batches done in it. */
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
 * The loss of rows that are only scored is not finite, and where that began. Of validation rows it is reported once, and
 * again after an epoch with a finite loss.
 */
export interface NonFiniteScore extends NonFinitePlace {
  readonly _tag: "NonFiniteScore"
  readonly part: "train" | "val" | "test"
  readonly epoch: number
}

/** Early stopping has ended the run: the score has not improved since `best`, which is missing where it was never finite. */
export interface StoppedEarly {
  readonly _tag: "StoppedEarly"
  readonly monitor: string
  readonly best?: { readonly epoch: number; readonly value: number }
  readonly epoch: number
}

/** The run is over. The parameters are the best epoch's where `restoreBest` asked for them, else the last's. */
export interface Finished<P = Tree<Tensor>, S = Tree<Tensor>> {
  readonly _tag: "Finished"
  readonly params: P
  readonly state: S
  /** Whose parameters they are: the best epoch's or the last's. */
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
  | StoppedEarly
  | Finished<P, S>
