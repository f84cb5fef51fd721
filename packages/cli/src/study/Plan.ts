/** What a model file with search markers comes to as a study: its space, what decides its trials, and what each of them computes. */
import { dirname, resolve } from "node:path"
import * as Key from "@adjoint/core/tensor/Key"
import type { Pruner as Prune } from "@adjoint/core/search/pruner/Pruner"
import * as Pruner from "@adjoint/core/search/Pruner"
import * as Sampler from "@adjoint/core/search/Sampler"
import type { Point } from "@adjoint/core/search/Space"
import type { Start, Study } from "@adjoint/core/search/Study"
import type { Monitor } from "@adjoint/core/training/Monitor"
import { writtenWith } from "@adjoint/dsl/AtPoint"
import { type FileSpace, shown } from "@adjoint/dsl/space/FileSpace"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { canonical, sha256 } from "../model/Hash.ts"
import type { Training } from "../model/Training.ts"
import { Refused, UsageError } from "../report/Failure.ts"
import { titles } from "./Show.ts"
import type { Definition } from "./Store.ts"
import type { Task } from "./Trial.ts"

/** A study that is ready to begin. */
export interface Plan {
  readonly study: Study
  readonly pruner: Prune
  /** The number of trials, unless the command line says another. */
  readonly trials: number
  readonly parallel: number | undefined
  readonly store: string | undefined
  readonly board: Definition["board"]
  /** What decides the results of the study, as a hash. */
  readonly fingerprint: string
  readonly taskOf: (start: Start) => Task
}

/** How the trials of a space are shown. */
const boardOf = (file: FileSpace, objectives: Study["objectives"]): Definition["board"] => {
  const short = titles(file.space.map(({ name }) => name))
  const dimensions = file.space.map((dimension, i) => {
    const { name } = dimension
    const title = short[i] ?? name
    if (dimension._tag !== "Choice") return { name, title }
    return { name, title, names: Array.from({ length: dimension.size }, (_, value) => shown(file, name, value)) }
  })
  return { dimensions, objectives }
}

/** The text of the plain model file of a point. Fails with `Refused` for a point that makes no file. */
export const textAt = ({ sound: { reading } }: Training, point: Point): Effect.Effect<string, Refused> =>
  Effect.mapError(
    Effect.fromResult(writtenWith(reading, point)),
    (diagnostics) => new Refused({ diagnostics, source: reading.source }),
  )

/** The study of a model file. Fails with `UsageError` for a file without markers, or without validation rows. */
export const planOf = (training: Training): Effect.Effect<Plan, UsageError> =>
  Effect.gen(function* () {
    const { built, fingerprint, prepared, sound } = training
    const { searched } = sound.reading
    if (searched === undefined)
      return yield* new UsageError({
        message: "the model file has nothing to search",
        hint: "mark a value: `lr: { $search: { log: [1e-4, 1e-1] }, default: 1e-3 }`",
      })
    if (prepared.val === undefined)
      return yield* new UsageError({
        message: "a search goes by the scores of validation rows, and there are none",
        hint: "--set data.split.val=20%",
      })
    const { mode, monitor } = built.earlyStop ?? built.best
    const objectives: ReadonlyArray<Monitor> = [{ monitor, mode }]
    const file = searched.file
    const study: Study = {
      space: file.space,
      sampler: Sampler.random(),
      objectives: objectives.map((objective) => ({ name: objective.monitor, mode: objective.mode })),
      key: Key.make(built.seed),
      pending: 8,
    }
    return {
      study,
      pruner: Pruner.none(),
      trials: 20,
      parallel: undefined,
      store: undefined,
      board: boardOf(file, study.objectives),
      fingerprint: sha256(canonical({ fingerprint, data: searched.data, objectives })),
      taskOf: ({ number, point }) => {
        const text = writtenWith(sound.reading, point)
        return {
          number,
          file: sound.reading.source.file,
          text: Result.isSuccess(text) ? text.success : "",
          set: [],
          directory: resolve(sound.directory),
          objectives,
          repeats: [[]],
        }
      },
    }
  })

/** The default file of the best trial, beside the model file. */
export const bestFileOf = (file: string): string => file.replace(/(\.ya?ml)?$/i, (ending) => `.best${ending || ".yaml"}`)

/** The folder that the paths of a model file are relative to. */
export const directoryOf = (file: string): string => resolve(dirname(file))
