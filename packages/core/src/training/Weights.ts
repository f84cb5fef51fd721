/**
 * The weights of a net, its parameters and its state, in one safetensors file: to keep a trained net and to predict with it in
 * another program. The `weights.safetensors` of a checkpoint is such a file.
 */
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Path from "effect/Path"
import type * as PlatformError from "effect/PlatformError"
import { systemReason } from "../data/systemReason.ts"
import type { Initial, Net } from "../learning/Net.ts"
import * as Key from "../tensor/Key.ts"
import type * as ShapeTree from "../types/ShapeTree.ts"
import { CheckpointError } from "./CheckpointError.ts"
import * as Safetensors from "./Safetensors.ts"
import { arraysIn, encoded, named, readFile, syncDirectory, writeSynced } from "./treeFile.ts"

type Files = FileSystem.FileSystem | Path.Path

/** Weights as the bytes of a safetensors file, for a page or a database. */
export const encode = ({ params, state }: Initial<unknown, unknown>): Uint8Array => Safetensors.encode(named({ params, state }))

/**
 * The weights in the bytes of a file that `encode` or `save` wrote, for a net and samples of a shape. Fails with
 * `CheckpointError`, which names the array that does not fit; `file` names the file there.
 */
export const decode = <P, S, X, Y>(
  bytes: Uint8Array,
  net: Net<P, S, X, Y>,
  input: ShapeTree.Of<X>,
  file = "weights",
): Effect.Effect<Initial<P, S>, CheckpointError> => {
  const { params, state } = net.init(Key.make(0), input)
  return arraysIn(file, bytes, { params, state }, "the net that these weights were saved with")
}

/**
 * Writes weights, such as those of `Train.finished`, to a file: in a temporary folder beside it, synced and renamed, so that a crash
 * leaves the old file or the new one. Several may save to one file at once: the last to finish stays. Fails with `CheckpointError`.
 */
export const save = (file: string, weights: Initial<unknown, unknown>): Effect.Effect<void, CheckpointError, Files> =>
  Effect.gen(function* () {
    const [fs, path] = [yield* FileSystem.FileSystem, yield* Path.Path]
    const [directory, name] = [path.dirname(file), path.basename(file)]
    // A place of its own, since others may save to the same file meanwhile: the last one to finish stays, whole.
    const aside = path.join(yield* fs.makeTempDirectoryScoped({ directory, prefix: `${name}.` }), name)
    yield* writeSynced(aside, yield* encoded({ params: weights.params, state: weights.state }))
    yield* fs.rename(aside, file)
    yield* syncDirectory(directory)
  }).pipe(
    Effect.scoped,
    Effect.catchTag("PlatformError", (error) => {
      const hint = "check the folder, and the disk's space and rights"
      return new CheckpointError({ file, got: systemReason(error), wanted: "to write weights", hint, isUnwritten: true })
    }),
    Effect.uninterruptible,
  )

/** Reads the weights of a net, for samples of a shape, from a file. Fails with `CheckpointError` as `decode` does. */
export const load = <P, S, X, Y>(
  file: string,
  net: Net<P, S, X, Y>,
  input: ShapeTree.Of<X>,
): Effect.Effect<Initial<P, S>, CheckpointError, FileSystem.FileSystem> =>
  Effect.flatMap(Effect.catchTag(readFile(file), "PlatformError", unreadable(file)), (bytes) => decode(bytes, net, input, file))

const unreadable =
  (file: string) =>
  (error: PlatformError.PlatformError): CheckpointError =>
    new CheckpointError({ file, got: systemReason(error), wanted: "a file of weights", hint: "a file that Weights.save wrote" })
