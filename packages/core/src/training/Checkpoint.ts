/**
 * A checkpoint is everything that a run needs to be resumed as if it had never stopped: one directory with the weights, the
 * optimizer's state and the progress of the run. It is written beside its place, synced and renamed, so that there is
 * always a whole one. Its `state.json` holds the hashes of the other files, by which a reader recognizes files that were
 * damaged or replaced while it read.
 */
import { TaggedError } from "effect/Data"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Path from "effect/Path"
import type * as PlatformError from "effect/PlatformError"
import * as Result from "effect/Result"
import * as Schedule from "effect/Schedule"
import { systemWords } from "../data/systemWords.ts"
import type { Tensor } from "../language/Expr.ts"
import { readAll } from "../tensor/read.ts"
import type { NDArray } from "../types/NDArray.ts"
import { printSpec } from "../types/ShapeError.ts"
import * as Tree from "../types/Tree.ts"
import { CheckpointError } from "./CheckpointError.ts"
import { contentHash } from "./contentHash.ts"
import type { Progress } from "./Progress.ts"
import * as Safetensors from "./Safetensors.ts"

/** The tensors of a run: all that a step reads and writes. */
export interface TrainState<P = unknown, S = unknown, O = unknown> {
  readonly params: P
  /** What the net itself carries from batch to batch. */
  readonly net: S
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

/** The largest file that is read back: 4 GiB. */
const limit = 2 ** 32

const files = { weights: "weights.safetensors", optimizer: "optimizer.safetensors", progress: "state.json" } as const

const weightsOf = ({ net, params }: Pick<TrainState, "net" | "params">) => ({ params, state: net })

const restOf = ({ optimizer, step }: TrainState) => ({ optimizer, step })

/** A leaf's name in a file: its path, with what could be taken for the dots between names marked. */
const nameOf = (path: Tree.Path): string => path.map((key) => String(key).replaceAll(/[\\.]/g, "\\$&")).join(".")

const named = (tree: unknown): ReadonlyMap<string, NDArray> => {
  const entries = Tree.entries(tree)
  const arrays = readAll(entries.map(([, leaf]) => leaf as Tensor))
  return new Map(entries.map(([path], i) => [nameOf(path), arrays[i] as NDArray]))
}

const writeSynced = Effect.fnUntraced(function* (file: string, bytes: Uint8Array) {
  const fs = yield* FileSystem.FileSystem
  yield* Effect.scoped(
    Effect.gen(function* () {
      const handle = yield* fs.open(file, { flag: "w" })
      yield* handle.writeAll(bytes)
      yield* handle.sync
    }),
  )
})

const syncDirectory = Effect.fnUntraced(function* (directory: string) {
  const fs = yield* FileSystem.FileSystem
  yield* Effect.scoped(Effect.flatMap(fs.open(directory, { flag: "r" }), (handle) => handle.sync))
})

/** How progress is written and read: loaded with the first checkpoint, because it loads effect's schemas. */
const progressText = Effect.promise(() => import("./Progress.ts"))

/** The names and bytes of a checkpoint's files. */
const filesOf = Effect.fnUntraced(function* ({ progress, state }: Checkpoint) {
  const { print } = yield* progressText
  const weights = Safetensors.encode(named(weightsOf(state)))
  const optimizer = Safetensors.encode(named(restOf(state)))
  const text = print(progress, { weights: contentHash(weights), optimizer: contentHash(optimizer) })
  return [
    [files.weights, weights],
    [files.optimizer, optimizer],
    [files.progress, new TextEncoder().encode(text)],
  ] as const
})

/** Removes a checkpoint that has a successor. Where that fails, moves it out of the way, so that the next one can be saved. */
const discard = Effect.fnUntraced(function* (old: string, to: string) {
  const fs = yield* FileSystem.FileSystem
  return yield* fs.remove(old, { recursive: true, force: true }).pipe(
    Effect.as<Undeleted | undefined>(undefined),
    Effect.catchTag("PlatformError", (error) =>
      Effect.map(
        Effect.match(fs.rename(old, to), { onFailure: () => old, onSuccess: () => to }),
        (path): Undeleted => ({ path, reason: systemWords(error) }),
      ),
    ),
  )
})

/** A path beside a checkpoint that is not taken, for what cannot be deleted: `last.1.old`. */
const spare = Effect.fnUntraced(function* (directory: string) {
  const fs = yield* FileSystem.FileSystem
  for (let n = 1; ; n++) if (!(yield* fs.exists(`${directory}.${n}.old`))) return `${directory}.${n}.old`
})

/**
 * Writes a checkpoint as the directory `directory`, replacing the one that is there. Its parent must exist. A predecessor
 * that cannot be deleted is reported in the result and is no failure.
 *
 * A crash at any moment leaves a whole checkpoint: `directory`, or `directory.old` between the two renames, which `load`
 * reads as well; the next `save` or `recover` removes what else is left.
 */
export const save = (
  directory: string,
  checkpoint: Checkpoint,
): Effect.Effect<Saved, CheckpointError, FileSystem.FileSystem | Path.Path> =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const [fresh, old] = [`${directory}.new`, `${directory}.old`]
    yield* fs.remove(fresh, { recursive: true, force: true })
    yield* fs.makeDirectory(fresh)
    for (const [name, bytes] of yield* filesOf(checkpoint)) yield* writeSynced(path.join(fresh, name), bytes)
    yield* syncDirectory(fresh)
    // A directory that is not empty cannot be replaced in one move: between the two there is `.old`, which `load` knows.
    // Without `directory`, `.old` is the only whole checkpoint, and stays until the new one is in place.
    if (yield* fs.exists(directory)) {
      if (yield* fs.exists(old)) yield* discard(old, yield* spare(directory))
      yield* fs.rename(directory, old)
    }
    yield* fs.rename(fresh, directory)
    yield* syncDirectory(path.dirname(directory))
    if (!(yield* fs.exists(old))) return { directory }
    const undeleted = yield* discard(old, yield* spare(directory))
    return { directory, ...(undeleted === undefined ? {} : { undeleted }) }
  }).pipe(
    Effect.catchTag("PlatformError", (error) => {
      const hint = "check the disk's space and rights"
      const got = systemWords(error)
      return new CheckpointError({ file: directory, got, wanted: "to write a checkpoint", hint, isUnwritten: true })
    }),
    Effect.uninterruptible,
  )

