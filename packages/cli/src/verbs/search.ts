/** `adjoint search`: finds the values of a model file's search markers that score best, and keeps every trial in a database. */
import { availableParallelism } from "node:os"
import { dirname, join as joinPath, resolve } from "node:path"
import * as Space from "@adjoint/core/search/Space"
import { defaultPending } from "@adjoint/core/search/Study"
import { printable } from "@adjoint/dsl/diagnostic/Printable"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import { PersistedQueueError } from "effect/persistence/PersistedQueue"
import * as Schema from "effect/Schema"
import { SqlError } from "effect/sql/SqlError"
import { emitNow } from "../json/Emit.ts"
import { type Choice, engineOf } from "../model/Engines.ts"
import { open, sound } from "../model/ModelFile.ts"
import { fits } from "../model/Step.ts"
import { type Training, training as trainingOf } from "../model/Training.ts"
import * as Lines from "../progress/Lines.ts"
import { warned } from "../report/Checked.ts"
import { RunError, UsageError } from "../report/Failure.ts"
import { layer as database, isAddress, shownStore } from "../study/Database.ts"
import { join, queues } from "../study/Join.ts"
import { exported, list } from "../study/Listing.ts"
import { bestFileOf, type Plan, planOf } from "../study/Plan.ts"
import { progress } from "../study/Progress.ts"
import { leave } from "../study/Results.ts"
import * as Show from "../study/Show.ts"
import { Store, type Study, layer as storeLayer } from "../study/Store.ts"
import * as Threads from "../study/Threads.ts"
import * as Format from "../terminal/Format.ts"
import { World } from "../terminal/World.ts"
import { message } from "../terminal/Write.ts"

export interface Options extends Choice {
  readonly file: string | undefined
  readonly set: ReadonlyArray<string>
  readonly trials: number | undefined
  readonly parallel: number | undefined
  readonly store: string | undefined
  readonly study: string | undefined
  readonly resume: boolean
  readonly list: boolean
  readonly export: "csv" | "json" | undefined
  readonly output: string | undefined
  readonly json: boolean
}

/** The most trials at a time in one process. */
const mostParallel = 64

/** The database of a study, unless the command line names another. */
const usualStore = (name: string): string => joinPath("studies", `${name}.sqlite`)

const wrong = (text: string, hint: string) => Effect.fail(new UsageError({ message: text, hint }))

/** How many trials run at a time. */
const parallelOf = ({ parallel: asked }: Options, plan: Plan) => {
  const { pending = defaultPending } = plan.study
  if (asked !== undefined && !(asked >= 1 && asked <= Math.min(mostParallel, pending)))
    return wrong(`${asked} trials at a time`, `from 1 to ${Math.min(mostParallel, pending)}, the study's \`pending\``)
  return Effect.succeed(asked ?? Math.min(plan.parallel ?? availableParallelism(), pending))
}

/** Flags that no search could have. */
const possible = ({ store, study, trials }: Options) => {
  if (trials !== undefined && !(trials >= 1)) return wrong(`${trials} trials`, "at least 1")
  if (store === "") return wrong("the name of the database is empty", "--store studies/NAME.sqlite")
  if (study === "") return wrong("the name of the study is empty", "--study NAME, or leave it out for the name of the model")
  return Effect.void
}

/** The same file has the same name, also through links. */
const realOf = (path: string) =>
  Effect.flatMap(FileSystem.FileSystem, (fs) => Effect.orElseSucceed(fs.realPath(path), () => resolve(path)))

/** Refuses to write the best trial over the model file with its markers, the database, or a folder. */
const writable = (best: string, file: string, store: string) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const place = yield* realOf(best)
    const hint = "name another file with --output"
    if (place === (yield* realOf(file))) return yield* wrong(`the best trial would overwrite ${printable(file)}`, hint)
    if (!isAddress(store) && place === (yield* realOf(store)))
      return yield* wrong(`the best trial would overwrite the database ${shownStore(store)}`, hint)
    const there = yield* Effect.option(fs.stat(best))
    if (there._tag === "Some" && there.value.type === "Directory") return yield* wrong(`${printable(best)} is a folder`, hint)
  })

