/** What a run tells while it goes: a closed union, so that whoever renders it cannot forget a case. */

import type { Tensor } from "../language/Expr.ts"
import type { Tree } from "../words/Tree.ts"
import type { EpochRecord, Progress } from "./Progress.ts"

/** The run has begun, or has been taken up again where a checkpoint left it. */
export interface Started {
  readonly _tag: "Started"
  readonly parameters: number
  readonly rows: { readonly train: number; readonly validation: number }
  readonly epochs: number
  readonly batchesPerEpoch: number
  readonly engine: string
  readonly numerics: string
  readonly threads: number
  /** Where it goes on from; all zero for a fresh run. */
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
  /** Whether the monitored score has never been better. */
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

/** Early stopping has ended the run: the score has not been better since `best`. */
export interface StoppedEarly {
  readonly _tag: "StoppedEarly"
  readonly monitor: string
  readonly best: { readonly epoch: number; readonly value: number }
  readonly epoch: number
}

/** The run is over. The parameters are the best epoch's where `restoreBest` asked for them, else the last's. */
export interface Finished<P = Tree<Tensor>, S = Tree<Tensor>> {
  readonly _tag: "Finished"
  readonly params: P
  readonly net: S
  readonly history: ReadonlyArray<EpochRecord>
  readonly best?: { readonly epoch: number; readonly value: number }
  readonly step: number
}

/** One thing a run tells. */
export type TrainEvent<P = Tree<Tensor>, S = Tree<Tensor>> =
  | Started
  | Stepped
  | EpochScored
  | CheckpointWritten
  | StoppedEarly
  | Finished<P, S>
