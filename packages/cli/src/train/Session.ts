/** Trains a run that is ready, shows its progress, and records it in its folder, however it ends. */
import { CheckpointError } from "@adjoint/core/training/CheckpointError"
import { NonFinite } from "@adjoint/core/training/NonFinite"
import type { PretrainEvent } from "@adjoint/core/training/PretrainEvent"
import type { Scores } from "@adjoint/core/training/Progress"
import type * as Shards from "@adjoint/core/training/Shards"
import * as Train from "@adjoint/core/training/Train"
import type { TrainEvent } from "@adjoint/core/training/TrainEvent"
import * as Effect from "effect/Effect"
import * as PlatformError from "effect/PlatformError"
import * as Stream from "effect/Stream"
import { emitNow } from "../json/Emit.ts"
import type { Summary } from "../json/Summary.ts"
import { balancedOf } from "../model/Balanced.ts"
import { diverged, nonFiniteScore, rewound } from "../model/Divergence.ts"
import { located } from "../model/Step.ts"
import type { Training } from "../model/Training.ts"
import { json as jsonProgress } from "../progress/Json.ts"
import * as Lines from "../progress/Lines.ts"
import { live } from "../progress/Live.ts"
import { plain } from "../progress/Plain.ts"
import { quiet } from "../progress/Quiet.ts"
import { Unsaved } from "../report/Failure.ts"
import { type Config, savingIn } from "../run/Config.ts"
import * as Ledger from "../run/Ledger.ts"
import * as Pretraining from "../run/Pretraining.ts"
import * as Recorder from "../run/Recorder.ts"
import { hasCheckpoint } from "../run/Run.ts"
import { isLive } from "../terminal/Capability.ts"
import { counted } from "../terminal/Format.ts"
import { World } from "../terminal/World.ts"
import { summaryOf, withoutVersion } from "./Closing.ts"
import type { Job } from "./Job.ts"
import { judge } from "./Judge.ts"
import type { Ready } from "./Ready.ts"

/** Where a run is recorded and how it is shown. */
export interface Place {
  readonly folder: string
  /** The name on the command line of what is resumed: this run, or the cross-validation that it is a fold of. */
  readonly reference: string
  readonly json: boolean
  /** The scores of a linear model on the same rows. */
  readonly linear: Scores | undefined
  /** Who computes the shards of a batch; the engine of the run unless given. */
  readonly workers?: Shards.Workers
}

const progressFor = ({ isFold }: Job, json: boolean) =>
  Effect.map(World, ({ env, stderr }) => {
    if (json) return jsonProgress()
    const isTerminal = isLive(env, stderr)
    return isFold ? quiet(isTerminal) : isTerminal ? live() : plain()
  })

/** What an event means for the user, besides the progress. */
const warn = (event: TrainEvent, training: Training) => {
  switch (event._tag) {
    case "OldCheckpointKept":
      return Lines.warning(`an old checkpoint could not be deleted: ${event.path}: ${event.reason}`, "delete it by hand")
    case "NonFiniteScore": {
      const { hint, message } = nonFiniteScore(event, training, training.prepared)
      return Lines.warning(message, hint)
    }
    case "Rewound":
      return Lines.warning(rewound(event, training))
    case "LayersSkipped":
      return Lines.warning(
        `watch_layers measures no layers: that would take more than 5 % of a run of ${counted(event.steps, "step")}`,
        "`watch_layers: { steps: 1 }` measures them after each epoch, and `adjoint diagnose` those of a finished run",
      )
    default:
      return Effect.void
  }
}

/** Whether a file of the run could not be written. */
const isUnwritten = (error: object): error is CheckpointError | PlatformError.PlatformError =>
  error instanceof CheckpointError ? error.isUnwritten === true : error instanceof PlatformError.PlatformError

/** How many machines are trained. */
interface Learned {
  readonly done: number
  readonly all: number
}

