/** Resuming a run: what must be the same, and what is read back. */
import type { Engine } from "@adjoint/core/engines/Engine"
import type { Params } from "@adjoint/core/learning/Params"
import * as Checkpoint from "@adjoint/core/training/Checkpoint"
import type { CheckpointError } from "@adjoint/core/training/CheckpointError"
import { shouldStop } from "@adjoint/core/training/Monitor"
import type { Progress } from "@adjoint/core/training/Progress"
import * as Train from "@adjoint/core/training/Train"
import { another, differences } from "@adjoint/dsl/check/Differences"
import { locate, sort } from "@adjoint/dsl/diagnostic/Diagnostic"
import { read } from "@adjoint/dsl/Read"
import { fromText } from "@adjoint/dsl/source/Source"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import type * as Path from "effect/Path"
import type * as PlatformError from "effect/PlatformError"
import type { Sound } from "../model/ModelFile.ts"
import { essence, type Training } from "../model/Training.ts"
import { Changed, RunError, UsageError } from "../report/Failure.ts"
import type { Config } from "./Config.ts"
import { writerOf } from "./Leftovers.ts"
import { readText } from "./Records.ts"
import { checkpointOf, hasCheckpoint, type Run, sameRows } from "./Run.ts"
import { files } from "./RunFolder.ts"

type Resumed = NonNullable<Config["resume"]>

/** Fails unless a model file describes the run that began, with the keys in which it differs. */
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

/** Whatever else identifies a run, beside the keys of its model file and its rows. */
const sameRun = (run: Run, training: Training): Effect.Effect<void, RunError> =>
  training.fingerprint === run.command.fingerprint
    ? Effect.void
    : Effect.fail(
        new RunError({
          message: `this is not the run that ${run.directory} began`,
          hint: "another version of adjoint wrote it: train again",
        }),
      )

/** What computes, and how it rounds. */
type Arithmetic = Pick<Engine["Service"], "name" | "numerics">

/** The bits of a run are those of its engine's arithmetic, so neither another engine nor other rounding can resume it. */
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

/** Fails unless a run can be resumed: the same rows, computed in the same way. */
export const same = (run: Run, training: Training, engine: Arithmetic): Effect.Effect<void, RunError> =>
  Effect.gen(function* () {
    yield* sameRows(run, training.prepared.lock)
    yield* sameRun(run, training)
    yield* sameArithmetic(run, engine)
  })

/** Fails while a process writes the run: its checkpoints are replaced under whoever copies them, and both would train the same. */
export const notRunning = ({ directory }: Run): Effect.Effect<void, UsageError, FileSystem.FileSystem> =>
  Effect.flatMap(writerOf(directory), (pid) =>
    pid === undefined
      ? Effect.void
      : Effect.fail(
          new UsageError({
            message: `${directory} is still running, in process ${pid}`,
            hint: `wait for its end, or interrupt it (kill -INT ${pid}): then it saves what it has done`,
          }),
        ),
  )

/** Whether nothing is left to train. */
const isTrained = ({ earlyStop, epochs }: Config, progress: Progress): boolean =>
  (earlyStop !== undefined && shouldStop(earlyStop, progress)) || (progress.epoch >= epochs && progress.batch === 0)

/**
 * What a run resumes from; `undefined` for a run that has no checkpoint yet and starts at its first step. A run that is trained
 * and has no result is resumed for its result. Fails unless it is the same run on the same rows, engine and numerics, and
 * something is left to do.
 */
export const resumeFrom = (
  run: Run,
  training: Training,
  config: Config,
  engine: Arithmetic,
): Effect.Effect<Resumed | undefined, RunError | UsageError | CheckpointError, FileSystem.FileSystem | Path.Path> =>
  Effect.gen(function* () {
    yield* same(run, training, engine)
    const { directory, summary } = run
    if (!(yield* hasCheckpoint(directory, "last"))) return undefined
    const initial = Train.initial(config)
    const last = yield* Checkpoint.load<Params, Params, Params>(checkpointOf(directory, "last"), initial)
    const { progress } = last
    const hasResult = summary?.status === "finished" || summary?.status === "stopped early"
    if (hasResult && isTrained(config, progress)) {
      const isStopped = summary.status === "stopped early"
      return yield* new UsageError({
        message: `${directory} is complete: ${isStopped ? "it was stopped early" : `it has had its ${progress.epoch} epochs`}`,
        ...(isStopped ? {} : { hint: "to go further: --set train.epochs=…" }),
      })
    }
    if (!(yield* hasCheckpoint(directory, "best"))) return { last }
    const best = yield* Checkpoint.load<Params, Params, Params>(checkpointOf(directory, "best"), initial)
    // The run had a better epoch after its last checkpoint. Training repeats that epoch, unless it ends before.
    if (best.progress.epoch > config.epochs)
      return yield* new UsageError({
        message: `the best checkpoint of ${directory} is of epoch ${best.progress.epoch}, and training is to end after epoch ${config.epochs}`,
        hint: `--set train.epochs=${best.progress.epoch} or more`,
      })
    return { last, best: { params: config.scored?.(best.state) ?? best.state.params, state: best.state.state } }
  })

const copyCheckpoint = (kind: "best" | "last", from: string, to: string) =>
  Effect.gen(function* () {
    if (!(yield* hasCheckpoint(from, kind))) return
    const fs = yield* FileSystem.FileSystem
    const there = checkpointOf(from, kind)
    const source = (yield* fs.exists(there)) ? there : `${there}.old`
    const aside = `${checkpointOf(to, kind)}.new`
    yield* fs.copy(source, aside)
    yield* fs.rename(aside, checkpointOf(to, kind))
  })

/** Copies the checkpoints of a run into the one that resumes it, which can itself be resumed from then on. */
export const inherit = (from: string, to: string): Effect.Effect<void, PlatformError.PlatformError, FileSystem.FileSystem> =>
  Effect.andThen(copyCheckpoint("best", from, to), copyCheckpoint("last", from, to))
