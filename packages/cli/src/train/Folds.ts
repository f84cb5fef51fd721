/**
 * The cross-validation of `adjoint train`: one run for each fold of the split, in the folder of the whole. Each is the run of a model
 * file that means this fold, so it can be resumed, evaluated and predicted with like any other.
 */
import { join, relative } from "node:path"
import { type Fold, spread } from "@adjoint/core/training/CrossValidate"
import type { Scores } from "@adjoint/core/training/Progress"
import type { ModelFile } from "@adjoint/dsl/Document"
import { read } from "@adjoint/dsl/Read"
import { fromText } from "@adjoint/dsl/source/Source"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import { emitNow } from "../json/Emit.ts"
import type { KeptEvent } from "../json/Events.ts"
import type { FoldResult } from "../json/Folds.ts"
import { lineAt } from "../json/Line.ts"
import type { Summary } from "../json/Summary.ts"
import type { Training } from "../model/Training.ts"
import * as Lines from "../progress/Lines.ts"
import { UsageError } from "../report/Failure.ts"
import { appendLine, writeJson } from "../run/Files.ts"
import * as Recorder from "../run/Recorder.ts"
import { readText } from "../run/Records.ts"
import { foldsIn, openRun, type Run } from "../run/Run.ts"
import { files, numbersIn } from "../run/RunFolder.ts"
import * as Format from "../terminal/Format.ts"
import { message } from "../terminal/Write.ts"
import { withoutVersion } from "./Closing.ts"
import { nameOf } from "./Job.ts"

const isSame = (a: Fold) => (b: Fold) => a.repeat === b.repeat && a.fold === b.fold

/** Fails for a cross-validation that is complete, or whose folds would not all have the same number of epochs. */
export const resumable = (parent: Run | undefined, document: ModelFile, folds: ReadonlyArray<Fold>) =>
  Effect.gen(function* () {
    if (parent === undefined || folds.length === 0) return
    const { directory, summary } = parent
    if (summary?.status === "finished")
      return yield* new UsageError({ message: `${directory} is complete: it has had its ${folds.length} folds` })
    const { decoded } = read(fromText(files.resolved, yield* readText(directory, files.resolved)))
    if (decoded?.train?.epochs !== undefined && decoded.train.epochs !== document.train.epochs)
      return yield* new UsageError({
        message: `the folds of ${directory} train for ${decoded.train.epochs} epochs, and cannot be compared with others`,
        hint: `--set train.epochs=${decoded.train.epochs}, or start a new run, without --resume`,
      })
  })

/** Copies the folds of a cross-validation into the one that resumes it, which needs the other no more. */
export const inherit = (from: string, to: string) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    for (const name of [files.folds, files.foldScores])
      if (yield* fs.exists(join(from, name))) yield* fs.copy(join(from, name), join(to, name))
  })

const parts = ["train", "val", "test"] as const

/** The mean of each score over the folds, and its deviation. */
const spreadOf = (each: ReadonlyArray<FoldResult>) => {
  const found = parts.flatMap((part) => {
    const scores = each.map((result) => result[part]).filter((own) => own !== undefined)
    return scores.length === 0 ? [] : [[part, spread(scores)] as const]
  })
  const pick = (of: "mean" | "deviation"): { readonly [P in (typeof parts)[number]]?: Scores } =>
    Object.fromEntries(found.map(([part, values]) => [part, values[of]]))
  return { mean: pick("mean"), deviation: pick("deviation") }
}

/** The summary of the folds so far. */
const summarize = (
  each: ReadonlyArray<FoldResult>,
  folds: ReadonlyArray<Fold>,
  rest: Pick<Summary, "seconds" | "status"> & Partial<Summary>,
): Summary => {
  const { deviation, mean } = spreadOf(each)
  const total = (of: "epochs" | "steps"): number => each.reduce((sum, result) => sum + result[of], 0)
  return {
    version: 1,
    weights: each.at(-1)?.weights ?? "last",
    epochs: total("epochs"),
    steps: total("steps"),
    parameters: each.at(-1)?.parameters ?? 0,
    ...mean,
    crossValidation: {
      folds: new Set(folds.map(({ fold }) => fold)).size,
      repeats: new Set(folds.map(({ repeat }) => repeat)).size,
      deviation,
      each,
    },
    ...rest,
  }
}

/** The scores of a cross-validation: mean ± deviation. */
export const printScores = ({ crossValidation, units, ...means }: Summary): ReadonlyArray<string> =>
  (["val", "test"] as const).flatMap((part) =>
    Object.entries(means[part] ?? {}).map(([name, mean]) => {
      const unit = Format.unit(name, units)
      const value = Format.spread(name, mean, crossValidation?.deviation[part]?.[name])
      return `${part}.${name} ${value}${unit === undefined ? "" : ` (${unit})`}`
    }),
  )

