/** `adjoint train`: trains a model file and keeps the run in a folder. */
import { basename, dirname, join, resolve } from "node:path"
import { Engine } from "@adjoint/core/engines/Engine"
import type * as Rbm from "@adjoint/core/learning/Rbm"
import { CheckpointError } from "@adjoint/core/training/CheckpointError"
import type { Fold } from "@adjoint/core/training/CrossValidate"
import { evaluate, predict } from "@adjoint/core/training/Evaluate"
import { findInScoring } from "@adjoint/core/training/findNonFinite"
import { NonFinite } from "@adjoint/core/training/NonFinite"
import type { PretrainEvent } from "@adjoint/core/training/PretrainEvent"
import type { Scores } from "@adjoint/core/training/Progress"
import * as Train from "@adjoint/core/training/Train"
import type { NonFiniteScore, TrainEvent } from "@adjoint/core/training/TrainEvent"
import { foldsOf } from "@adjoint/dsl/Document"
import { printable } from "@adjoint/dsl/diagnostic/Printable"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as PlatformError from "effect/PlatformError"
import * as Stream from "effect/Stream"
import { emit, emitNow } from "../json/Emit.ts"
import type { Summary } from "../json/Summary.ts"
import { balancedOf } from "../model/Balanced.ts"
import { diverged, nonFiniteScore, rewound } from "../model/Divergence.ts"
import { type Choice, engineOf } from "../model/Engines.ts"
import { parametersOf } from "../model/Layers.ts"
import { linearOf } from "../model/Linear.ts"
import { open, sound } from "../model/ModelFile.ts"
import { versions } from "../model/Packages.ts"
import { fits, located } from "../model/Step.ts"
import { type Training, training as trainingOf } from "../model/Training.ts"
import { json as jsonProgress } from "../progress/Json.ts"
import * as Lines from "../progress/Lines.ts"
import { live } from "../progress/Live.ts"
import { plain } from "../progress/Plain.ts"
import { quiet } from "../progress/Quiet.ts"
import { warned } from "../report/Checked.ts"
import { held } from "../report/FailUnder.ts"
import { Unsaved, UsageError } from "../report/Failure.ts"
import { type Config, configOf, savingIn } from "../run/Config.ts"
import { find } from "../run/Find.ts"
import * as Ledger from "../run/Ledger.ts"
import { tidy, tidyAll } from "../run/Leftovers.ts"
import * as Machines from "../run/Machines.ts"
import * as Pretraining from "../run/Pretraining.ts"
import * as Recorder from "../run/Recorder.ts"
import { environment, readText } from "../run/Records.ts"
import { inherit, resumeFrom, same, sameModel } from "../run/Resume.ts"
import { endsWith, hasCheckpoint, openRun, type Run } from "../run/Run.ts"
import { allocate, files, remove } from "../run/RunFolder.ts"
import { isLive } from "../terminal/Capability.ts"
import { World } from "../terminal/World.ts"
import { result } from "../terminal/Write.ts"
import * as Folds from "./trainFolds.ts"

export interface Options extends Choice {
  readonly file: string | undefined
  readonly resume: string | undefined
  readonly set: ReadonlyArray<string>
  readonly runs: string
  /** What `runs` is unless given. */
  readonly usualRuns: string
  readonly json: boolean
  readonly dryRun: boolean
  /** Whether pictures and the report are left out. */
  readonly noReport: boolean
}

/** Which model file, and the folder that its paths are relative to: the one named, or the one of the run that is resumed. */
const modelOf = ({ file }: Options, parent: Run | undefined): Effect.Effect<readonly [string, string], UsageError> => {
  if (file !== undefined) return Effect.succeed([file, dirname(file)])
  if (parent !== undefined) return Effect.succeed([join(parent.directory, files.resolved), parent.command.directory])
  const hint = "adjoint train model.yaml, or adjoint train --resume RUN"
  return Effect.fail(new UsageError({ message: "which model file?", hint }))
}

/** A run of one fold: where it goes, and the run that it resumes. */
interface OfFold extends Fold {
  /** The folder of the cross-validation. */
  readonly whole: string
  /** What the paths of its model file are relative to. */
  readonly directory: string
  /** The model file as it was typed, in which messages are located. */
  readonly reading: Training["sound"]["reading"]
  readonly parent?: string
}

