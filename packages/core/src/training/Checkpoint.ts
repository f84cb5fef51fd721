/**
 * A checkpoint is everything a run needs to go on as if it had never stopped: one directory with the weights, the
 * optimizer's state and where the run stands. It is written beside its place, synced and renamed, so that there is
 * always a whole one.
 */
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Path from "effect/Path"
import type * as PlatformError from "effect/PlatformError"
import * as Result from "effect/Result"
import { systemWords } from "../data/systemWords.ts"
import type { Tensor } from "../language/Expr.ts"
import { readAll } from "../tensor/read.ts"
import type { NDArray } from "../words/NDArray.ts"
import { printSpec } from "../words/ShapeError.ts"
import * as Tree from "../words/Tree.ts"
import { CheckpointError } from "./CheckpointError.ts"
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

/** A run, stopped. */
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

const failed =
  (file: string, wanted: string, hint: string) =>
  (error: PlatformError.PlatformError): CheckpointError =>
    new CheckpointError({ file, got: systemWords(error), wanted, hint })

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

/** Frees the place of an old checkpoint: removes it, or moves it aside where it cannot be removed. */
const clear = Effect.fnUntraced(function* (old: string) {
  const fs = yield* FileSystem.FileSystem
  yield* fs
    .remove(old, { recursive: true, force: true })
    .pipe(Effect.catchTag("PlatformError", () => fs.rename(old, old.replace(/old$/, `${Date.now()}.old`))))
})

/** How progress is written and read: loaded where there is a checkpoint, since it brings the schemas of effect with it. */
const progressText = Effect.promise(() => import("./Progress.ts"))

/** Writes a checkpoint as the directory `directory`, replacing the one that is there. Its parent must exist. */
export const save = (
  directory: string,
  { progress, state }: Checkpoint,
): Effect.Effect<void, CheckpointError, FileSystem.FileSystem | Path.Path> =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const [fresh, old] = [`${directory}.new`, `${directory}.old`]
    yield* fs.remove(fresh, { recursive: true, force: true })
    yield* fs.makeDirectory(fresh)
    const { print } = yield* progressText
    yield* writeSynced(path.join(fresh, files.weights), Safetensors.encode(named(weightsOf(state))))
    yield* writeSynced(path.join(fresh, files.optimizer), Safetensors.encode(named(restOf(state))))
    yield* writeSynced(path.join(fresh, files.progress), new TextEncoder().encode(print(progress)))
    yield* syncDirectory(fresh)
    // A directory that is not empty cannot be replaced in one move: between the two there is `.old`, which `load` knows.
    if (yield* fs.exists(directory)) {
      yield* clear(old)
      yield* fs.rename(directory, old)
    }
    yield* fs.rename(fresh, directory)
    yield* syncDirectory(path.dirname(directory))
    // What stays of it takes up room and does no other harm.
    yield* fs
      .remove(old, { recursive: true, force: true })
      .pipe(Effect.catchTag("PlatformError", (error) => Effect.logWarning(`${old} cannot be removed: ${systemWords(error)}`)))
  }).pipe(
    Effect.catchTag("PlatformError", (error) => {
      const hint = "check the disk's space and rights"
      const got = systemWords(error)
      return new CheckpointError({ file: directory, got, wanted: "to write a checkpoint", hint, isUnwritten: true })
    }),
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

const readArrays = Effect.fnUntraced(function* <T>(file: string, like: T) {
  const arrays = yield* Effect.fromResult(Safetensors.decode(yield* readFile(file), file))
  return yield* refill(file, arrays, like)
})

const whole = Effect.fnUntraced(function* (directory: string) {
  const fs = yield* FileSystem.FileSystem
  return (yield* fs.exists(directory)) ? directory : (yield* fs.exists(`${directory}.old`)) ? `${directory}.old` : directory
})

const reading = (directory: string) => failed(directory, "a checkpoint", "the folder of a run, or one of its checkpoints")

/** Reads a checkpoint back into a state like the given one, of which only the structure and shapes are looked at. */
export const load = <P, S, O>(
  directory: string,
  like: TrainState<P, S, O>,
): Effect.Effect<Checkpoint<P, S, O>, CheckpointError, FileSystem.FileSystem | Path.Path> =>
  Effect.gen(function* () {
    const path = yield* Path.Path
    const at = yield* whole(directory)
    const weights = yield* readArrays(path.join(at, files.weights), weightsOf(like))
    const rest = yield* readArrays(path.join(at, files.optimizer), restOf(like))
    const file = path.join(at, files.progress)
    const { parse } = yield* progressText
    const progress = parse(new TextDecoder().decode(yield* readFile(file)))
    if (Result.isFailure(progress))
      return yield* new CheckpointError({
        file,
        got: progress.failure.message,
        wanted: "where the run stood",
        hint: "an earlier checkpoint",
      })
    const state = { params: weights.params, net: weights.state, optimizer: rest.optimizer, step: rest.step } as TrainState<
      P,
      S,
      O
    >
    return { state, progress: progress.success }
  }).pipe(Effect.catchTag("PlatformError", (error) => reading(directory)(error)))

/** Reads only what predicting needs: the parameters and the net's own state. */
export const loadWeights = <P, S>(
  directory: string,
  like: Pick<TrainState<P, S>, "params" | "net">,
): Effect.Effect<Pick<TrainState<P, S>, "params" | "net">, CheckpointError, FileSystem.FileSystem | Path.Path> =>
  Effect.gen(function* () {
    const path = yield* Path.Path
    const weights = yield* readArrays(path.join(yield* whole(directory), files.weights), weightsOf(like))
    return { params: weights.params, net: weights.state } as Pick<TrainState<P, S>, "params" | "net">
  }).pipe(Effect.catchTag("PlatformError", (error) => reading(directory)(error)))