/** The folder of a cross-validation and what it is of. */
interface Whole {
  readonly folder: string
  readonly folds: ReadonlyArray<Fold>
  readonly json: boolean
  readonly training: Training
  /** The cross-validation that this one resumes. */
  readonly parent: string | undefined
  /** Its name on the command line. */
  readonly reference: string
}

const labelOf = ({ fold, repeat }: Fold, folds: ReadonlyArray<Fold>): string => {
  const count = new Set(folds.map((each) => each.fold)).size
  const repeats = new Set(folds.map((each) => each.repeat)).size
  return repeats === 1 ? `fold ${fold}/${count}` : `repeat ${repeat}/${repeats} fold ${fold}/${count}`
}

/** The run of a fold that this folder has already: the newest, with its result if it has one. */
const newestRun = (whole: string, fold: Fold) =>
  Effect.gen(function* () {
    const directory = join(whole, files.folds, nameOf(fold))
    const last = (yield* numbersIn(directory)).at(-1)
    if (last === undefined) return undefined
    // A folder without a description is not a run yet.
    return yield* Effect.orElseSucceed(openRun(join(directory, last)), () => undefined)
  })

const resultOf = (whole: string, { fold, repeat }: Fold, folder: string, summary: Summary): FoldResult => {
  const { epochs, parameters, steps, test, train, val, weights, weightsEpoch } = summary
  return {
    repeat,
    fold,
    run: relative(whole, folder),
    epochs,
    steps,
    parameters,
    weights,
    ...(weightsEpoch === undefined ? {} : { weightsEpoch }),
    ...(train === undefined ? {} : { train }),
    ...(val === undefined ? {} : { val }),
    ...(test === undefined ? {} : { test }),
  }
}

/**
 * Trains the folds that are not scored yet, one after the other, and writes their scores and the summary. `start` creates the run of
 * a fold, which resumes the given one.
 */
export const run = <E, R, E2, R2>(
  { folder, folds, json, parent, reference, training }: Whole,
  start: (
    fold: Fold,
    parent: string | undefined,
  ) => Effect.Effect<{ readonly folder: string; readonly train: Effect.Effect<Summary, E2, R2> }, E, R>,
) =>
  Effect.gen(function* () {
    const { units } = training.built
    const started = Date.now()
    const each: Array<FoldResult> = [...(yield* foldsIn(folder))]
    const close = (rest: Pick<Summary, "status"> & Partial<Summary>) =>
      Effect.gen(function* () {
        const summary = summarize(each, folds, {
          seconds: (Date.now() - started) / 1000,
          ...(units === undefined ? {} : { units }),
          ...(parent === undefined ? {} : { parent }),
          ...rest,
        })
        yield* Recorder.end(folder, summary)
        return summary
      })
    const note = (event: KeptEvent) =>
      Effect.gen(function* () {
        yield* appendLine(join(folder, files.events), lineAt(event, new Date()))
        if (json) yield* emitNow(event)
      })
    const add = (result: FoldResult) =>
      Effect.gen(function* () {
        each.push(result)
        yield* writeJson(join(folder, files.foldScores), each)
        yield* note({ event: "fold_scored", ...result })
        if (json) return
        const scores = Lines.printScores("val", result.val, units)
        const epoch = result.weightsEpoch === undefined ? [] : [`epoch ${result.weightsEpoch}`]
        yield* message((style) => [style("strong", labelOf(result, folds)), ...scores, ...epoch].join("  "))
      })
    const trained = Effect.gen(function* () {
      if (each.length > 0 && !json) yield* message(`${Format.counted(each.length, "fold")} scored before`)
      for (const [i, fold] of folds.entries()) {
        if (each.some(isSame(fold))) continue
        const before = yield* newestRun(folder, fold)
        const { status } = before?.summary ?? {}
        // The process ended between the result of the fold and its place in the list.
        if (before?.summary !== undefined && (status === "finished" || status === "stopped early")) {
          yield* add(resultOf(folder, fold, before.directory, before.summary))
          continue
        }
        const own = yield* start(fold, before?.directory)
        yield* note({ event: "fold_started", ...fold, number: i + 1, of: folds.length, folder: own.folder })
        yield* add(resultOf(folder, fold, own.folder, yield* own.train))
      }
    })
    const stopped = Effect.gen(function* () {
      const summary = yield* close({ status: "interrupted" })
      if (json) return yield* emitNow({ event: "summary", folder, ...withoutVersion(summary) })
      yield* Lines.stoppedFolds(each.length, folds.length, reference)
    })
    return yield* trained.pipe(
      Effect.onInterrupt(() => Effect.ignore(stopped)),
      Effect.tapError((error) =>
        Effect.ignore(close({ status: "failed", failure: error instanceof Error ? error.message : String(error) })),
      ),
      Effect.andThen(Effect.suspend(() => close({ status: "finished" }))),
    )
  })
