/** `adjoint evaluate`: how good a run's model is on rows it did not learn from, of its own data or of new files. */
import { inFile } from "@adjoint/core/data/DataError"
import * as Dataset from "@adjoint/core/data/Dataset"
import { Engine } from "@adjoint/core/engines/Engine"
import { evaluate, predict } from "@adjoint/core/training/Evaluate"
import { findInScoring } from "@adjoint/core/training/findNonFinite"
import type { Built } from "@adjoint/dsl/build/Build"
import { printable } from "@adjoint/dsl/diagnostic/Printable"
import type { Part, Prepared } from "@adjoint/dsl/prepare/Prepared"
import { type Slices, valuesOf } from "@adjoint/dsl/prepare/Slices"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { scored } from "../evaluate/Groups.ts"
import * as Judged from "../evaluate/Judged.ts"
import { newRows } from "../evaluate/NewRows.ts"
import { printSlices, printTable } from "../evaluate/Table.ts"
import { emit } from "../json/Emit.ts"
import { nonFiniteScore } from "../model/Divergence.ts"
import { type Choice, engineOf } from "../model/Engines.ts"
import * as Lines from "../progress/Lines.ts"
import { held } from "../report/FailUnder.ts"
import { UsageError } from "../report/Failure.ts"
import { find } from "../run/Find.ts"
import { load, lossOver, partOf, recordedLoss, rowsOf, type Trained } from "../run/Trained.ts"
import * as Format from "../terminal/Format.ts"
import { World } from "../terminal/World.ts"
import { result } from "../terminal/Write.ts"
import { classesOf, printClasses } from "./evaluateClasses.ts"

export interface Options extends Choice {
  readonly run: string
  /** New labelled rows; without files a part of the run's own data is scored. */
  readonly files: ReadonlyArray<string>
  readonly runs: string
  readonly split: "train" | "val" | "test" | undefined
  readonly json: boolean
}

/** Rows that are scored: a part of the run's own data, or those of new files. */
interface Chosen {
  readonly part: Part
  readonly slices: Slices
  readonly loss: Built["loss"]
  /** Which part, and the whole data that it is of. */
  readonly own?: { readonly split: "train" | "val" | "test"; readonly all: Prepared }
}

const chosenOf = ({ files, split }: Options, trained: Trained, directory: string) =>
  Effect.gen(function* () {
    const { slices: wanted } = trained.document.evaluate
    if (files.length > 0) {
      if (split !== undefined)
        return yield* new UsageError({
          message: `--split ${split} is a part of the run's own rows, and ${files.join(" ")} has new ones`,
          hint: "leave out one of them",
        })
      const { part, raw, rows } = yield* newRows(trained, files)
      const slices = yield* Effect.fromResult(
        Result.mapError(valuesOf(wanted, raw, rows), (error) => inFile(error, files[0] ?? "")),
      )
      return { part, slices, loss: recordedLoss(trained) } satisfies Chosen
    }
    const own = split ?? trained.document.evaluate.split
    const all = yield* rowsOf(trained, own)
    const part = yield* partOf(all, own, directory)
    return { part, slices: all.slices, loss: lossOver(trained, all), own: { split: own, all } } satisfies Chosen
  })

/** Prints the scores of a run. Fails with `FailUnder` when one misses what the model file asks for. */
export const run = (options: Options) =>
  Effect.gen(function* () {
    const directory = yield* find(options.run, options.runs)
    const trained = yield* load(directory)
    const { built, document, weights } = trained
    const { loss, own, part, slices }: Chosen = yield* chosenOf(options, trained, directory)
    const scores = yield* evaluate(built.net, weights, { data: part, loss, scores: built.scores })
    const predictions = yield* predict(built.net, weights, part.inputs)
    const judged = { predictions, targets: part.targets, weights: part.weights }
    const table = Judged.tableOf(built, loss)
    const intervals = Judged.intervalsOf(table, judged)
    const baseline = Judged.baselineOf(built, table, judged, trained.run.lock.targets)
    const groups = Object.keys(slices).length === 0 ? undefined : scored(table, judged, slices)
    const classes = classesOf(trained, judged)
    const rows = Dataset.size(part)
    if (!Number.isFinite(scores.loss) && !options.json && own !== undefined) {
      const { read } = yield* Engine
      const place = yield* findInScoring({ ...built, loss, read }, weights, part)
      const warning = place && nonFiniteScore({ part: own.split, ...place }, { sound: trained }, own.all)
      if (warning !== undefined) yield* Lines.warning(warning.message, warning.hint)
    }
    const { units } = built
    const beside = {
      intervals,
      ...(baseline === undefined ? {} : { baseline }),
      ...(units === undefined ? {} : { units }),
      ...(groups === undefined ? {} : { slices: groups }),
    }
    if (options.json) {
      const { files } = options
      yield* own === undefined
        ? emit({ event: "evaluated_files", folder: directory, files, rows, scores, ...beside, ...classes })
        : emit({ event: "evaluated", folder: directory, split: own.split, rows, [own.split]: scores, ...beside, ...classes })
    } else {
      const { stdout } = yield* World
      const what = own === undefined ? options.files.map((file) => printable(file)).join(" ") : own.split
      yield* result((style) =>
        [
          `${style("strong", directory)} ${style("faint", "·")} ${what} ${style("faint", "·")} ${Format.counted(rows, "row")}`,
          ...printTable({ scores, intervals, baseline, units }, style),
          ...printSlices(groups, style),
          ...(classes === undefined ? [] : printClasses(classes, { style, width: stdout.columns() })),
        ].join("\n"),
      )
    }
    const split = own?.split ?? document.evaluate.split
    yield* held({ evaluate: { ...document.evaluate, split } }, { [split]: scores })
  }).pipe(Effect.scoped, Effect.provide(engineOf(options)))
