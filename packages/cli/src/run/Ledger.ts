/** The state of a run so far: its events, reduced one after the other. */
import type { Params } from "@adjoint/core/learning/Params"
import type { Weights } from "@adjoint/core/training/Evaluate"
import { defaultMonitor, type Monitor, monitoredScore } from "@adjoint/core/training/Monitor"
import type { EpochRecord } from "@adjoint/core/training/Progress"
import type { TrainEvent } from "@adjoint/core/training/TrainEvent"
import type { Summary } from "../json/Summary.ts"
import type { Config } from "./Config.ts"

export interface Ledger {
  readonly monitor: Monitor
  readonly parameters: number
  readonly steps: number
  readonly records: ReadonlyArray<EpochRecord>
  readonly best?: { readonly epoch: number; readonly value: number }
  readonly isStopped: boolean
  /** The weights that the run ended with, and of which epoch they are: the best or the last. */
  readonly weights?: Weights<Params, Params>
  readonly kept?: "best" | "last"
}

/** A run without events yet. */
export const open = ({ best, earlyStop, resume, validation }: Config): Ledger => {
  const progress = resume?.last.progress
  return {
    monitor: earlyStop ?? best ?? defaultMonitor(validation !== undefined),
    parameters: 0,
    steps: progress?.step ?? 0,
    records: progress?.history ?? [],
    ...(progress?.best === undefined ? {} : { best: progress.best }),
    isStopped: false,
  }
}

/** The ledger with one event more. */
export const enter = (ledger: Ledger, event: TrainEvent<Params, Params>): Ledger => {
  switch (event._tag) {
    case "Started":
      return { ...ledger, parameters: event.parameters }
    case "Stepped":
      return { ...ledger, steps: event.step }
    case "EpochScored": {
      const value = monitoredScore(ledger.monitor, event)
      const best = event.best && value !== undefined ? { best: { epoch: event.epoch, value } } : {}
      return { ...ledger, records: [...ledger.records, event], ...best }
    }
    case "StoppedEarly":
      return { ...ledger, isStopped: true }
    case "Finished":
      return { ...ledger, weights: { params: event.params, state: event.state }, kept: event.weights }
    case "CheckpointWritten":
    case "OldCheckpointKept":
    case "NonFiniteScore":
    case "Rewound":
    case "LayersMeasured":
    case "LayersSkipped":
      return ledger
  }
}

/** The result of a run. `weights` is the checkpoint that it stands for, whose scores are given. */
export const summarize = (
  { best, monitor, parameters, records, steps }: Ledger,
  rest: Pick<Summary, "status" | "weights" | "seconds"> & Partial<Summary>,
): Summary => {
  const record = rest.weights === "best" ? records.find(({ epoch }) => epoch === best?.epoch) : records.at(-1)
  return {
    version: 1,
    epochs: records.at(-1)?.epoch ?? 0,
    steps,
    parameters,
    ...(best === undefined ? {} : { best: { monitor: monitor.monitor, ...best } }),
    ...(record === undefined ? {} : { weightsEpoch: record.epoch, train: record.train }),
    ...(record?.validation === undefined ? {} : { val: record.validation }),
    ...rest,
  }
}