/** The folders of the runs of a fold: `folds/2-3/0001` of fold 3 of repeat 2. */
const placeOf = ({ fold, repeat, whole }: OfFold) => ({ runs: join(whole, files.folds), name: Folds.nameOf({ fold, repeat }) })

/** A run that is ready to begin: nothing has been written yet, and nothing about it is wrong. */
interface Ready {
  readonly file: string
  readonly directory: string
  readonly parent?: Run
  readonly training: Training
  readonly config: Config
  /** The machines that are trained already; missing where the training of the net itself has begun, or where it has none. */
  readonly machines?: ReadonlyArray<Rbm.Params>
}

/** The run that is resumed. */
const parentOf = ({ resume, runs }: Options, ofFold: OfFold | undefined) =>
  Effect.gen(function* () {
    if (ofFold !== undefined) return ofFold.parent === undefined ? undefined : yield* openRun(ofFold.parent)
    return resume === undefined ? undefined : yield* openRun(yield* find(resume, runs))
  })

/** What `--set` gives; a fold is a model file that means this fold. */
const setsOf = ({ set }: Options, ofFold: OfFold | undefined): ReadonlyArray<string> =>
  ofFold === undefined ? set : [`data.split.fold=${ofFold.fold}`, `data.split.repeat=${ofFold.repeat}`]

const prepare = (options: Options, ofFold?: OfFold) =>
  Effect.gen(function* () {
    const engine = yield* Engine
    const parent = yield* parentOf(options, ofFold)
    const [file, directory] =
      ofFold === undefined ? yield* modelOf(options, parent) : ([join(ofFold.whole, files.resolved), ofFold.directory] as const)
    const model = yield* sound(yield* open(file, { directory, sets: setsOf(options, ofFold) }))
    if (parent !== undefined) yield* sameModel(parent, model)
    // The warnings of a fold are those of the whole.
    if (ofFold === undefined) yield* options.json ? warned(file, model.reading.diagnostics) : Lines.warnings(model)
    const training = yield* trainingOf(model, parent === undefined ? {} : { fitted: parent.fitted })
    yield* fits(training)
    const config = configOf(training)
    const stages = training.built.pretrain
    const fresh = { file, directory, training, config }
    if (parent === undefined) return { ...fresh, ...(stages === undefined ? {} : { machines: [] }) } satisfies Ready
    if (stages !== undefined && !(yield* hasCheckpoint(parent.directory, "last"))) {
      yield* same(parent, training, engine)
      return { ...fresh, parent, machines: yield* Machines.finished(parent.directory, stages) }
    }
    const resume = yield* resumeFrom(parent, training, config, engine)
    return { ...fresh, parent, ...(resume === undefined ? {} : { config: { ...config, resume } }) }
  })

/** Creates the run's folder and writes the description of the run. A folder that cannot be completed is removed. */
const begin = (options: Options, { config, directory, file, machines, parent, training }: Ready, ofFold?: OfFold) =>
  Effect.gen(function* () {
    const engine = yield* Engine
    const again = options.file === undefined && ofFold === undefined ? parent : undefined
    const { source } = training.sound.reading
    const model = again === undefined ? source.text : yield* readText(again.directory, files.model)
    const { name, runs } = ofFold === undefined ? { name: training.sound.document.name, runs: options.runs } : placeOf(ofFold)
    yield* tidyAll(join(runs, name))
    if (parent !== undefined) yield* Effect.ignore(tidy(parent.directory))
    const folder = yield* allocate(runs, name)
    const inherited = Effect.gen(function* () {
      if (parent !== undefined) yield* inherit(parent.directory, folder)
      if (parent !== undefined && ofFold === undefined) yield* Folds.inherit(parent.directory, folder)
      const stages = training.built.pretrain
      if (stages === undefined) return
      const count = machines?.length ?? stages.length
      yield* Machines.begin(folder, stages, parent === undefined ? undefined : { directory: parent.directory, count })
    })
    const beginning: Recorder.Beginning = {
      model,
      training,
      history: config.resume?.last.progress.history ?? [],
      environment: environment(engine, versions()),
      command: {
        file: again?.command.file ?? file,
        directory: resolve(directory),
        set: [...(again?.command.set ?? []), ...setsOf(options, ofFold)],
        engine: engine.name,
        numerics: engine.numerics,
        ...(parent === undefined ? {} : { parent: parent.directory }),
        fingerprint: training.fingerprint,
        started: new Date().toISOString(),
      },
    }
    yield* Recorder.begin(folder, beginning, inherited).pipe(Effect.tapError(() => Effect.ignore(remove(folder))))
    return folder
  }).pipe(Effect.uninterruptible)