/** Trains the run, and returns its summary and weights. An interruption leaves a summary and a way to resume. */
export const train = (ready: Ready, { folder, json, linear, reference, workers }: Place) =>
  Effect.gen(function* () {
    const { job, machines, training } = ready
    const { typed: reading = training.sound.reading } = job
    const typed: Training = { ...training, sound: { ...training.sound, reading } }
    const config: Config = {
      ...ready.config,
      saving: savingIn(folder, training),
      ...(workers === undefined ? {} : { workers }),
    }
    const progress = yield* progressFor(job, json)
    const { setSaving } = yield* World
    const started = Date.now()
    let ledger = Ledger.open(config)
    let ended: Summary["status"] | undefined
    // Until the training of the net itself begins.
    let learned: Learned | undefined =
      machines === undefined ? undefined : { done: machines.length, all: training.built.pretrain?.length ?? 0 }

    const close = (rest: Pick<Summary, "status"> & Partial<Summary>) =>
      Effect.gen(function* () {
        const summary = summaryOf(ready, ledger, linear, { seconds: (Date.now() - started) / 1000, ...rest })
        yield* Recorder.end(folder, summary)
        ended = summary.status
        return summary
      })

    const record = (event: TrainEvent) =>
      Effect.gen(function* () {
        // The step is compiled. Before, all that there is of the run is on the disk.
        if (event._tag === "Started") setSaving(true)
        ledger = Ledger.enter(ledger, event)
        yield* Recorder.note(folder, event)
        yield* progress.tell(event)
        if (!json) yield* warn(event, typed)
      })

    const recordMachine = (event: PretrainEvent) =>
      Effect.gen(function* () {
        if (event._tag === "StageStarted") setSaving(true)
        // The machine is saved, and the next step is compiled.
        if (event._tag === "StageFinished") setSaving(false)
        if (event._tag === "StageFinished") learned = { done: event.stage, all: event.stages }
        if (event._tag === "Pretrained") learned = undefined
        yield* Recorder.note(folder, event)
        yield* progress.tell(event)
      })

    /** The training of the net, after that of its machines, where it has any. */
    const pretrained =
      machines === undefined
        ? Effect.succeed(config)
        : Effect.map(
            Pretraining.start(folder, training, config, machines, recordMachine),
            (start): Config => ({ ...config, start }),
          )

    const stopped = Effect.gen(function* () {
      // The interruption came when the result was written.
      if (ended !== undefined) return
      const summary = yield* close({ status: "interrupted" })
      // The whole reports the interruption of a fold.
      if (job.isFold) return
      if (json) return yield* emitNow({ event: "summary", folder, ...withoutVersion(summary) })
      const canResume = machines !== undefined || (yield* hasCheckpoint(folder, "last"))
      yield* Lines.interrupted(summary, reference, { canResume, ...(learned === undefined ? {} : { machines: learned }) })
    })

    return yield* Effect.flatMap(pretrained, (each) => Stream.runForEach(Train.run(each), record)).pipe(
      Effect.ensuring(progress.end),
      Effect.andThen(Effect.suspend(() => Effect.all([judge(training, ledger, record), balancedOf(training, ledger.weights)]))),
      Effect.flatMap(([judged, balanced]) =>
        close({ status: ledger.isStopped ? "stopped early" : "finished", ...judged, ...balanced }),
      ),
      Effect.map((summary) => ({ summary, weights: ledger.weights })),
      Effect.onInterrupt(() => Effect.ignore(stopped)),
      Effect.mapError((error) => (error instanceof NonFinite ? diverged(error, typed) : error)),
      Effect.mapError((error) => (isUnwritten(error) ? new Unsaved({ cause: error, reference }) : error)),
      Effect.tapError((error) => Effect.ignore(close({ status: "failed", failure: error.message }))),
      Effect.mapError(located(typed)),
      Effect.ensuring(Effect.sync(() => setSaving(false))),
    )
  })
