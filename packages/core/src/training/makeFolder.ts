/** Makes a folder and those above it. */
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Path from "effect/Path"
import type { PlatformError } from "effect/PlatformError"

/**
 * Makes a folder and those above it, one after the other: Node's own recursion never ends below `/proc`, where the system answers
 * that the folder above is missing although it is there.
 */
export const makeFolder = (folder: string): Effect.Effect<void, PlatformError, FileSystem.FileSystem | Path.Path> =>
  Effect.gen(function* () {
    const [fs, path] = [yield* FileSystem.FileSystem, yield* Path.Path]
    const isThere = fs.stat(folder).pipe(
      Effect.map(({ type }) => type === "Directory"),
      Effect.orElseSucceed(() => false),
    )
    if (yield* isThere) return
    const above = path.dirname(folder)
    if (above !== folder && !(yield* fs.exists(above))) yield* makeFolder(above)
    // Another process may make it meanwhile.
    yield* Effect.catch(fs.makeDirectory(folder), (error) =>
      Effect.flatMap(isThere, (made) => (made ? Effect.void : Effect.fail(error))),
    )
  })
