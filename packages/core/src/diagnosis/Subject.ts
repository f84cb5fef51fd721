/** What is diagnosed: a run as `Train.run` takes it, and its state before, during or after training. */
import type { TrainState } from "../training/Checkpoint.ts"
import type { Config } from "../training/Config.ts"

type Read = "batch" | "data" | "loss" | "net" | "optimizer" | "penalty" | "scores" | "seed" | "validation"

/**
 * The run, and the state to look at: that of `Train.initial`, or one of a checkpoint. Diagnoses take it by value: they train
 * copies where they train at all, and give back what they found.
 */
export interface Subject<P, S, O, X, Y, T> extends Pick<Config<P, S, O, never, X, Y, T>, Read> {
  readonly state: TrainState<P, S, O>
}
