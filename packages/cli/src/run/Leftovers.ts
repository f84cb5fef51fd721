/** What a process that was killed leaves in a run's folder: files that were not renamed into their place, and checkpoints half replaced. */
import { readFileSync } from "node:fs"
import { hostname } from "node:os"
import { join } from "node:path"
import * as Checkpoint from "@adjoint/core/training/Checkpoint"
import type { CheckpointError } from "@adjoint/core/training/CheckpointError"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import type * as Path from "effect/Path"
import type * as PlatformError from "effect/PlatformError"
import * as Schema from "effect/Schema"
import { readRecord } from "./Records.ts"
import { checkpointOf } from "./Run.ts"
import { files, isRun, numbersIn } from "./RunFolder.ts"

const Writer = Schema.Struct({ host: Schema.optionalKey(Schema.String), pid: Schema.optionalKey(Schema.Int) })

/** Whether a process with this number exists on this machine. */
const exists = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    // It belongs to somebody else.
    return error instanceof Error && "code" in error && error.code === "EPERM"
  }
}

/** Ticks of a second in Linux's table of processes. */
const ticksPerSecond = 100

/** When a process started, in milliseconds since 1970, to a second; `undefined` where the host does not show it. */
const startOf = (pid: number): number | undefined => {
  try {
    const booted = Number(/^btime (\d+)$/m.exec(readFileSync("/proc/stat", "utf8"))?.[1])
    // The fields after the name, which is in parentheses and may hold spaces.
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ")
    const start = 1000 * (booted + Number(fields?.[19]) / ticksPerSecond)
    return Number.isFinite(start) ? start : undefined
  } catch {
    return undefined
  }
}

/** The start of a process is known to a second or two. */
const clockTolerance = 2000

/**
 * The process that writes a run now, if this machine knows it: a run that has no summary, whose process exists and was there when
 * the run began. Another process may have got the number of one that was killed.
 */
export const writerOf = (directory: string): Effect.Effect<number | undefined, never, FileSystem.FileSystem> =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    if (yield* fs.exists(join(directory, files.summary))) return undefined
    const { host, pid } = yield* readRecord(directory, files.environment, Writer)
    if (pid === undefined || pid === process.pid || host !== hostname() || !exists(pid)) return undefined
    const { mtime } = yield* fs.stat(join(directory, files.environment))
    const [began, start] = [Option.getOrUndefined(mtime)?.getTime(), startOf(pid)]
    return began !== undefined && start !== undefined && start > began + clockTolerance ? undefined : pid
  }).pipe(Effect.orElseSucceed(() => undefined))

/** Whether a run may still be written: it has no summary, and its process is not known to have ended. */
export const mayBeRunning = (directory: string): Effect.Effect<boolean, never, FileSystem.FileSystem> =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    if (yield* fs.exists(join(directory, files.summary))) return false
    const { host, pid } = yield* readRecord(directory, files.environment, Writer)
    return pid === undefined || host !== hostname() || (pid !== process.pid && exists(pid))
  }).pipe(Effect.orElseSucceed(() => true))

const entriesOf = (directory: string): Effect.Effect<ReadonlyArray<string>, never, FileSystem.FileSystem> =>
  Effect.flatMap(FileSystem.FileSystem, (fs) => Effect.orElseSucceed(fs.readDirectory(directory), () => []))

/** A file that `writeWhole` was writing. */
const aside = /\.\d+\.new$/

/** Removes files that were never renamed into their place. */
const removeAside = (directory: string) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    for (const entry of yield* entriesOf(directory))
      if (aside.test(entry)) yield* fs.remove(join(directory, entry), { force: true })
  })

/** Removes what was left in a run's folder, unless the run may still be written. */
export const tidy = (
  directory: string,
): Effect.Effect<void, CheckpointError | PlatformError.PlatformError, FileSystem.FileSystem | Path.Path> =>
  Effect.gen(function* () {
    if (!(yield* isRun(directory)) || (yield* mayBeRunning(directory))) return
    for (const kind of ["best", "last"] as const) yield* Checkpoint.recover(checkpointOf(directory, kind))
    for (const folder of [".", files.pretrain, files.plots]) yield* removeAside(join(directory, folder))
  })

/** The same for all runs of a name. What cannot be removed stays: it costs room alone. */
export const tidyAll = (parent: string): Effect.Effect<void, never, FileSystem.FileSystem | Path.Path> =>
  Effect.flatMap(numbersIn(parent), (numbers) =>
    Effect.forEach(numbers, (number) => Effect.ignore(tidy(join(parent, number))), { discard: true }),
  )
