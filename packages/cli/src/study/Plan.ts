/** What a model file with search markers comes to as a study: its space, what decides its trials, and what each of them computes. */
import { resolve } from "node:path"
import { make } from "@adjoint/core/learning/Entry"
import * as Pruner from "@adjoint/core/search/Pruner"
import type { Pruner as Prune } from "@adjoint/core/search/pruner/Pruner"
import * as Sampler from "@adjoint/core/search/Sampler"
import type * as Space from "@adjoint/core/search/Space"
import type { Point } from "@adjoint/core/search/Space"
import type { Start, Study } from "@adjoint/core/search/Study"
import * as Key from "@adjoint/core/tensor/Key"
import { searchOf, withPoint, writtenWith } from "@adjoint/dsl/AtPoint"
import { foldsOf, type ModelFile, type Search, useOf } from "@adjoint/dsl/Document"
import { usualTrials } from "@adjoint/dsl/schema/SearchSection"
import { type FileSpace, shown } from "@adjoint/dsl/space/FileSpace"
import { folded } from "@adjoint/dsl/space/Folds"
import { objectives as objectivesOf } from "@adjoint/dsl/space/Objectives"
import { toYaml } from "@adjoint/dsl/Write"
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import * as Result from "effect/Result"
import type { Choice } from "../model/Engines.ts"
import { canonical, sha256 } from "../model/Hash.ts"
import type { Training } from "../model/Training.ts"
import { Refused, UsageError } from "../report/Failure.ts"
import { foreseen } from "./Foreseen.ts"
import { titles } from "./Show.ts"
import type { Definition } from "./Store.ts"
import { dataOf, type Task } from "./Trial.ts"

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
  /** The bytes that the training of a point takes; undefined where too little is known, or its values make no right model. */
  readonly bytesAt: (point: Point) => number | undefined
}

/** What a study needs beside its model file. */
export interface PlanOptions {
  /** What computes, where its results have other bits than the usual. */
  readonly engine?: "reference"
  readonly numerics?: "fast"
  /** Whether the memory of trials is asked for. */
  readonly needsBytes?: boolean
}

/** The options for what computes. */
export const computingOf = ({
  engine,
  numerics,
}: Pick<Choice, "engine" | "numerics">): Pick<PlanOptions, "engine" | "numerics"> => ({
  ...(engine === "reference" ? { engine } : {}),
  ...(numerics === "fast" ? { numerics } : {}),
})

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

/** The document of each fold and seed that a trial is the mean of; the document alone where there is one of each. */
const repeats = (single: ModelFile, { folds: wanted, seeds }: Search): ReadonlyArray<ModelFile> => {
  const document = wanted === undefined ? single : folded(single, wanted)
  const { data, train } = document
  const folds = data === undefined ? [] : foldsOf(data.split)
  const ofFolds =
    data === undefined || folds.length === 0
      ? [document]
      : folds.map((fold) => ({ ...document, data: { ...data, split: { ...data.split, ...fold } } }))
  return ofFolds.flatMap((each) =>
    Array.from({ length: seeds }, (_, i) => ({ ...each, train: { ...train, seed: train.seed + i } })),
  )
}

/** The texts that a trial trains: one, or one for each fold and seed. Empty for a point that makes no file. */
const textsAt = ({ sound: { document, reading } }: Training, search: Search, point: Point): ReadonlyArray<string> => {
  // No search changes how many folds there are.
  const found =
    repeats(document, search).length > 1
      ? Result.map(withPoint(reading, point), (at) => repeats(at, search).map(toYaml))
      : Result.map(writtenWith(reading, point), (text) => [text])
  return Result.getOrElse(found, () => [])
}

/** The number of trials: as the file says, or a usual one; of a grid all its points. */
const trialsOf = ({ sampler, trials }: Search, space: Space.Space): number => {
  if (trials !== undefined) return trials
  const { name, options } = useOf(sampler)
  const { levels } = { levels: undefined, ...options }
  return name === "grid" ? Sampler.gridSize(space, typeof levels === "number" ? levels : 1) : usualTrials
}

/** The study of a model file. Fails with `UsageError` for a file without markers, or without validation rows. */
export const planOf = (
  training: Training,
  { needsBytes = false, ...computing }: PlanOptions = {},
): Effect.Effect<Plan, UsageError, FileSystem.FileSystem> =>
  Effect.gen(function* () {
    const { fingerprint, prepared, sound } = training
    const { searched } = sound.reading
    if (searched === undefined)
      return yield* new UsageError({
        message: "the model file has nothing to search",
        hint: "mark a value: `lr: { $search: { log: [1e-4, 1e-1] }, default: 1e-3 }`",
      })
    const search = searchOf(sound.reading)
    const { data } = sound.document
    const isFolded = search.folds !== undefined || (data !== undefined && foldsOf(data.split).length > 0)
    if (prepared.val === undefined && !isFolded)
      return yield* new UsageError({
        message: "a search compares scores of validation rows, and there are none",
        hint: "--set data.split.val=20%",
      })
    const { file } = searched
    const hasWhere = search.where.length > 0
    const { bytes: bytesAt, isAccepted } =
      hasWhere || needsBytes ? yield* foreseen(sound) : { bytes: () => undefined, isAccepted: () => true }
    const objectives = objectivesOf(search).map(({ mode, name }) => ({ mode, name }))
    const study: Study = {
      space: file.space,
      sampler: make(Sampler.table, useOf(search.sampler)),
      objectives,
      key: Key.make(search.seed),
      pending: search.pending,
      ...(hasWhere ? { where: isAccepted } : {}),
    }
    const { parallel, store, ...decisive } = search
    // Lists whose order the samplers use; without any, the fingerprint is that of earlier versions.
    const ordered = file.space.some((dimension) => dimension._tag === "Choice" && dimension.ordered) || undefined
    return {
      study,
      pruner: make(Pruner.table, useOf(search.pruner)),
      trials: trialsOf(search, file.space),
      parallel,
      store,
      board: boardOf(file, objectives),
      fingerprint: sha256(
        canonical({ fingerprint, data: searched.data, search: { ...decisive, trials: undefined }, ordered, ...computing }),
      ),
      bytesAt,
      taskOf: ({ number, point }) => ({
        number,
        file: sound.reading.source.file,
        texts: textsAt(training, search, point),
        directory: resolve(sound.directory),
        data: dataOf(training),
        objectives: objectives.map(({ mode, name }) => ({ monitor: name, mode })),
      }),
    }
  })

/** The default file of the best trial, beside the model file. */
export const bestFileOf = (file: string): string => file.replace(/(\.ya?ml)?$/i, (ending) => `.best${ending || ".yaml"}`)
