/** What a run tells, as lines of JSON: the same on stdout under `--json` and in events.ndjson. */
import type { TrainEvent } from "@adjoint/core/training/TrainEvent"
import { row } from "./Metrics.ts"

/** The version of the events. They grow by new fields and new events alone; anything else raises the number. */
export const version = 1

type Told = { readonly event: string; readonly [field: string]: unknown }

const tellers: { readonly [T in TrainEvent["_tag"]]: (event: Extract<TrainEvent, { readonly _tag: T }>) => Told } = {
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
export const told = (event: TrainEvent): Told => {
  const teller = tellers[event._tag] as (event: TrainEvent) => Told
  return teller(event)
}

/** What is told, as a line, at a time. */
export const line = (what: Told, at: Date): string => JSON.stringify({ version, time: at.toISOString(), ...what })
