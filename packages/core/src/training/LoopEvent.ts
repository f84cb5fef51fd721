/** The events of a loop: those of a training run, with the outputs of your step and its state. */
import type {
  CheckpointWritten,
  EpochScored,
  OldCheckpointKept,
  Rewound,
  Started,
  StoppedEarly,
  Finished as TrainFinished,
  Stepped as TrainStepped,
} from "./TrainEvent.ts"

/** A burst of steps is done, a few milliseconds of work. */
export interface Stepped extends Omit<TrainStepped, "losses"> {
  /** The numbers that each of these steps reports, by name. */
  readonly outputs: ReadonlyArray<{ readonly [name: string]: number }>
}

/** The loop is over. With `restoreBest` the state is that of the best epoch, else that of the last. */
export interface Finished<S> extends Omit<TrainFinished, "params" | "state"> {
  readonly state: S
}

/** One event of a loop. In `Started`, `parameters` are all numbers of the state. */
export type LoopEvent<S> =
  | Started
  | Stepped
  | EpochScored
  | CheckpointWritten
  | OldCheckpointKept
  | Rewound
  | StoppedEarly
  | Finished<S>
