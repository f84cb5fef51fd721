/** The events of a run as lines of JSON: the same on stdout under `--json` and in events.ndjson. */
import type { PretrainEvent } from "@adjoint/core/training/PretrainEvent"
import type { TrainEvent } from "@adjoint/core/training/TrainEvent"
import type { KeptEvent } from "../json/Events.ts"

/** An event of a run: of its machines first, where it has any, then of the net. */
export type RunEvent = PretrainEvent | TrainEvent

/** Rows that an event names at most. */
const shownRows = 100

type Kept<Name extends KeptEvent["event"]> = Extract<KeptEvent, { readonly event: Name }>

/** The name of each event on its line. */
interface Names {
  readonly StageStarted: "stage_started"
  readonly StageStepped: "stage_stepped"
  readonly StageScored: "stage_epoch"
  readonly StageFinished: "stage_finished"
  readonly Pretrained: "pretrained"
  readonly Started: "started"
  readonly Stepped: "stepped"
  readonly EpochScored: "epoch"
  readonly CheckpointWritten: "checkpoint"
  readonly OldCheckpointKept: "old_checkpoint_kept"
  readonly NonFiniteScore: "non_finite_score"
  readonly Rewound: "rewound"
  readonly LayersMeasured: "layers"
  readonly LayersSkipped: "layers_skipped"
  readonly StoppedEarly: "stopped_early"
  readonly Finished: "finished"
}

/** A value under a key, if there is one. */
const under = <const Key extends string, T>(key: Key, value: T | undefined): { readonly [K in Key]?: T } =>
  (value === undefined ? {} : { [key]: value }) as { readonly [K in Key]?: T }

const rowsOf = ({ train, validation }: { readonly train: number; readonly validation: number }) => ({ train, val: validation })

const writers: {
  readonly [T in RunEvent["_tag"]]: (event: Extract<RunEvent, { readonly _tag: T }>) => Kept<Names[T]>
} = {
  StageStarted: ({ _tag, rows, ...rest }) => ({ event: "stage_started", ...rest, rows: rowsOf(rows) }),
  StageStepped: ({ _tag, errors, ...rest }) => ({ event: "stage_stepped", ...rest, ...under("error", errors.at(-1)) }),
  StageScored: ({ _tag, validation, ...rest }) => ({ event: "stage_epoch", ...rest, ...under("val", validation) }),
  StageFinished: ({ layer, stage, stages }) => ({ event: "stage_finished", stage, stages, layer }),
  Pretrained: ({ machines }) => ({ event: "pretrained", stages: machines.length }),
  Started: ({ _tag, rows, ...rest }) => ({ event: "started", ...rest, rows: rowsOf(rows) }),
  Stepped: ({ _tag, losses, ...rest }) => ({ event: "stepped", ...rest, ...under("loss", losses.at(-1)) }),
  EpochScored: ({ _tag, validation, ...rest }) => ({ event: "epoch", ...rest, ...under("val", validation) }),
  CheckpointWritten: ({ _tag, directory, ...rest }) => ({ event: "checkpoint", ...rest, folder: directory }),
  OldCheckpointKept: ({ kind, path, reason }) => ({ event: "old_checkpoint_kept", kind, folder: path, reason }),
  NonFiniteScore: ({ _tag, rows, ...rest }) => ({ event: "non_finite_score", ...rest, rows: rows.slice(0, shownRows) }),
  Rewound: ({ _tag, rows, ...rest }) => ({ event: "rewound", ...rest, rows: rows.slice(0, shownRows) }),
  LayersMeasured: ({ _tag, ...rest }) => ({ event: "layers", ...rest }),
  LayersSkipped: ({ steps }) => ({ event: "layers_skipped", steps }),
  StoppedEarly: ({ best, epoch, monitor }) => ({ event: "stopped_early", monitor, epoch, ...under("best", best) }),
  Finished: ({ best, step, weights }) => ({ event: "finished", step, weights, ...under("best", best) }),
}

/** An event as it is written, without the tensors that some have. */
export const written = (event: RunEvent): KeptEvent => {
  const write = writers[event._tag] as (event: RunEvent) => KeptEvent
  return write(event)
}