/** The study of a name in the store: a new one, or the one that is resumed or joined. */
const entered = (options: Options, plan: Plan, training: Training, file: string, store: string, name: string) =>
  Effect.gen(function* () {
    const { create, extend, study } = yield* Store
    const { source } = training.sound.reading
    const wanted: Study = {
      name,
      trials: options.trials ?? plan.trials,
      definition: {
        version: 1,
        text: source.text,
        file,
        directory: resolve(training.sound.directory),
        set: options.set,
        fingerprint: plan.fingerprint,
        started: new Date().toISOString(),
        board: plan.board,
      },
    }
    const before = yield* study(name)
    if (before === undefined && options.resume)
      return yield* wrong(`${shownStore(store)} has no study ${printable(name)}`, "leave out --resume to begin it")
    if (before !== undefined && !options.resume)
      return yield* wrong(
        `${shownStore(store)} has a study ${printable(name)}`,
        "--resume continues or joins it, --study NAME begins another, --store FILE uses another database",
      )
    const there = before ?? (yield* create(wanted))
    if (there.definition.fingerprint !== plan.fingerprint)
      return yield* wrong(
        `the study ${printable(name)} searches another model file, other data or other values`,
        "begin another with --study NAME",
      )
    if (options.trials !== undefined && options.trials > there.trials) yield* extend(name, options.trials)
    return (yield* study(name)) ?? there
  })

/** The line before the first trial. */
const header = (plan: Plan, study: Study, store: string, parallel: number) =>
  message((style) => {
    const size = Space.size(plan.study.space)
    return [
      style("strong", `study ${printable(study.name)}`),
      `${Format.counted(plan.study.space.length, "dimension")}${Number.isFinite(size) ? `, ${Format.counted(size, "point")}` : ""}`,
      `${plan.study.sampler.name}, ${Format.counted(study.trials, "trial")}, ${parallel} at a time`,
      plan.study.objectives.map(({ mode, name }) => `${mode === "max" ? "highest" : "lowest"} ${name}`).join(", "),
      shownStore(store),
    ].join(style("faint", " · "))
  })

/** Runs the trials of a study with this process among others, and shows them. */
const searched = (options: Options, plan: Plan, study: Study, store: string, parallel: number) =>
  Effect.gen(function* () {
    const { entry } = yield* World
    const { space } = plan.study
    const size = Space.size(space)
    if (options.json)
      yield* emitNow({
        event: "search_started",
        study: study.name,
        store: shownStore(store),
        objectives: plan.study.objectives,
        sampler: plan.study.sampler.name,
        trials: study.trials,
        pending: plan.study.pending ?? defaultPending,
        parallel,
        dimensions: space.map(({ name }) => name),
        ...(Number.isFinite(size) ? { points: size } : {}),
      })
    else yield* header(plan, study, store, parallel)
    const shows = yield* progress(Show.boardOf(plan.board), study.trials, options.json)
    const threads = yield* Threads.make(entry, { ...options, threads: options.threads ?? 1 }, parallel)
    const services = yield* Effect.context<World>()
    const joined = join(
      { name: study.name, study: plan.study, pruner: plan.pruner, parallel, threads, taskOf: plan.taskOf },
      (event) => Effect.provideContext(shows.tell(event), services),
    )
    const { records, trials } = yield* Effect.ensuring(joined, shows.end)
    return { trials, seconds: new Map([...records].map(([number, record]) => [number, record.seconds])) }
  })

/** The places of the results of a study. */
const placesOf = ({ output }: Options, file: string, store: string, name: string) => ({
  best: output ?? bestFileOf(file),
  pictures: joinPath(isAddress(store) ? "studies" : dirname(store), /^[\w-]{1,80}$/.test(name) ? name : "study"),
})

