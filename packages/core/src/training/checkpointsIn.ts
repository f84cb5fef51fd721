/** The checkpoints that `Loop.saveIn` wrote, for a program that starts a run and resumes it. */
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Path from "effect/Path"
import * as Checkpoints from "./Checkpoint.ts"
import type { CheckpointError } from "./CheckpointError.ts"

/**
 * The last checkpoint of a folder and the best one, if there is one, for a state like this; `undefined` if there are none. Fails with
 * `CheckpointError` for a damaged one, so that no run starts anew over it.
 */
export const checkpointsIn = <P, S, O>(
  folder: string,
  like: Checkpoints.TrainState<P, S, O>,
): Effect.Effect<
  { readonly last: Checkpoints.Checkpoint<P, S, O>; readonly best?: Checkpoints.Checkpoint<P, S, O> } | undefined,
  CheckpointError,
  FileSystem.FileSystem | Path.Path
> =>
  Effect.gen(function* () {
    const [fs, path] = [yield* FileSystem.FileSystem, yield* Path.Path]
    const [best, last] = [path.join(folder, "best"), path.join(folder, "last")]
    yield* Checkpoints.recover(last)
    yield* Checkpoints.recover(best)
    const exists = (file: string) => Effect.orElseSucceed(fs.exists(file), () => false)
    if (!(yield* exists(last))) return undefined
    const read = yield* Checkpoints.load(last, like)
    if (read.progress.best === undefined || !(yield* exists(best))) return { last: read }
    return { last: read, best: yield* Checkpoints.load(best, like) }
  })
