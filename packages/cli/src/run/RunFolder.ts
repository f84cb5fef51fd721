/**
 * A run folder is `runs/<name>/<number>`. A process takes a number by creating the folder, which only one can do, so a run
 * never writes into the folder of another, and no run is overwritten.
 */
import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import type * as PlatformError from "effect/PlatformError"
import { makeFolder } from "./Files.ts"

/** Where things are in a run folder. */
export const files = {
  model: "model.yaml",
  resolved: "resolved.yaml",
  command: "command.json",
  environment: "env.json",
  seeds: "seeds.json",
  lock: "data.lock.json",
  preprocess: "preprocess.json",
  metrics: "metrics.jsonl",
  metricsTable: "metrics.csv",
  events: "events.ndjson",
  summary: "summary.json",
  checkpoints: "checkpoints",
  pretrain: "pretrain",
  plots: "plots",
  folds: "folds",
  foldScores: "folds.json",
  report: "report.html",
  times: "layer-times.json",
} as const

const number = /^\d{4,}$/

/** The number of a run as folders write it. `printNumber(7) // => "0007"` */
export const printNumber = (n: number): string => String(n).padStart(4, "0")

/**
 * Whether a folder is a run's. What the run was asked for is written last of what describes it: a folder without that was
 * begun by a process that ended too early, and is no run.
 */
export const isRun = (directory: string): Effect.Effect<boolean, never, FileSystem.FileSystem> =>
  Effect.flatMap(FileSystem.FileSystem, (fs) => Effect.orElseSucceed(fs.exists(join(directory, files.command)), () => false))

/** Removes a folder that did not become a run. */
export const remove = (directory: string): Effect.Effect<void, PlatformError.PlatformError, FileSystem.FileSystem> =>
  Effect.flatMap(FileSystem.FileSystem, (fs) => fs.remove(directory, { recursive: true, force: true }))

/** The numbers of the folders of a name that are there, in rising order. */
export const numbersIn = (directory: string): Effect.Effect<ReadonlyArray<string>, never, FileSystem.FileSystem> =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const entries = yield* fs.readDirectory(directory)
    return entries.filter((entry) => number.test(entry)).sort((a, b) => Number(a) - Number(b))
  }).pipe(Effect.orElseSucceed(() => []))

/** Creates the next run folder of a name, with a folder for its checkpoints, and returns its path. */
export const allocate = (runs: string, name: string): Effect.Effect<string, PlatformError.PlatformError, FileSystem.FileSystem> =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const parent = join(runs, name)
    yield* makeFolder(parent)
    const taken = yield* numbersIn(parent)
    for (let next = Number(taken.at(-1) ?? 0) + 1; ; next++) {
      const directory = join(parent, printNumber(next))
      const made = yield* fs.makeDirectory(directory).pipe(
        Effect.as(true),
        Effect.catchIf(
          ({ reason }) => reason._tag === "AlreadyExists",
          () => Effect.succeed(false),
        ),
      )
      if (!made) continue
      yield* fs.makeDirectory(join(directory, files.checkpoints))
      return directory
    }
  })
