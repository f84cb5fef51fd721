/** `adjoint report`: the pictures of a run, and one page that shows them with everything else that its records say. */
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { emit } from "../json/Emit.ts"
import { type Choice, engineOf } from "../model/Engines.ts"
import { compose, measure, referenceIn, save } from "../page/Report.ts"
import { find } from "../run/Find.ts"
import { files } from "../run/RunFolder.ts"
import { load, rowsOf } from "../run/Trained.ts"
import { message, result } from "../terminal/Write.ts"

export interface Options extends Choice {
  readonly run: string
  readonly runs: string
  /** Where the report goes; into the run's folder unless given. */
  readonly out: string | undefined
  /** Whether the time of each layer is measured first. */
  readonly time: boolean
  readonly json: boolean
}

/** Draws and writes the report of a run. Fails when its rows are no longer those that it was trained on. */
export const run = (options: Options) =>
  Effect.gen(function* () {
    const directory = yield* find(options.run, options.runs)
    const trained = yield* load(directory)
    const prepared = yield* rowsOf(trained)
    if (options.time) yield* measure(trained, prepared)
    const made = yield* compose(trained, prepared, referenceIn(directory))
    const out = options.out ?? join(directory, files.report)
    yield* save(directory, out, made)
    const plots = made.drawings.map(({ name }) => join(directory, files.plots, `${name}.svg`))
    if (options.json) return yield* emit({ event: "reported", folder: directory, file: out, plots })
    yield* message((style) => `${style("good", "wrote")} ${plots.length} pictures to ${join(directory, files.plots)}`)
    return yield* result(out)
  }).pipe(Effect.scoped, Effect.provide(engineOf(options)))