/** The name of the run on the command line. */
const referenceOf = (folder: string, { runs, usualRuns }: Options): string => {
  const name = `${basename(dirname(folder))}/${basename(folder)}`
  return runs === usualRuns ? name : `${name} --runs ${runs}`
}

const progressFor = ({ json }: Options, ofFold: OfFold | undefined) =>
  Effect.map(World, ({ env, stderr }) => {
    if (json) return jsonProgress()
    const isTerminal = isLive(env, stderr)
    return ofFold === undefined ? (isTerminal ? live() : plain()) : quiet(isTerminal)
  })

/** The scores of the part that a run is evaluated on, and those of its groups. */
type JudgedScores = Pick<Summary, "slices"> & { readonly [part in "train" | "val" | "test"]?: Scores }

/** The scores on the rows that the document evaluates a run on; a loss that is not finite is traced and reported. */
const judge = <E, R>(
  { built, prepared, sound: { document } }: Training,
  { records, weights }: Ledger.Ledger,
  tell: (event: NonFiniteScore) => Effect.Effect<void, E, R>,
) =>
  Effect.gen(function* () {
    const { split } = document.evaluate
    const dataset = prepared[split]
    if (dataset === undefined || weights === undefined) return {}
    const scores = yield* evaluate(built.net, weights, { data: dataset, loss: built.loss, scores: built.scores })
    if (!Number.isFinite(scores.loss)) {
      const { read } = yield* Engine
      const place = yield* findInScoring({ ...built, read }, weights, dataset)
      if (place !== undefined) yield* tell({ _tag: "NonFiniteScore", part: split, epoch: records.at(-1)?.epoch ?? 0, ...place })
    }
    const { slices } = prepared
    if (Object.keys(slices).length === 0) return { [split]: scores } as JudgedScores
    const { scored } = yield* Effect.promise(() => import("../evaluate/Groups.ts"))
    const { tableOf } = yield* Effect.promise(() => import("../evaluate/Judged.ts"))
    const predictions = yield* predict(built.net, weights, dataset.inputs)
    const groups = scored(tableOf(built, built.loss), { predictions, targets: dataset.targets, weights: dataset.weights }, slices)
    return { [split]: scores, slices: groups } as JudgedScores
  })

/** Whether a file of the run could not be written. */
const isUnwritten = (error: object): error is CheckpointError | PlatformError.PlatformError =>
  error instanceof CheckpointError ? error.isUnwritten === true : error instanceof PlatformError.PlatformError

