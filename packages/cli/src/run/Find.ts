/** Finds the run that a reference names: `7`, `digits/0007`, the path of a folder, `latest` or `digits/latest`. */
import { basename, dirname, join, relative } from "node:path"
import { nearestNames } from "@adjoint/dsl/diagnostic/Suggest"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import { UsageError } from "../report/Failure.ts"
import { Command, readRecord } from "./Records.ts"
import { files, isRun, numbersIn, printNumber } from "./RunFolder.ts"

/** The name of the newest run. */
const latest = "latest"

/** Runs that a message lists. */
const most = 5

const isNumber = (text: string): boolean => /^\d+$/.test(text)

const namesIn = (runs: string): Effect.Effect<ReadonlyArray<string>, never, FileSystem.FileSystem> =>
  Effect.flatMap(FileSystem.FileSystem, (fs) =>
    Effect.orElseSucceed(
      Effect.map(fs.readDirectory(runs), (names) => names.sort()),
      () => [],
    ),
  )

/** The folders of all runs of some names, in rising order for each name. */
const runsOf = (runs: string, names: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const folders: Array<string> = []
    for (const name of names) for (const number of yield* numbersIn(join(runs, name))) folders.push(join(runs, name, number))
    return yield* Effect.filter(folders, isRun)
  })

/** When a run was started, in milliseconds; a run whose record cannot be read is the oldest. */
const startOf = (directory: string) =>
  Effect.map(
    Effect.orElseSucceed(readRecord(directory, files.command, Command), () => undefined),
    (command) => (command === undefined ? 0 : Date.parse(command.started) || 0),
  )

/** The newest of some runs; of two that were started in the same millisecond the later in the list. */
const newest = (folders: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    let found: { readonly folder: string; readonly started: number } | undefined
    for (const folder of folders) {
      const started = yield* startOf(folder)
      if (found === undefined || started >= found.started) found = { folder, started }
    }
    return found?.folder
  })

/** The folders that a reference may name, the likeliest first. */
const candidates = (reference: string, runs: string) =>
  Effect.gen(function* () {
    const last = basename(reference)
    const number = isNumber(last) ? printNumber(Number(last)) : last
    if (!isNumber(reference))
      return [reference, join(runs, reference), join(dirname(reference), number), join(runs, dirname(reference), number)]
    return (yield* namesIn(runs)).map((name) => join(runs, name, number))
  })

/** The newest run of all, or of the name before the slash. */
const findLatest = (reference: string, runs: string) =>
  Effect.gen(function* () {
    const all = reference === latest ? yield* namesIn(runs) : [dirname(reference)]
    const found = yield* newest(yield* runsOf(runs, all))
    // A path may be given from where the command was typed, as `runs/digits/latest`.
    if (found !== undefined || reference === latest) return found
    return yield* newest(yield* runsOf(dirname(dirname(reference)), [basename(dirname(reference))]))
  })

/** The runs that are nearest to a reference, for a hint; to a number those that each name has had last. */
const near = (reference: string, runs: string) =>
  Effect.gen(function* () {
    const there = (yield* runsOf(runs, yield* namesIn(runs))).map((folder) => relative(runs, folder))
    if (there.length === 0) return "train a model first, or say where with --runs"
    const listed = isNumber(reference)
      ? [...new Map(there.map((run) => [dirname(run), run])).values()].slice(0, most)
      : nearestNames(reference, there.toReversed(), most)
    const rest = there.length > listed.length ? `, of ${there.length} runs` : ""
    return `there are ${listed.join(", ")}${rest}`
  })

/** The folder of a run. Fails with `UsageError` when there is none, or more than one. */
export const find = (reference: string, runs: string): Effect.Effect<string, UsageError, FileSystem.FileSystem> =>
  Effect.gen(function* () {
    const matching = yield* Effect.filter([...new Set(yield* candidates(reference, runs))], isRun)
    const [first, second] = matching
    if (first !== undefined && (second === undefined || !isNumber(reference))) return first
    if (first !== undefined) {
      const hint = `say which: ${matching.map((directory) => relative(runs, directory)).join(" or ")}`
      return yield* new UsageError({ message: `there are several runs ${reference}`, hint })
    }
    const found = basename(reference) === latest ? yield* findLatest(reference, runs) : undefined
    if (found !== undefined) return found
    return yield* new UsageError({
      message: `there is no run ${reference} in ${runs}`,
      hint: yield* near(reference, runs),
    })
  })
