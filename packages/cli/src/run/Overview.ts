/** What the records of a run say in short, for lists of runs. A folder whose records are damaged is listed with the reason. */
import { basename, dirname, join } from "node:path"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Schema from "effect/Schema"
import { Summary } from "../json/Summary.ts"
import { mayBeRunning } from "./Leftovers.ts"
import { Command, readRecord } from "./Records.ts"
import { files, isRun, numbersIn } from "./RunFolder.ts"

/** How a run stands: as its summary says, or without one `running`, or `ended` by something that wrote none, or `damaged`. */
export type Status = Summary["status"] | "running" | "ended" | "damaged"

export interface Overview {
  readonly directory: string
  /** `digits/0001`. */
  readonly reference: string
  readonly name: string
  readonly number: number
  readonly status: Status
  readonly command?: Command
  readonly summary?: Summary
  /** The seeds of the training and of the split. */
  readonly seed?: number
  readonly splitSeed?: number
  /** What is wrong with its records. */
  readonly problem?: string
}

const Stream = Schema.Struct({ seed: Schema.Int })
const Seeds = Schema.Struct({ streams: Schema.Struct({ "train.init": Stream, "data.split": Stream }) })

const statusOf = (directory: string, summary: Summary | undefined) =>
  summary === undefined
    ? Effect.map(mayBeRunning(directory), (isRunning): Status => (isRunning ? "running" : "ended"))
    : Effect.succeed<Status>(summary.status)

const read = (directory: string) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const command = yield* readRecord(directory, files.command, Command)
    const seeds = yield* readRecord(directory, files.seeds, Seeds)
    const ended = yield* Effect.orElseSucceed(fs.exists(join(directory, files.summary)), () => false)
    const summary = ended ? yield* readRecord(directory, files.summary, Summary) : undefined
    return {
      status: yield* statusOf(directory, summary),
      command,
      ...(summary === undefined ? {} : { summary }),
      seed: seeds.streams["train.init"].seed,
      splitSeed: seeds.streams["data.split"].seed,
    }
  })

/** The overview of a run. */
export const overview = (directory: string): Effect.Effect<Overview, never, FileSystem.FileSystem> => {
  const name = basename(dirname(directory))
  const number = basename(directory)
  return read(directory).pipe(
    Effect.match({
      onSuccess: (found) => found,
      onFailure: ({ message }) => ({ status: "damaged" as const, problem: message }),
    }),
    Effect.map((found) => ({ directory, reference: `${name}/${number}`, name, number: Number(number), ...found })),
  )
}

/** The folders of the runs of a name, in rising order. */
export const runsOf = (runs: string, name: string): Effect.Effect<ReadonlyArray<string>, never, FileSystem.FileSystem> =>
  Effect.flatMap(numbersIn(join(runs, name)), (numbers) =>
    Effect.filter(
      numbers.map((number) => join(runs, name, number)),
      isRun,
    ),
  )

/** The names that have runs, sorted. */
export const namesIn = (runs: string): Effect.Effect<ReadonlyArray<string>, never, FileSystem.FileSystem> =>
  Effect.flatMap(FileSystem.FileSystem, (fs) =>
    Effect.orElseSucceed(
      Effect.map(fs.readDirectory(runs), (names) => names.sort()),
      () => [],
    ),
  )

/** The rows of files that a run was scored on at its end: test rows, or those that its model file names. */
export const judgedPart = ({ test, train, val }: Summary): "test" | "val" | "train" | undefined =>
  test !== undefined ? "test" : val !== undefined ? "val" : train !== undefined ? "train" : undefined