/**
 * Puts a checkpoint back in its place after a crash between two renames, and removes what an interrupted `save` left
 * beside it. Nobody may be writing it. Leftovers that cannot be removed stay.
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
    Effect.catchTag("PlatformError", (error) => reading(directory)(error)),
    Effect.uninterruptible,
  )

const readFile = Effect.fnUntraced(function* (file: string) {
  const fs = yield* FileSystem.FileSystem
  const { size } = yield* fs.stat(file)
  if (size > BigInt(limit))
    return yield* new CheckpointError({
      file,
      got: `${size} bytes`,
      wanted: `at most ${limit}`,
      hint: "is this a checkpoint's file?",
    })
  return yield* fs.readFile(file)
})

/** The arrays of a file put where `like` has leaves of their names; every one must be there with its kind and shape, and no other. */
const refill = <T>(file: string, arrays: ReadonlyMap<string, NDArray>, like: T): Effect.Effect<T, CheckpointError> => {
  const entries = Tree.entries(like)
  const hint = "the model file this checkpoint was made with"
  for (const [path, leaf] of entries) {
    const [name, wanted] = [nameOf(path), printSpec(leaf as Tensor)]
    const found = arrays.get(name)
    const got = found === undefined ? "nothing" : printSpec(found)
    if (got !== wanted) return Effect.fail(new CheckpointError({ file, got: `${got} for ${name}`, wanted, hint }))
  }
  if (arrays.size > entries.length) {
    const known = new Set(entries.map(([path]) => nameOf(path)))
    const extra = [...arrays.keys()].filter((name) => !known.has(name))
    return Effect.fail(new CheckpointError({ file, got: extra.join(", "), wanted: "only the arrays of this net", hint }))
  }
  return Effect.succeed(
    Tree.withLeaves(
      like,
      entries.map(([path]) => arrays.get(nameOf(path))),
    ) as T,
  )
}

/** The arrays of a file as a tree like the given one. */
const arraysIn = Effect.fnUntraced(function* <T>(file: string, bytes: Uint8Array, like: T) {
  const arrays = yield* Effect.fromResult(Safetensors.decode(bytes, file))
  return yield* refill(file, arrays, like)
})

