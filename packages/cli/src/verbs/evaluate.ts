/** `adjoint evaluate`: how good a run's model is on rows it did not learn from. */
import * as Dataset from "@adjoint/core/data/Dataset"
import { Engine } from "@adjoint/core/engines/Engine"
import { evaluate } from "@adjoint/core/training/Evaluate"
import { findInScoring } from "@adjoint/core/training/findNonFinite"
import * as Effect from "effect/Effect"
import { emit } from "../json/Emit.ts"
import { nonFiniteScore } from "../model/Divergence.ts"
import { type Choice, engineOf } from "../model/Engines.ts"
import * as Lines from "../progress/Lines.ts"
import { held } from "../report/FailUnder.ts"
import { find } from "../run/Find.ts"
import { load, lossOver, partOf, rowsOf } from "../run/Trained.ts"
import * as Format from "../terminal/Format.ts"
import { World } from "../terminal/World.ts"
import { result } from "../terminal/Write.ts"
import { classesOf, printClasses } from "./evaluateClasses.ts"

export interface Options extends Choice {
  readonly run: string
  readonly runs: string
  readonly split: "train" | "val" | "test" | undefined
  readonly json: boolean
}

/** Prints the scores of a run. Fails with `FailUnder` when one is less than the model file asks for. */
export const run = (options: Options) =>
  Effect.gen(function* () {
    const directory = yield* find(options.run, options.runs)
    const trained = yield* load(directory)
    const { built, document, weights } = trained
    const split = options.split ?? document.evaluate.split
    const all = yield* rowsOf(trained)
    const dataset = yield* partOf(all, split, directory)
    const scores = yield* evaluate(built.net, weights, { data: dataset, loss: lossOver(trained, all), scores: built.scores })
    const classes = yield* classesOf(trained, dataset)
    const rows = Dataset.size(dataset)
    if (!Number.isFinite(scores.loss) && !options.json) {
      const { read } = yield* Engine
      const place = yield* findInScoring({ ...built, loss: lossOver(trained, all), read }, weights, dataset)
      const warning = place && nonFiniteScore({ part: split, ...place }, { sound: trained }, all)
      if (warning !== undefined) yield* Lines.warning(warning.message, warning.hint)
    }
    const { units } = built
    const measured = units === undefined ? {} : { units }
    if (options.json)
      yield* emit({ event: "evaluated", folder: directory, split, rows, [split]: scores, ...measured, ...classes })
    else {
      const { stdout } = yield* World
      const width = Math.max(...Object.keys(scores).map(({ length }) => length))
      yield* result((style) =>
        [
          `${style("strong", directory)} ${style("faint", "·")} ${split} ${style("faint", "·")} ${Format.counted(rows, "row")}`,
          ...Object.entries(scores).map(([name, value]) => {
            const unit = Format.unit(name, units)
            const said = unit === undefined ? "" : ` ${style("faint", unit)}`
            return `  ${name.padEnd(width)}  ${style("strong", Format.score(name, value))}${said}`
          }),
          ...(classes === undefined ? [] : printClasses(classes, { style, width: stdout.columns() })),
        ].join("\n"),
      )
    }
    yield* held({ evaluate: { ...document.evaluate, split } }, { [split]: scores })
  }).pipe(Effect.scoped, Effect.provide(engineOf(options)))