/** Trains and records the run in its folder, however it ends. */
const train = (options: Options, ready: Ready, folder: string, linear: Scores | undefined, ofFold?: OfFold) =>
  Effect.gen(function* () {
    const { machines, parent, training } = ready
    const typed: Training =
      ofFold === undefined ? training : { ...training, sound: { ...training.sound, reading: ofFold.reading } }
    const config: Config = { ...ready.config, saving: savingIn(folder, training) }
    const progress = yield* progressFor(options, ofFold)
    const { setSaving } = yield* World
    const started = Date.now()
    let ledger = Ledger.open(config)
    let ended: Summary["status"] | undefined

    const close = (rest: Pick<Summary, "status"> & Partial<Summary>) =>
      Effect.gen(function* () {
        const kept = ledger.kept ?? (ledger.best === undefined ? "last" : endsWith(config))
        const { units } = training.built
        const summary = Ledger.summarize(ledger, {
          weights: kept,
          seconds: (Date.now() - started) / 1000,
          baseline: Lines.baselineRecord(training.prepared),
          ...(linear === undefined ? {} : { linear }),
          ...(units === undefined ? {} : { units }),
          ...(parent === undefined ? {} : { parent: parent.directory }),
          ...rest,
        })
        const [worse] = Lines.worseThanBaseline(training, summary)
        const behind = Lines.worseThanLinear(training, summary)
        const whole = {
          ...summary,
          ...(worse === undefined ? {} : { worseThanBaseline: worse.name }),
          ...(behind === undefined ? {} : { worseThanLinear: behind.name }),
        }
        yield* Recorder.end(folder, whole)
        ended = whole.status
        return whole
      })

    const record = (event: TrainEvent) =>
      Effect.gen(function* () {
        // The step is compiled. Before, all that there is of the run is on the disk.
        if (event._tag === "Started") setSaving(true)
        ledger = Ledger.enter(ledger, event)
        yield* Recorder.note(folder, event)
        yield* progress.tell(event)
        if (options.json) return
        if (event._tag === "OldCheckpointKept")
          yield* Lines.warning(`an old checkpoint could not be deleted: ${event.path}: ${event.reason}`, "delete it by hand")
        if (event._tag === "NonFiniteScore") {
          const { hint, message } = nonFiniteScore(event, typed, training.prepared)
          yield* Lines.warning(message, hint)
        }
        if (event._tag === "Rewound") yield* Lines.warning(rewound(event, typed))
      })

    // How many machines are trained, until the training of the net itself begins.
    let learning = machines === undefined ? undefined : { done: machines.length, all: training.built.pretrain?.length ?? 0 }
    const recordMachine = (event: PretrainEvent) =>
      Effect.gen(function* () {
        if (event._tag === "StageStarted") setSaving(true)
        // The machine is saved, and the next step is compiled.
        if (event._tag === "StageFinished") setSaving(false)
        if (event._tag === "StageFinished") learning = { done: event.stage, all: event.stages }
        if (event._tag === "Pretrained") learning = undefined
        yield* Recorder.note(folder, event)
        yield* progress.tell(event)
      })

    /** The training of the net, after that of its machines, where it has any. */
    const prepared =
      machines === undefined
        ? Effect.succeed(config)
        : Effect.map(
            Pretraining.start(folder, training, config, machines, recordMachine),
            (start): Config => ({ ...config, start }),
          )

    const stopped = Effect.gen(function* () {
      // The interruption came when the result was written.
      if (ended !== undefined) return
      const summary = yield* close({ status: "interrupted" })
      // The whole reports the interruption of a fold.
      if (ofFold !== undefined) return
      if (options.json) return yield* emitNow({ event: "summary", folder, ...withoutVersion(summary) })
      const canResume = machines !== undefined || (yield* hasCheckpoint(folder, "last"))
      yield* Lines.interrupted(summary, referenceOf(folder, options), {
        canResume,
        ...(learning === undefined ? {} : { machines: learning }),
      })
    })

    return yield* Effect.flatMap(prepared, (each) => Stream.runForEach(Train.run(each), record)).pipe(
      Effect.ensuring(progress.end),
      Effect.andThen(
        Effect.suspend(() => Effect.all([judge(training, ledger, record), balancedOf(training, ledger.weights)])),
      ),
      Effect.flatMap(([judged, balanced]) =>
        close({ status: ledger.isStopped ? "stopped early" : "finished", ...judged, ...balanced }),
      ),
      Effect.map((summary) => ({ summary, weights: ledger.weights })),
      Effect.onInterrupt(() => Effect.ignore(stopped)),
      Effect.mapError((error) => (error instanceof NonFinite ? diverged(error, typed) : error)),
      Effect.mapError((error) =>
        isUnwritten(error) ? new Unsaved({ cause: error, reference: referenceOf(folder, options) }) : error,
      ),
      Effect.tapError((error) => Effect.ignore(close({ status: "failed", failure: error.message }))),
      Effect.mapError(located(typed)),
      Effect.ensuring(Effect.sync(() => setSaving(false))),
    )
  })

/** The fields of a summary that are not on every line of JSON. */
const withoutVersion = ({ version: _, ...summary }: Summary): Omit<Summary, "version"> => summary

/** A report that cannot be written is a warning; an interruption stays one. */
const unlessReported = (options: Options, folder: string) =>
  Effect.catchCause((cause: Cause.Cause<unknown>) =>
    Cause.hasInterruptsOnly(cause)
      ? Effect.failCause(cause as Cause.Cause<never>)
      : Lines.warning(
          `the report was not written: ${printable(messageOf(Cause.squash(cause)))}`,
          `adjoint report ${referenceOf(folder, options)}`,
        ),
  )

/**
 * Draws the pictures of a run that has ended and writes its report. The run is complete without them: whatever goes wrong is a
 * warning.
 */
const report = (
  options: Options,
  { training: { built, checked, prepared, sound } }: Ready,
  folder: string,
  weights: Ledger.Ledger["weights"],
) =>
  Effect.gen(function* () {
    if (options.noReport || weights === undefined) return
    const { compose, referenceIn, save } = yield* Effect.promise(() => import("../page/Report.ts"))
    const { recordTimes } = yield* Effect.promise(() => import("../page/LayerFacts.ts"))
    const run = yield* openRun(folder)
    const trained = { run, document: sound.document, reading: sound.reading, checked, built, weights }
    yield* recordTimes(trained, prepared)
    yield* save(folder, join(folder, files.report), yield* compose(trained, prepared, referenceIn(folder)))
  }).pipe(unlessReported(options, folder))

