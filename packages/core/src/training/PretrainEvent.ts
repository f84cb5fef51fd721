/** The events of pre-training, one machine after the other: a closed union. */
import type * as Rbm from "../learning/Rbm.ts"

/** The scores of a machine on rows: the mean of (v - reconstruction)² over units and rows, and the mean free energy. */
export interface MachineScores {
  readonly error: number
  readonly freeEnergy: number
}

/** Which machine: counted from 1, and the layer whose weights it will be. */
export interface StageInfo {
  readonly stage: number
  readonly stages: number
  readonly layer: string
}

/** The training of a machine has begun. */
export interface StageStarted extends StageInfo {
  readonly _tag: "StageStarted"
  readonly units: Rbm.Visible
  readonly visible: number
  readonly hidden: number
  readonly rows: { readonly train: number; readonly validation: number }
  readonly epochs: number
  readonly batchesPerEpoch: number
}

/** Some steps are done: as many as took a few milliseconds. */
export interface StageStepped extends StageInfo {
  readonly _tag: "StageStepped"
  /** The epoch under way, counted from 1. */
  readonly epoch: number
  /** Batches done in it. */
  readonly batch: number
  readonly batches: number
  /** The reconstruction error of each of these batches. */
  readonly errors: ReadonlyArray<number>
  readonly milliseconds: number
}

/** The scores of a machine after an epoch, on training rows and on rows it does not learn from. */
export interface StageScored extends StageInfo {
  readonly _tag: "StageScored"
  readonly epoch: number
  readonly train: MachineScores
  readonly validation?: MachineScores
  readonly milliseconds: number
  readonly rowsPerSecond: number
}

/** A machine is trained, and saved where that was asked for; the next one sees its hidden units. */
export interface StageFinished extends StageInfo {
  readonly _tag: "StageFinished"
  readonly params: Rbm.Params
}

/** All machines are trained. */
export interface Pretrained {
  readonly _tag: "Pretrained"
  readonly machines: ReadonlyArray<Rbm.Params>
}

/** One event of pre-training. */
export type PretrainEvent = StageStarted | StageStepped | StageScored | StageFinished | Pretrained
