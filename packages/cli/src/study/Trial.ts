/** One trial: a plain model file is trained, and its scores are the values of the objectives. */
import { endingRecord, type Monitor, monitoredScore } from "@adjoint/core/training/Monitor"
import type { NonFinite } from "@adjoint/core/training/NonFinite"
import type { Progress } from "@adjoint/core/training/Progress"
import * as Train from "@adjoint/core/training/Train"
import { sizeOf } from "@adjoint/dsl/build/Sizes"
import { fromText } from "@adjoint/dsl/source/Source"
import { isFact } from "@adjoint/dsl/variables/Condition"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { canonical } from "../model/Hash.ts"
import { ofSource, sound } from "../model/ModelFile.ts"
import { fits, located } from "../model/Step.ts"
import { type Training, training as trainingOf } from "../model/Training.ts"
import { type Refused, RunError } from "../report/Failure.ts"
import { configOf } from "../run/Config.ts"

/** What is to be computed. */
export interface Task {
  readonly number: number
  /** The model file that was searched, and the folder that its paths are relative to. */
  readonly file: string
  readonly directory: string
  /** The plain model files that are trained: one, or one for each fold and seed, whose scores are averaged. */
  readonly texts: ReadonlyArray<string>
  readonly objectives: ReadonlyArray<Monitor>
  /** The hashes of the files of the data that the search began with. */
  readonly data: ReadonlyArray<string>
}

/** The hashes of the files of the data of a training. */
export const dataOf = ({ prepared }: Pick<Training, "prepared">): ReadonlyArray<string> =>
  prepared.lock.files.map((file) => file.sha256)

/** The result of a trial. */
export type Outcome =
  | { readonly state: "complete"; readonly values: ReadonlyArray<number> }
  | { readonly state: "diverged" }
  | { readonly state: "stopped" }
  /** The point makes no right model, or one that is too large, although each of its values does. */
  | { readonly state: "failed"; readonly problem: string }

type Report = (step: number, value: number) => Effect.Effect<void>

/** The values of the objectives for the weights that the run ends with: those of its best epoch where it restores them. */
const valuesOf = (
  objectives: ReadonlyArray<Monitor>,
  training: Training,
  finished: Pick<Progress, "best" | "history">,
): ReadonlyArray<number> | undefined => {
  const record = endingRecord(training.built.earlyStop, finished)
  const values = objectives.map((objective) =>
    isFact(objective.monitor)
      ? sizeOf(training.sound.document, training.prepared.facts, objective.monitor)
      : record === undefined
        ? undefined
        : monitoredScore(objective, record),
  )
  return values.every((value): value is number => value !== undefined && Number.isFinite(value)) ? values : undefined
}

/** Trains one model file; gives the values of the objectives, or nothing if the run diverged. */
const trained = (task: Task, text: string, report: Report) =>
  Effect.gen(function* () {
    const source = fromText(task.file, text)
    const model = yield* sound(yield* ofSource(source, { directory: task.directory }))
    const training = yield* trainingOf(model)
    yield* fits(training)
    if (canonical(dataOf(training)) !== canonical(task.data))
      return yield* new RunError({
        message: "the data have changed since the search began, and scores of different rows cannot be compared",
        hint: "restore the data and use --resume, or begin another study with --study NAME",
      })
    const [first] = task.objectives
    const events = Stream.tap(Train.run(configOf(training)), (event) => {
      if (event._tag !== "EpochScored" || first === undefined) return Effect.void
      const value = monitoredScore(first, event)
      return value === undefined ? Effect.void : report(event.epoch, value)
    })
    return yield* Stream.runFold(
      events,
      () => undefined as ReadonlyArray<number> | undefined,
      (values, event) => (event._tag === "Finished" ? valuesOf(task.objectives, training, event) : values),
    ).pipe(
      // A run that diverges says something about its point alone.
      Effect.catchTag("NonFinite", (_: NonFinite) => Effect.undefined),
      Effect.mapError(located(training)),
    )
  }).pipe(Effect.scoped)

const mean = (values: ReadonlyArray<number>): number => values.reduce((sum, value) => sum + value, 0) / values.length

/** Whether a failure says something about its point alone, not about the data, which every trial has. */
const isOfPoint = ({ diagnostics }: Refused): boolean =>
  diagnostics.every(({ code, severity }) => severity !== "error" || !/^[DY]/.test(code))

const problemOf = ({ diagnostics }: Refused): string =>
  diagnostics.find(({ severity }) => severity === "error")?.message ?? "its values make no right model together"

/** Runs a trial. `report` gets the first objective after each epoch of a trial that is trained once. */
export const trial = (task: Task, report: Report) =>
  Effect.gen(function* () {
    if (task.texts.length === 0) return { state: "failed", problem: "its values make no right model together" } satisfies Outcome
    const isRepeated = task.texts.length > 1
    const runs: Array<ReadonlyArray<number>> = []
    for (const [i, text] of task.texts.entries()) {
      const values = yield* trained(task, text, isRepeated ? () => Effect.void : report)
      if (values === undefined) return { state: "diverged" } satisfies Outcome
      runs.push(values)
      const [first] = values
      if (isRepeated && first !== undefined) yield* report(i + 1, mean(runs.map(([value = 0]) => value)))
    }
    const values = task.objectives.map((_, k) => mean(runs.map((run) => run[k] ?? Number.NaN)))
    return { state: "complete", values } satisfies Outcome
  }).pipe(
    Effect.catchTag("Refused", (error) =>
      isOfPoint(error) ? Effect.succeed({ state: "failed", problem: problemOf(error) } satisfies Outcome) : Effect.fail(error),
    ),
  )
