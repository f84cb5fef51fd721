/** `adjoint report`: the pictures of a run, and one page that shows them with everything else that its records say. */
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { emit } from "../json/Emit.ts"
import { type Choice, engineOf } from "../model/Engines.ts"
import { recordTimes } from "../page/LayerFacts.ts"
import { compose, composeFolds, referenceIn, save } from "../page/Report.ts"
import { find } from "../run/Find.ts"
import { foldsIn, openRun } from "../run/Run.ts"
import { files } from "../run/RunFolder.ts"
import { load, rowsOf } from "../run/Trained.ts"
import { message, result } from "../terminal/Write.ts"

export interface Options extends Choice {
  readonly run: string
  readonly runs: string
  /** Where the report goes; into the run's folder unless given. */
  readonly out: string | undefined
  /** Whether the time of each layer is measured again. */
  readonly time: boolean
  readonly json: boolean
}

/** Draws the pictures of a run with a model and writes its report; gives the files of the pictures. */
const reported = (directory: string, out: string, { time }: Pick<Options, "time">) =>
  Effect.gen(function* () {
    const trained = yield* load(directory)
    const prepared = yield* rowsOf(trained)
    yield* recordTimes(trained, prepared, { again: time })
    const made = yield* compose(trained, prepared, referenceIn(directory))
    yield* save(directory, out, made)
    return made.drawings.map(({ name }) => join(directory, files.plots, `${name}.svg`))
  }).pipe(Effect.scoped)

/** Draws and writes the report of a run; of a cross-validation that of each fold, and one of the whole. Fails when its rows are no longer those that it was trained on. */
export const run = (options: Options) =>
  Effect.gen(function* () {
    const directory = yield* find(options.run, options.runs)
    const out = options.out ?? join(directory, files.report)
    const folds = yield* foldsIn(directory)
    const plots: Array<string> = []
    for (const { run } of folds) {
      const own = join(directory, run)
      plots.push(...(yield* reported(own, join(own, files.report), options)))
    }
    if (folds.length === 0) plots.push(...(yield* reported(directory, out, options)))
    else yield* save(directory, out, yield* composeFolds(yield* openRun(directory), out, referenceIn(directory)))
    if (options.json) return yield* emit({ event: "reported", folder: directory, file: out, plots })
    yield* message(
      (style) =>
        `${style("good", "wrote")} ${plots.length} pictures to ${join(directory, folds.length === 0 ? files.plots : files.folds)}`,
    )
    return yield* result(out)
  }).pipe(Effect.scoped, Effect.provide(engineOf(options)))
