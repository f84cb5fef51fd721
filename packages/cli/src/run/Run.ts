/** A run that is on the disk: the model it trained, how its rows were prepared, and where its weights are. */
import { join } from "node:path"
import * as Fitted from "@adjoint/core/data/Fitted"
import * as PreprocessTree from "@adjoint/core/data/PreprocessTree"
import type { Params } from "@adjoint/core/learning/Params"
import * as Key from "@adjoint/core/tensor/Key"
import * as T from "@adjoint/core/tensor/Tensor"
import * as Checkpoint from "@adjoint/core/training/Checkpoint"
import type { CheckpointError } from "@adjoint/core/training/CheckpointError"
import type { Weights } from "@adjoint/core/training/Evaluate"
import type { Built } from "@adjoint/dsl/build/Build"
import type { Lock } from "@adjoint/dsl/prepare/Prepared"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import type * as Path from "effect/Path"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { FoldResult } from "../json/Folds.ts"
import { Summary } from "../json/Summary.ts"
import { RunError } from "../report/Failure.ts"
import { Command, readRecord, readText } from "./Records.ts"
import { checkResolved } from "./Resolved.ts"
import { files } from "./RunFolder.ts"

const Files = Schema.Array(Schema.Struct({ path: Schema.String, bytes: Schema.Int, sha256: Schema.String }))
const Rows = Schema.Struct({ train: Schema.Int, val: Schema.Int, test: Schema.Int })
const Numbers = Schema.Array(Schema.Finite)
const TargetRecord = Schema.Union([
  Schema.Struct({ counts: Numbers, weighed: Schema.optionalKey(Numbers) }),
  Schema.Struct({ yes: Numbers, rows: Schema.Finite }),
  Schema.Struct({ means: Numbers }),
])
const LockRecord = Schema.Struct({
  version: Schema.Literal(1),
  files: Files,
  rows: Rows,
  split: Schema.String,
  targets: Schema.optionalKey(Schema.Record(Schema.String, TargetRecord)),
})

export interface Run {
  readonly directory: string
  readonly command: Command
  readonly fitted: Fitted.FittedTree
  readonly lock: Lock
  /** Missing while the run is running, and for one that was killed. */
  readonly summary?: Summary
}

/** Opens a run's folder. Fails with `RunError` when its files are not those that a run writes, or were changed since. */
export const openRun = (directory: string): Effect.Effect<Run, RunError, FileSystem.FileSystem> =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const command = yield* readRecord(directory, files.command, Command)
    yield* checkResolved(directory, command)
    const lock = yield* readRecord(directory, files.lock, LockRecord)
    const fitted = Fitted.parseTree(yield* readText(directory, files.preprocess))
    if (Result.isFailure(fitted))
      return yield* new RunError({ message: `${join(directory, files.preprocess)}: ${fitted.failure.message}` })
    const ended = yield* Effect.orElseSucceed(fs.exists(join(directory, files.summary)), () => false)
    const summary = ended ? { summary: yield* readRecord(directory, files.summary, Summary) } : {}
    return { directory, command, lock, fitted: fitted.success, ...summary }
  })

/** The folds of a cross-validation that are scored, in their order; none for any other run. */
export const foldsIn = (directory: string): Effect.Effect<ReadonlyArray<FoldResult>, RunError, FileSystem.FileSystem> =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const isThere = yield* Effect.orElseSucceed(fs.exists(join(directory, files.foldScores)), () => false)
    return isThere ? yield* readRecord(directory, files.foldScores, Schema.Array(FoldResult)) : []
  })

/** Where a checkpoint of a run is. */
export const checkpointOf = (directory: string, kind: "best" | "last"): string => join(directory, files.checkpoints, kind)

/** Whether a run has a checkpoint of a kind. */
export const hasCheckpoint = (directory: string, kind: "best" | "last"): Effect.Effect<boolean, never, FileSystem.FileSystem> =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const path = checkpointOf(directory, kind)
    return (yield* fs.exists(path)) || (yield* fs.exists(`${path}.old`))
  }).pipe(Effect.orElseSucceed(() => false))

/** The checkpoint that a run ends with, where it has one of each kind. */
export const endsWith = ({ earlyStop }: Pick<Built, "earlyStop">): Summary["weights"] =>
  earlyStop?.restoreBest === true ? "best" : "last"

/** The checkpoint that a run stands for: the one that its summary names, or would name if the run ended now. */
export const standing = ({ directory, summary }: Run, built: Pick<Built, "earlyStop">) =>
  Effect.gen(function* () {
    const wanted = summary?.weights ?? endsWith(built)
    for (const kind of [wanted, "best", "last"] as const) if (yield* hasCheckpoint(directory, kind)) return kind
    const [first] = yield* foldsIn(directory)
    if (first !== undefined)
      return yield* new RunError({
        message: `${directory} is a cross-validation, which has a model for each fold`,
        hint: `name one of them, such as ${join(directory, first.run)}`,
      })
    const hint = "train it again: it ended before its first checkpoint"
    return yield* new RunError({ message: `${directory} has no checkpoint`, hint })
  })

/** What a net's weights look like for the samples of a run, whatever their numbers. */
const like = (net: Built["net"], { fitted }: Run) => net.init(Key.make(0), PreprocessTree.sample(fitted))

/** What of training says which weights a checkpoint is kept for. */
type Scoring = Pick<Built, "earlyStop" | "net" | "optimizer" | "scored">

/** The weights that a checkpoint is kept for, those that training scored, with the progress they belong to. */
const scoredIn = (
  checkpoint: string,
  { optimizer, scored }: Pick<Scoring, "optimizer" | "scored">,
  like: Weights<Params, Params>,
): Effect.Effect<Checkpoint.SavedWeights<Params, Params>, CheckpointError, FileSystem.FileSystem | Path.Path> =>
  scored === undefined
    ? Checkpoint.loadWeights(checkpoint, like)
    : Effect.map(
        Checkpoint.load(checkpoint, { ...like, optimizer: optimizer.init(like.params), step: T.scalar(0, "i32") }),
        ({ progress, state }) => ({ params: scored(state), state: state.state, progress }),
      )

/** The weights that a run stands for. Fails with `RunError` for a checkpoint of another run. */
export const weightsOf = (
  run: Run,
  built: Scoring,
): Effect.Effect<Weights<Params, Params>, RunError | CheckpointError, FileSystem.FileSystem | Path.Path> =>
  Effect.gen(function* () {
    const checkpoint = checkpointOf(run.directory, yield* standing(run, built))
    const { params, progress, state } = yield* scoredIn(checkpoint, built, like(built.net, run))
    if (progress.fingerprint === run.command.fingerprint) return { params, state }
    const message = `${checkpoint} is a checkpoint of another run: its data or settings are not those of ${run.directory}`
    return yield* new RunError({ message, hint: "put the run's own checkpoint back, or train again" })
  })

/** Fails unless rows are those that a run was trained on. */
export const sameRows = ({ directory, lock }: Run, now: Lock): Effect.Effect<void, RunError> => {
  const changed = lock.files.flatMap(({ path, sha256 }, i) => (now.files[i]?.sha256 === sha256 ? [] : [path]))
  if (changed.length === 0 && now.split === lock.split) return Effect.void
  const what = changed.length === 0 ? "the rows are divided in another way" : `${changed.join(" and ")} changed`
  const hint = "its test rows are no longer the ones it never saw: put the data back, or train again"
  return Effect.fail(new RunError({ message: `${what} since ${directory} was trained`, hint }))
}
