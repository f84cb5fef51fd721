/** The events of a run as lines of JSON: the same on stdout under `--json` and in events.ndjson. */
import * as Json from "@adjoint/core/training/json"
import type { PretrainEvent } from "@adjoint/core/training/PretrainEvent"
import type { TrainEvent } from "@adjoint/core/training/TrainEvent"
import { escapedJson } from "@adjoint/dsl/diagnostic/Printable"
import { row as machineRow } from "./Machines.ts"
import { row } from "./Metrics.ts"

/** The version of the events. They grow by new fields and new events alone; anything else raises the number. */
export const version = 1

/** An event of a run: of its machines first, where it has any, then of the net. */
export type RunEvent = PretrainEvent | TrainEvent

/** Rows that an event names at most. */
const shownRows = 100

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
  OldCheckpointKept: ({ _tag, ...rest }) => ({ event: "old_checkpoint_kept", ...rest }),
  NonFiniteScore: ({ _tag, rows, ...rest }) => ({ event: "non_finite_score", ...rest, rows: rows.slice(0, shownRows) }),
  StoppedEarly: ({ _tag, ...rest }) => ({ event: "stopped_early", ...rest }),
  Finished: ({ best, step, weights }) => ({ event: "finished", step, weights, ...(best === undefined ? {} : { best }) }),
}

/** An event as it is written, without the tensors of the last one. */
export const told = (event: RunEvent): Told => {
  const teller = tellers[event._tag] as (event: RunEvent) => Told
  return teller(event)
}

/** An event as a line of JSON, with its time. */
export const line = (what: Told, at: Date): string => escapedJson(Json.print({ version, time: at.toISOString(), ...what }))
