/**
 * A checkpoint holds what a run needs to be resumed to the same bits: one directory with the weights, the optimizer's state
 * and the progress of the run. It is written under another name, synced and renamed, so a complete one always exists. Its
 * `state.json` holds hashes of the other files: a reader detects files that are damaged or were replaced while it read.
 */
import { TaggedError } from "effect/Data"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Path from "effect/Path"
import type * as PlatformError from "effect/PlatformError"
import * as Result from "effect/Result"
import * as Schedule from "effect/Schedule"
import { systemReason } from "../data/systemReason.ts"
import { letOthersRun } from "../engines/letOthersRun.ts"
import { inTurns } from "../engines/turns.ts"
import type { Tensor } from "../language/Expr.ts"
import { piecesOf } from "../types/Pieces.ts"
import { CheckpointError } from "./CheckpointError.ts"
import { contentHash } from "./contentHash.ts"
import type { Progress } from "./Progress.ts"
import { arraysIn, encoded, readFile, syncDirectory, writeSynced } from "./treeFile.ts"

/** The tensors that a training step reads and writes. */
export interface TrainState<P = unknown, S = unknown, O = unknown> {
  readonly params: P
  /** The state of the net, such as running statistics. */
  readonly state: S
  readonly optimizer: O
  /** Steps done: i32[]. */
  readonly step: Tensor
}

/** A saved checkpoint that could not be deleted after its successor was written, and why. */
export interface Undeleted {
  readonly path: string
  readonly reason: string
}

/** The result of saving: where the checkpoint is, and what could not be deleted. */
export interface Saved {
  readonly directory: string
  readonly undeleted?: Undeleted
}

/** The state of a run between two steps. */
export interface Checkpoint<P = unknown, S = unknown, O = unknown> {
  readonly state: TrainState<P, S, O>
  readonly progress: Progress
}

const files = { weights: "weights.safetensors", optimizer: "optimizer.safetensors", progress: "state.json" } as const

/** What fits the arrays of a checkpoint. */
const hint = "the model file of this checkpoint"

const weightsOf = ({ params, state }: Pick<TrainState, "params" | "state">) => ({ params, state })

const restOf = ({ optimizer, step }: TrainState) => ({ optimizer, step })

/** The codec of progress, loaded with the first checkpoint because it loads effect's schemas. */
const progressText = Effect.promise(() => import("./Progress.ts"))

/** The hash of bytes, computed in pieces between which other work runs. */
const hashed = (bytes: Uint8Array): Effect.Effect<string> =>
  Effect.suspend(() => Effect.orDie(inTurns(piecesOf(contentHash, bytes))))

/** The names and bytes of a checkpoint's files. */
const filesOf = Effect.fnUntraced(function* ({ progress, state }: Checkpoint) {
  const { print } = yield* progressText
  const weights = yield* encoded(weightsOf(state))
  const optimizer = yield* encoded(restOf(state))
  const hashes = { weights: yield* hashed(weights), optimizer: yield* hashed(optimizer) }
  yield* letOthersRun
  const text = print(progress, hashes)
  return [
    [files.weights, weights],
    [files.optimizer, optimizer],
    [files.progress, new TextEncoder().encode(text)],
  ] as const
})

/** Removes a replaced checkpoint. If that fails, renames it, so that the next one can be saved. */
const discard = Effect.fnUntraced(function* (old: string, to: string) {
  const fs = yield* FileSystem.FileSystem
  return yield* fs.remove(old, { recursive: true, force: true }).pipe(
    Effect.as<Undeleted | undefined>(undefined),
    Effect.catchTag("PlatformError", (error) =>
      Effect.map(
        Effect.match(fs.rename(old, to), { onFailure: () => old, onSuccess: () => to }),
        (path): Undeleted => ({ path, reason: systemReason(error) }),
      ),
    ),
  )
})

/** An unused path beside a checkpoint, for one that cannot be deleted: `last.1.old`. */
const unusedPath = Effect.fnUntraced(function* (directory: string) {
  const fs = yield* FileSystem.FileSystem
  for (let n = 1; ; n++) if (!(yield* fs.exists(`${directory}.${n}.old`))) return `${directory}.${n}.old`
})