/** Writes the report of a cross-validation that has ended, in the same way. */
const reportFolds = (options: Options, folder: string) =>
  Effect.gen(function* () {
    if (options.noReport) return
    const { composeFolds, referenceIn, save } = yield* Effect.promise(() => import("../page/Report.ts"))
    const out = join(folder, files.report)
    yield* save(folder, out, yield* composeFolds(yield* openRun(folder), out, referenceIn(folder)))
  }).pipe(unlessReported(options, folder))

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** Prints what a run would be. */
const planned = (
  { built: { seed, units }, prepared, sound: { document } }: Training,
  parameters: number,
  { lanes, name: engine, numerics, threads }: Engine["Service"],
) => {
  const { rows } = prepared.facts
  const measured = { ...(lanes === undefined ? {} : { lanes }), ...(units === undefined ? {} : { units }) }
  return emit({ event: "planned", name: document.name, parameters, rows, seed, engine, numerics, threads, ...measured })
}

/** Trains the model that a file describes, or resumes a run. Fails before anything is written unless all is right. */
export const run = (options: Options) =>
  Effect.gen(function* () {
    const engine = yield* Engine
    const ready: Ready = yield* prepare(options)
    const parameters = parametersOf(ready.training)
    const { units } = ready.training.built
    const measured = units === undefined ? {} : { units }
    if (options.dryRun) {
      if (options.json) yield* planned(ready.training, parameters, engine)
      else yield* Lines.header("dry run", ready.training, parameters, engine)
      return
    }
    const { beginRun } = yield* World
    beginRun()
    const { document } = ready.training.sound
    const folds = foldsOf(document.data?.split ?? { seed: 0 })
    yield* Folds.resumable(ready.parent, document, folds)
    const folder = yield* begin(options, ready)
    if (options.json) yield* emitNow({ event: "run", folder, ...measured })
    const linear = folds.length === 0 ? yield* linearOf(ready.training) : undefined
    if (!options.json) yield* Lines.header(folder, ready.training, parameters, engine, linear)
    const summary =
      folds.length === 0
        ? yield* Effect.gen(function* () {
            const { summary, weights } = yield* train(options, ready, folder, linear)
            yield* report(options, ready, folder, weights)
            return summary
          })
        : yield* Folds.run(
            {
              folder,
              folds,
              json: options.json,
              training: ready.training,
              parent: ready.parent?.directory,
              reference: referenceOf(folder, options),
            },
            (fold, parent) =>
              Effect.gen(function* () {
                const ofFold = {
                  ...fold,
                  whole: folder,
                  directory: resolve(ready.directory),
                  reading: ready.training.sound.reading,
                  ...(parent === undefined ? {} : { parent }),
                }
                const own: Ready = yield* prepare(options, ofFold)
                const at = yield* begin(options, own, ofFold)
                const linear = yield* linearOf(own.training)
                return {
                  folder: at,
                  train: Effect.gen(function* () {
                    const { summary, weights } = yield* train(options, own, at, linear, ofFold)
                    yield* report(options, own, at, weights)
                    return summary
                  }),
                }
              }),
          )
    if (folds.length > 0) yield* reportFolds(options, folder)
    if (options.json) yield* emitNow({ event: "summary", folder, ...withoutVersion(summary) })
    else {
      const reference = referenceOf(folder, options)
      yield* folds.length === 0 ? Lines.footer(ready.training, summary, reference) : Lines.foldsFooter(summary, reference)
      const { split } = ready.training.sound.document.evaluate
      const scores =
        summary.crossValidation === undefined
          ? Lines.printScores(split, summary[split], summary.units)
          : Folds.printScores(summary)
      yield* result([folder, ...scores].join("  "))
      if (summary.slices !== undefined) {
        const { slices } = summary
        const { printSlices } = yield* Effect.promise(() => import("../evaluate/Table.ts"))
        yield* result((style) => printSlices(slices, style).join("\n"))
      }
    }
    yield* held(ready.training.sound.document, summary)
  }).pipe(Effect.scoped, Effect.provide(engineOf(options)))
