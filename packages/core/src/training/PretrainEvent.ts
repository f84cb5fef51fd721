/** The events of pre-training: a closed union. A stage is the training of one machine. */
import type * as Rbm from "../learning/Rbm.ts"

/** The scores of a machine on rows: the mean of (v - reconstruction)² over units and rows, and the mean free energy. */
export interface MachineScores {
  readonly error: number
  readonly freeEnergy: number
}

/** Which stage: its number, counted from 1, and the layer that gets the weights of its machine. */
export interface StageInfo {
  readonly stage: number
  readonly stages: number
  readonly layer: string
}

/** The training of a machine has started. */
export interface StageStarted extends StageInfo {
  readonly _tag: "StageStarted"
  readonly units: Rbm.Visible
  readonly visible: number
  readonly hidden: number
  readonly rows: { readonly train: number; readonly validation: number }
  readonly epochs: number
  readonly batchesPerEpoch: number
}

/** A burst of steps is done, a few milliseconds of work. */
export interface StageStepped extends StageInfo {
  readonly _tag: "StageStepped"
  /** The current epoch, counted from 1. */
  readonly epoch: number
  /** Batches done in this epoch. */
  readonly batch: number
  readonly batches: number
  /** The reconstruction error of each of these batches. */
  readonly errors: ReadonlyArray<number>
  readonly milliseconds: number
}

/** The scores of a machine after an epoch, on training rows and on validation rows. */
export interface StageScored extends StageInfo {
  readonly _tag: "StageScored"
  readonly epoch: number
  readonly train: MachineScores
  readonly validation?: MachineScores
  readonly milliseconds: number
  readonly rowsPerSecond: number
}

/** A machine is trained, and saved if the config has `save`; the next one learns from its hidden units. */
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
