/** `adjoint train`: trains a model file, or each fold of its cross-validation, and keeps the run in a folder. */
import { resolve } from "node:path"
import { Engine } from "@adjoint/core/engines/Engine"
import { foldsOf } from "@adjoint/dsl/Document"
import * as Effect from "effect/Effect"
import { emit, emitNow } from "../json/Emit.ts"
import type { Summary } from "../json/Summary.ts"
import { engineOf } from "../model/Engines.ts"
import { parametersOf } from "../model/Layers.ts"
import { linearOf } from "../model/Linear.ts"
import type { Training } from "../model/Training.ts"
import * as Lines from "../progress/Lines.ts"
import { held } from "../report/FailUnder.ts"
import { World } from "../terminal/World.ts"
import { result } from "../terminal/Write.ts"
import { begin } from "../train/Begin.ts"
import { withoutVersion } from "../train/Closing.ts"
import { type AskedWorkers, checkWorkers, workersOf } from "../train/Crew.ts"
import * as Folds from "../train/Folds.ts"
import { type Asked, foldJobOf, jobOf, referenceOf } from "../train/Job.ts"
import { prepare, type Ready } from "../train/Ready.ts"
import { report, reportFolds } from "../train/Reports.ts"
import { type Place, train } from "../train/Session.ts"

export interface Options extends AskedWorkers, Asked {
  /** What `runs` is unless given. */
  readonly usualRuns: string
  readonly json: boolean
  readonly dryRun: boolean
  /** Whether pictures and the report are left out. */
  readonly noReport: boolean
}

/** Prints what a run would be. */
const plan = ({ json }: Options, training: Training) =>
  Effect.gen(function* () {
    const engine = yield* Engine
    const parameters = parametersOf(training)
    if (!json) return yield* Lines.header("dry run", training, parameters, engine)
    const { built, prepared, sound } = training
    const { seed, units } = built
    const { lanes, name, numerics, threads } = engine
    yield* emit({
      event: "planned",
      name: sound.document.name,
      parameters,
      rows: prepared.facts.rows,
      seed,
      engine: name,
      numerics,
      threads,
      ...(lanes === undefined ? {} : { lanes }),
      ...(units === undefined ? {} : { units }),
    })
  })

/** Prints what begins, and returns the scores of a linear model on the same rows; a cross-validation has one for each fold. */
const introduce = ({ json }: Options, { training }: Ready, folder: string, isWhole: boolean) =>
  Effect.gen(function* () {
    const { units } = training.built
    if (json) yield* emitNow({ event: "run", folder, ...(units === undefined ? {} : { units }) })
    const linear = isWhole ? undefined : yield* linearOf(training)
    if (!json) yield* Lines.header(folder, training, parametersOf(training), yield* Engine, linear)
    return linear
  })

/** Trains a run that has begun, and draws its report. `reference` names what can be resumed: of a fold the whole. */
const trained = (options: Options, ready: Ready, place: Omit<Place, "json">) =>
  Effect.gen(function* () {
    const { folder, reference } = place
    const { summary, weights } = yield* train(ready, { ...place, json: options.json })
    const own = ready.job.isFold ? folder : reference
    if (!options.noReport && weights !== undefined) yield* report(ready, folder, own, weights)
    return summary
  })

/** Trains each fold that is not scored yet, and draws the report of the whole. */
const trainedFolds = (
  options: Options,
  { job, training }: Ready,
  { crew, folder }: { readonly crew: Pick<Place, "workers">; readonly folder: string },
  folds: ReturnType<typeof foldsOf>,
) =>
  Effect.gen(function* () {
    const reference = referenceOf(folder, options)
    const whole = { folder, directory: resolve(job.directory), typed: training.sound.reading }
    const summary = yield* Folds.run(
      { folder, folds, json: options.json, training, parent: job.parent?.directory, reference },
      (fold, resumes) =>
        Effect.gen(function* () {
          const ready = yield* prepare(yield* foldJobOf(whole, fold, resumes), options)
          const own = yield* begin(ready)
          const linear = yield* linearOf(ready.training)
          return { folder: own, train: trained(options, ready, { folder: own, reference, linear, ...crew }) }
        }),
    )
    if (!options.noReport) yield* reportFolds(folder, reference)
    return summary
  })

/** Prints the result of a run. */
const conclude = (options: Options, { training }: Ready, folder: string, summary: Summary) =>
  Effect.gen(function* () {
    if (options.json) return yield* emitNow({ event: "summary", folder, ...withoutVersion(summary) })
    const reference = referenceOf(folder, options)
    const isWhole = summary.crossValidation !== undefined
    yield* isWhole ? Lines.foldsFooter(summary, reference) : Lines.footer(training, summary, reference)
    const { split } = training.sound.document.evaluate
    const scores = isWhole ? Folds.printScores(summary) : Lines.printScores(split, summary[split], summary.units)
    yield* result([folder, ...scores].join("  "))
    const { slices } = summary
    if (slices === undefined) return
    const { printSlices } = yield* Effect.promise(() => import("../evaluate/Table.ts"))
    yield* result((style) => printSlices(slices, style).join("\n"))
  })

/** Trains the model that a file describes, or resumes a run. Fails before anything is written unless all is right. */
export const run = (options: Options) =>
  Effect.gen(function* () {
    const ready = yield* prepare(yield* jobOf(options), options)
    // Before anything is written.
    yield* checkWorkers(options, ready.training.built)
    if (options.dryRun) return yield* plan(options, ready.training)
    const { beginRun } = yield* World
    beginRun()
    const { document } = ready.training.sound
    const folds = foldsOf(document.data?.split ?? { seed: 0 })
    yield* Folds.resumable(ready.job.parent, document, folds)
    // An address that is in use is refused before anything is written, too.
    const workers = yield* workersOf(options)
    const crew = workers === undefined ? {} : { workers }
    const folder = yield* begin(ready)
    const linear = yield* introduce(options, ready, folder, folds.length > 0)
    const summary =
      folds.length === 0
        ? yield* trained(options, ready, { folder, reference: referenceOf(folder, options), linear, ...crew })
        : yield* trainedFolds(options, ready, { folder, crew }, folds)
    yield* conclude(options, ready, folder, summary)
    yield* held(document, summary)
  }).pipe(Effect.scoped, Effect.provide(engineOf(options)))