/**
 * Writes a checkpoint as the directory `directory` and replaces the existing one. Its parent must exist. A predecessor that
 * cannot be deleted is reported in the result and is not a failure.
 *
 * A crash at any moment leaves a complete checkpoint: `directory`, or between the two renames `directory.old`, which `load`
 * reads too. The next `save` or `recover` removes leftovers.
 */
export const save = (
  directory: string,
  checkpoint: Checkpoint,
): Effect.Effect<Saved, CheckpointError, FileSystem.FileSystem | Path.Path> =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const [next, old] = [`${directory}.new`, `${directory}.old`]
    yield* fs.remove(next, { recursive: true, force: true })
    yield* fs.makeDirectory(next)
    for (const [name, bytes] of yield* filesOf(checkpoint)) yield* writeSynced(path.join(next, name), bytes)
    yield* syncDirectory(next)
    // A rename cannot replace a directory that is not empty. So there are two renames, and between them `load` reads `.old`.
    // Without `directory`, `.old` is the only complete checkpoint and stays until the new one is in place.
    if (yield* fs.exists(directory)) {
      if (yield* fs.exists(old)) yield* discard(old, yield* unusedPath(directory))
      yield* fs.rename(directory, old)
    }
    yield* fs.rename(next, directory)
    yield* syncDirectory(path.dirname(directory))
    if (!(yield* fs.exists(old))) return { directory }
    const undeleted = yield* discard(old, yield* unusedPath(directory))
    return { directory, ...(undeleted === undefined ? {} : { undeleted }) }
  }).pipe(
    Effect.catchTag("PlatformError", (error) => {
      const hint = "check the disk's space and rights"
      const got = systemReason(error)
      return new CheckpointError({ file: directory, got, wanted: "to write a checkpoint", hint, isUnwritten: true })
    }),
    Effect.uninterruptible,
  )

/**
 * Renames a checkpoint back after a crash between two renames, and removes the leftovers of an interrupted `save`. No other
 * process may write the checkpoint meanwhile. Leftovers that cannot be removed stay.
 */
export const recover = (directory: string): Effect.Effect<void, CheckpointError, FileSystem.FileSystem | Path.Path> =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const [parent, name] = [path.dirname(directory), path.basename(directory)]
    if (!(yield* fs.exists(parent))) return
    if (!(yield* fs.exists(directory)) && (yield* fs.exists(`${directory}.old`))) {
      yield* fs.rename(`${directory}.old`, directory)
      yield* syncDirectory(parent)
    }
    for (const entry of yield* fs.readDirectory(parent))
      if (entry.startsWith(`${name}.`) && /^(?:new|(?:\d+\.)?old)$/.test(entry.slice(name.length + 1)))
        yield* Effect.ignore(fs.remove(path.join(parent, entry), { recursive: true, force: true }))
  }).pipe(
    Effect.catchTag("PlatformError", (error) => readError(directory)(error)),
    Effect.uninterruptible,
  )

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/** The file of progress: the hashes of the other files, and the progress. */
const readProgress = Effect.fnUntraced(function* (file: string) {
  const { parse } = yield* progressText
  const text = new TextDecoder().decode(yield* readFile(file))
  const progress = parse(text)
  if (Result.isSuccess(progress)) return progress.success
  return yield* new CheckpointError({
    file,
    got: isJson(text) ? `other fields (${progress.failure.message})` : "text that is not JSON",
    wanted: "the progress of a run",
    hint: "an earlier checkpoint",
  })
})

const existingDirectory = Effect.fnUntraced(function* (directory: string) {
  const fs = yield* FileSystem.FileSystem
  return (yield* fs.exists(directory)) ? directory : (yield* fs.exists(`${directory}.old`)) ? `${directory}.old` : directory
})

const readError =
  (directory: string) =>
  (error: PlatformError.PlatformError): CheckpointError =>
    new CheckpointError({
      file: directory,
      got: systemReason(error),
      wanted: "a checkpoint",
      hint: "the folder of a run, or one of its checkpoints",
    })

