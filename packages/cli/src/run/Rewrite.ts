/**
 * Replaces the text of a file that is the user's: links are followed, and the new text is written beside the file, synced
 * and renamed into its place, with the mode and the owner that the file had.
 */
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import type * as PlatformError from "effect/PlatformError"

type Rewriting = Effect.Effect<void, PlatformError.PlatformError, FileSystem.FileSystem>

const permissions = 0o7777

/** Replaces the text of a file. The file is unchanged where this fails, such as where its owner cannot be kept. */
export const rewrite = (file: string, text: string): Rewriting =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const target = yield* fs.realPath(file)
    const { gid, mode, uid } = yield* fs.stat(target)
    const aside = `${target}.${process.pid}.new`
    const replace = Effect.gen(function* () {
      yield* Effect.scoped(
        Effect.gen(function* () {
          // It is the author's alone until it has the mode of the file that it replaces.
          const handle = yield* fs.open(aside, { flag: "w", mode: 0o600 })
          yield* handle.writeAll(new TextEncoder().encode(text))
          yield* handle.sync
        }),
      )
      const made = yield* fs.stat(aside)
      const owner = Option.getOrUndefined(uid)
      const group = Option.getOrUndefined(gid)
      const isSame = Option.getOrUndefined(made.uid) === owner && Option.getOrUndefined(made.gid) === group
      if (!isSame && owner !== undefined && group !== undefined) yield* fs.chown(aside, owner, group)
      yield* fs.chmod(aside, mode & permissions)
      yield* fs.rename(aside, target)
    })
    yield* Effect.tapError(replace, () => Effect.ignore(fs.remove(aside, { force: true })))
  }).pipe(Effect.uninterruptible)
