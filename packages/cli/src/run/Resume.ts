/** Taking up a run where it stopped: what must be the same, and what is read back. */
import { join } from "node:path"
import type { Engine } from "@adjoint/core/engines/Engine"
import type { Params } from "@adjoint/core/learning/Params"
import * as Checkpoint from "@adjoint/core/training/Checkpoint"
import type { CheckpointError } from "@adjoint/core/training/CheckpointError"
import { isOver } from "@adjoint/core/training/Monitor"
import * as Train from "@adjoint/core/training/Train"
import { another, differences } from "@adjoint/dsl/check/Differences"
import { locate, sort } from "@adjoint/dsl/diagnostic/Diagnostic"
import { read } from "@adjoint/dsl/Read"
import { fromText } from "@adjoint/dsl/source/Source"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import type * as Path from "effect/Path"
import type * as PlatformError from "effect/PlatformError"
import { Changed, RunError, UsageError } from "../Failure.ts"
import type { Sound } from "../ModelFile.ts"
import { essence, type Training } from "../Training.ts"
import type { Config } from "./Config.ts"
import { readText } from "./Records.ts"
import { checkpointOf, hasCheckpoint, type Run, sameRows, scoredIn } from "./Run.ts"
import { files } from "./RunFolder.ts"

type Resumed = NonNullable<Config["resume"]>

/** Fails unless a model file says what a run began with, with the keys in which it does not. */
export const sameModel = (
  { directory }: Run,
  { document, reading: { positions, source } }: Sound,
): Effect.Effect<void, Changed | RunError, FileSystem.FileSystem> =>
  Effect.gen(function* () {
    const { decoded } = read(fromText(files.resolved, yield* readText(directory, files.resolved)))
    const all = decoded === undefined ? [] : differences(essence(document), essence(decoded))
    if (all.length === 0) return
    const diagnostics = sort(another(all, directory, positions).map((finding) => locate(finding, positions)))
    return yield* new Changed({ diagnostics, source })
  })

/** Whatever else a run is of, beside the keys of its model file and its rows. */
const sameRun = (run: Run, training: Training): Effect.Effect<void, RunError> =>
  training.fingerprint === run.command.fingerprint
    ? Effect.void
    : Effect.fail(
        new RunError({
          message: `this is not the run that ${run.directory} began`,
          hint: "it was written by another version: train afresh",
        }),
      )

/** What computes, and how it rounds. */
type Arithmetic = Pick<Engine["Service"], "name" | "numerics">

/** The bits of a run are those of its engine's arithmetic, so another engine cannot go on with it, nor the same one rounding otherwise. */
const sameArithmetic = ({ command, directory }: Run, { name, numerics }: Arithmetic): Effect.Effect<void, RunError> => {
  const refuse = (was: string, is: string, hint: string) =>
    Effect.fail(new RunError({ message: `${directory} was computed ${was}, and ${is} would not give the same bits`, hint }))
  if (name !== command.engine) return refuse(`by the ${command.engine} engine`, name, `--engine ${command.engine}`)
  if (numerics !== command.numerics)
    return refuse(
      `in ${command.numerics} numerics`,
      numerics,
      `--numerics ${command.numerics}${command.numerics === "fast" ? ", on a machine with fused multiply-add" : ""}`,
    )
  return Effect.void
}

/** Fails unless a run can be gone on with: the same rows, computed in the same way. */
export const same = (run: Run, training: Training, engine: Arithmetic): Effect.Effect<void, RunError> =>
  Effect.gen(function* () {
    yield* sameRows(run, training.prepared.lock)
    yield* sameRun(run, training)
    yield* sameArithmetic(run, engine)
  })

/** What a run goes on from. Fails unless it is the same run on the same rows, engine and numerics, and has something left to do. */
export const resumeFrom = (
  run: Run,
  training: Training,
  config: Config,
  engine: Arithmetic,
): Effect.Effect<Resumed, RunError | UsageError | CheckpointError, FileSystem.FileSystem | Path.Path> =>
  Effect.gen(function* () {
    yield* same(run, training, engine)
    const { directory } = run
    if (!(yield* hasCheckpoint(directory, "last")))
      return yield* new RunError({ message: `${directory} has no checkpoint to go on from`, hint: "train it again" })
    const initial = Train.initial(config)
    const last = yield* Checkpoint.load<Params, Params, Params>(checkpointOf(directory, "last"), initial)
    const { progress } = last
    const isStopped = config.earlyStop !== undefined && isOver(config.earlyStop, progress)
    if (isStopped || (progress.epoch >= config.epochs && progress.batch === 0))
      return yield* new UsageError({
        message: `${directory} is complete: ${isStopped ? "it was stopped early" : `it has had its ${progress.epoch} epochs`}`,
        ...(isStopped ? {} : { hint: "to go further: --set train.epochs=…" }),
      })
    const best = (yield* hasCheckpoint(directory, "best"))
      ? { best: yield* scoredIn(checkpointOf(directory, "best"), config, initial) }
      : {}
    return { last, ...best }
  })

/** Puts a run's best checkpoint into the run that goes on from it, whole or not at all. */
export const inherit = (from: string, to: string): Effect.Effect<void, PlatformError.PlatformError, FileSystem.FileSystem> =>
  Effect.gen(function* () {
    if (!(yield* hasCheckpoint(from, "best"))) return
    const fs = yield* FileSystem.FileSystem
    const best = checkpointOf(from, "best")
    const source = (yield* fs.exists(best)) ? best : `${best}.old`
    const aside = join(checkpointOf(to, "best"), "..", "best.new")
    yield* fs.copy(source, aside)
    yield* fs.rename(aside, checkpointOf(to, "best"))
  })
