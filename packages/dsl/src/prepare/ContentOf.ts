/** Where the content of a file is on the disk. */
import { dirname, resolve } from "node:path"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"

/**
 * The file that a link leads to; any other file itself. Readers by offset open paths of the disk, which those of a `FileSystem` may not
 * be: a worker of a study reads files under the names that they have elsewhere.
 */
export const contentOf = (file: string): Effect.Effect<string, never, FileSystem.FileSystem> =>
  Effect.flatMap(FileSystem.FileSystem, (fs) => fs.readLink(file)).pipe(
    Effect.map((target) => resolve(dirname(file), target)),
    Effect.orElseSucceed(() => file),
  )