/** The file of progress: the hashes of the other files, and the progress. */
const readProgress = Effect.fnUntraced(function* (file: string) {
  const { parse } = yield* progressText
  const progress = parse(new TextDecoder().decode(yield* readFile(file)))
  if (Result.isSuccess(progress)) return progress.success
  return yield* new CheckpointError({
    file,
    got: progress.failure.message,
    wanted: "the progress of a run",
    hint: "an earlier checkpoint",
  })
})

const whole = Effect.fnUntraced(function* (directory: string) {
  const fs = yield* FileSystem.FileSystem
  return (yield* fs.exists(directory)) ? directory : (yield* fs.exists(`${directory}.old`)) ? `${directory}.old` : directory
})

const reading =
  (directory: string) =>
  (error: PlatformError.PlatformError): CheckpointError =>
    new CheckpointError({
      file: directory,
      got: systemWords(error),
      wanted: "a checkpoint",
      hint: "the folder of a run, or one of its checkpoints",
    })

/** How often a checkpoint that changes while it is read is read again, and how long the first pause is, in milliseconds. */
const [retries, pause] = [6, 2]

/** A checkpoint that was replaced while it was read: its files do not belong together, or one of them is gone. */
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

/** Reads again, after a pause, what a run replaced meanwhile. */
const settled = <A, R>(
  directory: string,
  read: Effect.Effect<A, CheckpointError | PlatformError.PlatformError | Replaced, R>,
): Effect.Effect<A, CheckpointError, R> => {
  const attempt: Effect.Effect<A, CheckpointError | Replaced, R> = Effect.catchTag(
    read,
    "PlatformError",
    (error) => new Replaced({ error: reading(directory)(error) }),
  )
  const retried = Effect.retry(attempt, {
    while: ({ _tag }) => _tag === "Replaced",
    schedule: Schedule.exponential(pause),
    times: retries,
  })
  return Effect.mapError(retried, (error) => (error._tag === "Replaced" ? error.error : error))
}

/**
 * Reads a checkpoint back into a state like the given one, of which only the structure and shapes are used. A checkpoint
 * that a run replaces meanwhile is read as one state or the other, never as a mixture.
 */
export const load = <P, S, O>(
  directory: string,
  like: TrainState<P, S, O>,
): Effect.Effect<Checkpoint<P, S, O>, CheckpointError, FileSystem.FileSystem | Path.Path> =>
  settled(
    directory,
    Effect.gen(function* () {
      const path = yield* Path.Path
      const at = yield* whole(directory)
      const [weightsFile, restFile] = [path.join(at, files.weights), path.join(at, files.optimizer)]
      const [weightsBytes, restBytes] = [yield* readFile(weightsFile), yield* readFile(restFile)]
      const { hashes, progress } = yield* readProgress(path.join(at, files.progress))
      if (hashes.weights !== contentHash(weightsBytes) || hashes.optimizer !== contentHash(restBytes))
        return yield* mixed(directory)
      const weights = yield* arraysIn(weightsFile, weightsBytes, weightsOf(like))
      const rest = yield* arraysIn(restFile, restBytes, restOf(like))
      const { optimizer, step } = rest
      const { params, state: net } = weights
      return { state: { params, net, optimizer, step } as TrainState<P, S, O>, progress }
    }),
  )

/**
 * Reads only what predicting needs: the parameters and the net's own state. Fails with `CheckpointError` as `load` does,
 * so for weights that are not those that the checkpoint was written with too.
 */
export const loadWeights = <P, S>(
  directory: string,
  like: Pick<TrainState<P, S>, "params" | "net">,
): Effect.Effect<Pick<TrainState<P, S>, "params" | "net">, CheckpointError, FileSystem.FileSystem | Path.Path> =>
  settled(
    directory,
    Effect.gen(function* () {
      const path = yield* Path.Path
      const at = yield* whole(directory)
      const file = path.join(at, files.weights)
      const bytes = yield* readFile(file)
      const { hashes } = yield* readProgress(path.join(at, files.progress))
      const { params, state: net } = yield* arraysIn(file, bytes, weightsOf(like))
      if (hashes.weights !== contentHash(bytes)) return yield* mixed(directory)
      return { params, net } as Pick<TrainState<P, S>, "params" | "net">
    }),
  )
