/** Which run is meant: by its number, its name and number, or the path of its folder. */
import { basename, join } from "node:path"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import { UsageError } from "../Failure.ts"
import { files, numbersIn, printNumber } from "./RunFolder.ts"

const isRun = (directory: string): Effect.Effect<boolean, never, FileSystem.FileSystem> =>
  Effect.flatMap(FileSystem.FileSystem, (fs) => Effect.orElseSucceed(fs.exists(join(directory, files.resolved)), () => false))

const namesIn = (runs: string): Effect.Effect<ReadonlyArray<string>, never, FileSystem.FileSystem> =>
  Effect.flatMap(FileSystem.FileSystem, (fs) => Effect.orElseSucceed(fs.readDirectory(runs), () => []))

/** The folders that a reference may mean, best first. */
const candidates = (reference: string, runs: string) =>
  Effect.gen(function* () {
    const padded = /^\d+$/.test(basename(reference)) ? printNumber(Number(basename(reference))) : basename(reference)
    if (!/^\d+$/.test(reference)) return [reference, join(runs, reference), join(runs, reference, "..", padded)]
    const names = yield* namesIn(runs)
    return names.map((name) => join(runs, name, padded))
  })

/** What runs there are, for a person who named one that is not. */
const known = (runs: string) =>
  Effect.gen(function* () {
    const found: Array<string> = []
    for (const name of yield* namesIn(runs))
      for (const number of (yield* numbersIn(join(runs, name))).slice(-3)) found.push(`${name}/${number}`)
    return found
  })

/** The folder of a run. Fails with `UsageError` when there is none, or more than one. */
export const find = (reference: string, runs: string): Effect.Effect<string, UsageError, FileSystem.FileSystem> =>
  Effect.gen(function* () {
    const directories = [...new Set(yield* candidates(reference, runs))]
    const matching = yield* Effect.filter(directories, isRun)
    const [first, second] = matching
    if (first !== undefined && (second === undefined || !/^\d+$/.test(reference))) return first
    if (first !== undefined) {
      const hint = `say which: ${matching.map((directory) => directory.slice(runs.length).replace(/^[/\\]+/, "")).join(" or ")}`
      return yield* new UsageError({ message: `there are several runs ${reference}`, hint })
    }
    const runsThere = yield* known(runs)
    const hint = runsThere.length === 0 ? `train a model first, or say where with --runs` : `there are ${runsThere.join(", ")}`
    return yield* new UsageError({ message: `there is no run ${reference} in ${runs}`, hint })
  })
