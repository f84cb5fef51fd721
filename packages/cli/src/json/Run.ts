/** The events of `train`. All but the first and the last are in the file events.ndjson of the run too. */
import * as Schema from "effect/Schema"
import { FoldResult, foldFields } from "./Folds.ts"
import { Layer } from "./Layer.ts"
import { Summary } from "./Summary.ts"
import { Count, Engine, event, Rows, Score, Scores, timed, Units } from "./Values.ts"

const { version: _, ...summary } = Summary.fields

const stage = { stage: Count, stages: Count, layer: Schema.String }
const steps = { epoch: Count, batch: Count, batches: Count }
const pace = { rowsPerSecond: Score, milliseconds: Schema.Finite }
const MachineScores = Schema.Struct({ error: Score, freeEnergy: Score })
const Kind = Schema.Literals(["best", "last"])
const best = Schema.optionalKey(Schema.Struct({ epoch: Count, value: Score }))

export const Planned = event("planned", "What `train --dry-run` would do.", {
  name: Schema.String,
  parameters: Count,
  rows: Rows,
  seed: Schema.Int,
  ...Engine,
  units: Schema.optionalKey(Units),
})

export const Run = timed("run", "The folder of the run was created.", {
  folder: Schema.String,
  units: Schema.optionalKey(Units),
})

export const StageStarted = timed("stage_started", "The training of a machine has begun.", {
  ...stage,
  units: Schema.String,
  visible: Count,
  hidden: Count,
  rows: Rows,
  epochs: Count,
  batchesPerEpoch: Count,
})

export const StageStepped = timed("stage_stepped", "Steps of a machine are done. At most five a second are printed.", {
  ...stage,
  ...steps,
  error: Schema.optionalKey(Score),
  milliseconds: Schema.Finite,
})

export const StageEpoch = timed("stage_epoch", "An epoch of a machine is done and scored.", {
  ...stage,
  epoch: Count,
  train: MachineScores,
  val: Schema.optionalKey(MachineScores),
  ...pace,
})

export const StageFinished = timed("stage_finished", "A machine is trained and saved.", stage)

export const Pretrained = timed("pretrained", "All machines are trained.", { stages: Count })

export const Started = timed("started", "Training has begun, or has been resumed from a checkpoint.", {
  parameters: Count,
  rows: Rows,
  epochs: Count,
  batchesPerEpoch: Count,
  ...Engine,
  /** Where it is resumed; all zero for a fresh run. */
  from: Schema.Struct({ epoch: Count, batch: Count, step: Count }),
})

export const Stepped = timed("stepped", "Steps are done. At most five a second are printed.", {
  ...steps,
  step: Count,
  loss: Schema.optionalKey(Score),
  milliseconds: Schema.Finite,
})

export const Epoch = timed("epoch", "An epoch is done and scored.", {
  epoch: Count,
  step: Count,
  learningRate: Score,
  train: Scores,
  val: Schema.optionalKey(Scores),
  /** Whether the monitored score is the best so far. */
  best: Schema.Boolean,
  ...pace,
})

export const Checkpoint = timed("checkpoint", "A checkpoint is on the disk.", {
  kind: Kind,
  folder: Schema.String,
  epoch: Count,
  step: Count,
})

export const OldCheckpointKept = timed("old_checkpoint_kept", "A replaced checkpoint could not be deleted.", {
  kind: Kind,
  folder: Schema.String,
  reason: Schema.String,
})

export const NonFiniteScore = timed("non_finite_score", "The loss of rows that are only scored is not finite.", {
  part: Schema.Literals(["train", "val", "test"]),
  epoch: Count,
  tensor: Schema.String,
  layer: Schema.String,
  value: Score,
  /** At most a hundred rows of the part that show it, counted from 0. */
  rows: Schema.Array(Count),
})

export const Rewound = timed("rewound", "A step left a non-finite value, and the run went back with a lower rate.", {
  /** Where the value appeared first. */
  tensor: Schema.String,
  layer: Schema.String,
  value: Score,
  /** At most a hundred training rows of the batch that show it, counted from 0. */
  rows: Schema.Array(Count),
  epoch: Count,
  step: Count,
  /** The epochs and the steps that are done where the run continues. */
  to: Schema.Struct({ epoch: Count, step: Count }),
  /** What the scheduled rate is multiplied by from now on. */
  factor: Schema.Finite,
  times: Count,
})

export const Layers = timed(
  "layers",
  "The layers of the net as they are in one step after an epoch: the callback watch_layers.",
  {
    epoch: Count,
    step: Count,
    layers: Schema.Array(Layer),
  },
)

export const LayersSkipped = timed(
  "layers_skipped",
  "The callback watch_layers measures no layers, since that would take more than 5 % of a run of so many steps.",
  { steps: Count },
)

export const StoppedEarly = timed("stopped_early", "The monitored score has stopped improving.", {
  monitor: Schema.String,
  epoch: Count,
  best,
})

export const Finished = timed("finished", "Training is over.", { step: Count, weights: Kind, best })

export const Summarized = timed("summary", "The result of a run, as in summary.json, however it ended.", {
  folder: Schema.String,
  ...summary,
})

export const FoldStarted = timed("fold_started", "The training of a fold has begun; the events of its run follow.", {
  ...foldFields,
  /** The place of the fold among all, counted from 1. */
  number: Count,
  of: Count,
  folder: Schema.String,
})

export const FoldScored = timed("fold_scored", "A fold is trained and scored.", FoldResult.fields)

/** The events of a run that are in events.ndjson too. */
export const Kept = Schema.Union([
  StageStarted,
  StageStepped,
  StageEpoch,
  StageFinished,
  Pretrained,
  Started,
  Stepped,
  Epoch,
  Checkpoint,
  OldCheckpointKept,
  NonFiniteScore,
  Rewound,
  Layers,
  LayersSkipped,
  StoppedEarly,
  Finished,
  FoldStarted,
  FoldScored,
])
