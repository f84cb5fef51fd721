/** What a run tells, as lines of JSON: the same on stdout under `--json` and in events.ndjson. */
import { printableJson } from "@adjoint/dsl/diagnostic/Printable"
import type { PretrainEvent } from "@adjoint/core/training/PretrainEvent"
import type { TrainEvent } from "@adjoint/core/training/TrainEvent"
import { row as machineRow } from "./Machines.ts"
import { row } from "./Metrics.ts"

/** The version of the events. They grow by new fields and new events alone; anything else raises the number. */
export const version = 1

/** Whatever a run tells: of its machines first, where it has any, then of the net. */
export type RunEvent = PretrainEvent | TrainEvent

type Told = { readonly event: string; readonly [field: string]: unknown }

const tellers: { readonly [T in RunEvent["_tag"]]: (event: Extract<RunEvent, { readonly _tag: T }>) => Told } = {
  StageStarted: ({ _tag, ...rest }) => ({ event: "stage_started", ...rest }),
  StageStepped: ({ _tag, errors, ...rest }) => ({ event: "stage_stepped", ...rest, error: errors.at(-1) }),
  StageScored: ({ milliseconds, rowsPerSecond, ...scored }) => ({
    event: "stage_epoch",
    ...machineRow({ ...scored, milliseconds, rowsPerSecond }),
    rowsPerSecond,
    milliseconds,
  }),
  StageFinished: ({ layer, stage, stages }) => ({ event: "stage_finished", stage, stages, layer }),
  Pretrained: ({ machines }) => ({ event: "pretrained", stages: machines.length }),
  Started: ({ _tag, ...rest }) => ({ event: "started", ...rest }),
  Stepped: ({ _tag, losses, ...rest }) => ({ event: "stepped", ...rest, loss: losses.at(-1) }),
  EpochScored: ({ best, milliseconds, rowsPerSecond, ...record }) => ({
    event: "epoch",
    ...Object.fromEntries(row(record)),
    best,
    rowsPerSecond,
    milliseconds,
  }),
  CheckpointWritten: ({ _tag, ...rest }) => ({ event: "checkpoint", ...rest }),
  StoppedEarly: ({ _tag, ...rest }) => ({ event: "stopped_early", ...rest }),
  Finished: ({ best, step }) => ({ event: "finished", step, ...(best === undefined ? {} : { best }) }),
}

/** An event as it is written; the tensors of the last one stay behind. */
export const told = (event: RunEvent): Told => {
  const teller = tellers[event._tag] as (event: RunEvent) => Told
  return teller(event)
}

/** What is told, as a line, at a time. */
export const line = (what: Told, at: Date): string => printableJson({ version, time: at.toISOString(), ...what })