/** A word as it is typed in a shell. */
const typed = (word: string): string => printable(/^[\w@%+=:,./…-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)

/** How an interrupted search is continued: with the flags that decide its trials and places. */
const stopped = ({ json, output, set, store, study }: Options, file: string) => {
  const flags = [
    ...set.flatMap((change) => ["--set", change]),
    ...(store === undefined ? [] : ["--store", shownStore(store)]),
    ...(study === undefined ? [] : ["--study", study]),
    ...(output === undefined ? [] : ["--output", output]),
  ]
  const command = ["adjoint", "search", file, ...flags, "--resume"].map(typed).join(" ")
  return json
    ? Effect.void
    : message((style) => `stopped; trials that had not finished will run again\n  ${style("accent", "try:")} ${command}`)
}

type DatabaseError = SqlError | Schema.SchemaError | PersistedQueueError

const isOfDatabase = (error: unknown): error is DatabaseError =>
  error instanceof SqlError || error instanceof PersistedQueueError || Schema.isSchemaError(error)

/** With the database of studies. Its failures are those of the command. */
const inStore =
  (store: string) =>
  <A, E, R>(self: Effect.Effect<A, E | DatabaseError, R>) =>
    Effect.provide(self, Layer.mergeAll(storeLayer, queues).pipe(Layer.provideMerge(database(store)))).pipe(
      Effect.mapError((error) =>
        isOfDatabase(error)
          ? new RunError({
              message: `${shownStore(store)}: ${printable(error.message)}`,
              hint: "name another database with --store, or move this file away",
            })
          : (error as Exclude<E, DatabaseError>),
      ),
    )

/** Searches with the model file, beginning a study or taking part in one. */
const search = (options: Options, file: string) =>
  Effect.gen(function* () {
    const model = yield* sound(yield* open(file, { sets: options.set }))
    yield* options.json ? warned(file, model.reading.diagnostics) : Lines.warnings(model)
    const training = yield* trainingOf(model)
    yield* fits(training)
    const plan = yield* planOf(training)
    const store = options.store ?? plan.store ?? usualStore(training.sound.document.name)
    const parallel = yield* parallelOf(options, plan)
    const name = options.study ?? training.sound.document.name
    const places = placesOf(options, file, store, name)
    yield* writable(places.best, file, store)
    const { beginRun, setSaving } = yield* World
    beginRun()
    setSaving(true)
    const fs = yield* FileSystem.FileSystem
    if (!isAddress(store))
      yield* Effect.mapError(
        fs.makeDirectory(dirname(store), { recursive: true }),
        () =>
          new RunError({
            message: `${shownStore(store)}: its folder cannot be made`,
            hint: "name another database with --store",
          }),
      )
    yield* Effect.gen(function* () {
      const study = yield* entered(options, plan, training, file, store, name)
      const { seconds, trials } = yield* searched(options, plan, study, store, parallel)
      yield* leave({ plan, training, name, trials, seconds }, places, options.json)
    }).pipe(
      Effect.onInterrupt(() => stopped(options, file)),
      Effect.catchTag("TrialFailed", ({ message: text, number }) =>
        Effect.fail(new RunError({ message: `trial ${number} could not be run: ${text.replace(/^error: /, "")}` })),
      ),
      inStore(store),
    )
  }).pipe(Effect.scoped, Effect.provide(engineOf(options)))

/** The database that is listed: the one named, or that of the model file. */
const listedStore = ({ file, store }: Options) =>
  Effect.gen(function* () {
    if (store !== undefined) return store
    if (file === undefined) return yield* wrong("which database?", "--store studies/NAME.sqlite")
    return usualStore((yield* sound(yield* open(file))).document.name)
  })

/** Lists or exports what a database holds. */
const show = (options: Options) =>
  Effect.gen(function* () {
    const store = yield* listedStore(options)
    const fs = yield* FileSystem.FileSystem
    if (!isAddress(store) && !(yield* fs.exists(store)))
      return yield* wrong(`${shownStore(store)}: there is no such database`, "search first")
    yield* (options.export === undefined ? list(options.json) : exported(options.study, options.export)).pipe(inStore(store))
  })

/** Searches, or shows what was searched. */
export const run = (options: Options) =>
  Effect.gen(function* () {
    yield* possible(options)
    if (options.list || options.export !== undefined) return yield* show(options)
    if (options.file === undefined) return yield* wrong("which model file?", "adjoint search model.yaml")
    return yield* search(options, options.file)
  })