/** How often a checkpoint that changes during reading is read again, and the length of the first pause in milliseconds. */
const [retries, pause] = [6, 2]

/** A checkpoint was replaced during reading: its files do not belong together, or one of them is missing. */
class Replaced extends TaggedError("Replaced")<{ readonly error: CheckpointError }> {}

/** A checkpoint whose progress names other files than are there. */
const mixed = (directory: string): Replaced =>
  new Replaced({
    error: new CheckpointError({
      file: directory,
      got: "files that do not belong together",
      wanted: `the files that ${files.progress} names`,
      hint: "another checkpoint; this one is damaged, or a run is writing it",
    }),
  })

/** Reads again, after a pause, a checkpoint that a run replaced meanwhile. */
const retryWhileReplaced = <A, R>(
  directory: string,
  read: Effect.Effect<A, CheckpointError | PlatformError.PlatformError | Replaced, R>,
): Effect.Effect<A, CheckpointError, R> => {
  const attempt: Effect.Effect<A, CheckpointError | Replaced, R> = Effect.catchTag(
    read,
    "PlatformError",
    (error) => new Replaced({ error: readError(directory)(error) }),
  )
  const retried = Effect.retry(attempt, {
    while: ({ _tag }) => _tag === "Replaced",
    schedule: Schedule.exponential(pause),
    times: retries,
  })
  return Effect.mapError(retried, (error) => (error._tag === "Replaced" ? error.error : error))
}

/**
 * Reads a checkpoint as a state with the structure and shapes of `like`. A checkpoint that a run replaces meanwhile is read
 * as the old one or the new one, never as a mixture.
 */
export const load = <P, S, O>(
  directory: string,
  like: TrainState<P, S, O>,
): Effect.Effect<Checkpoint<P, S, O>, CheckpointError, FileSystem.FileSystem | Path.Path> =>
  retryWhileReplaced(
    directory,
    Effect.gen(function* () {
      const path = yield* Path.Path
      const at = yield* existingDirectory(directory)
      const [weightsFile, restFile] = [path.join(at, files.weights), path.join(at, files.optimizer)]
      const [weightsBytes, restBytes] = [yield* readFile(weightsFile), yield* readFile(restFile)]
      const { hashes, progress } = yield* readProgress(path.join(at, files.progress))
      if (hashes.weights !== (yield* hashed(weightsBytes)) || hashes.optimizer !== (yield* hashed(restBytes)))
        return yield* mixed(directory)
      const weights = yield* arraysIn(weightsFile, weightsBytes, weightsOf(like), hint)
      const rest = yield* arraysIn(restFile, restBytes, restOf(like), hint)
      const { optimizer, step } = rest
      const { params, state } = weights
      return { state: { params, state, optimizer, step } as TrainState<P, S, O>, progress }
    }),
  )

/** The weights of a checkpoint, and the progress that they belong to. */
export interface SavedWeights<P, S> extends Pick<TrainState<P, S>, "params" | "state"> {
  readonly progress: Progress
}

/**
 * Reads only the weights, the parameters and the state of the net, with the progress. Fails with `CheckpointError` as `load` does, also for
 * weights other than those that the checkpoint was written with.
 */
export const loadWeights = <P, S>(
  directory: string,
  like: Pick<TrainState<P, S>, "params" | "state">,
): Effect.Effect<SavedWeights<P, S>, CheckpointError, FileSystem.FileSystem | Path.Path> =>
  retryWhileReplaced(
    directory,
    Effect.gen(function* () {
      const path = yield* Path.Path
      const at = yield* existingDirectory(directory)
      const file = path.join(at, files.weights)
      const bytes = yield* readFile(file)
      const { hashes, progress } = yield* readProgress(path.join(at, files.progress))
      const { params, state } = yield* arraysIn(file, bytes, weightsOf(like), hint)
      if (hashes.weights !== (yield* hashed(bytes))) return yield* mixed(directory)
      return { params, state, progress } as SavedWeights<P, S>
    }),
  )
