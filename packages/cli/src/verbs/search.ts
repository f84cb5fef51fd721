/** `adjoint search`: finds the values of a model file's search markers that score best, and keeps every trial in a database. */
import { dirname, join as joinPath, resolve } from "node:path"
import { printable } from "@adjoint/dsl/diagnostic/Printable"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import type { PlatformError } from "effect/PlatformError"
import { emitNow } from "../json/Emit.ts"
import { type Choice, engineOf } from "../model/Engines.ts"
import { open, sound } from "../model/ModelFile.ts"
import { fits } from "../model/Step.ts"
import { type Training, training as trainingOf } from "../model/Training.ts"
import * as Lines from "../progress/Lines.ts"
import { warned } from "../report/Checked.ts"
import { UsageError } from "../report/Failure.ts"
import { memoryOf, parallelOf } from "../study/Budget.ts"
import { inStore, makeRoom } from "../study/Connected.ts"
import { isAddress, shownStore } from "../study/Database.ts"
import type { DataFile } from "../study/DataFile.ts"
import { hashed, recording } from "../study/DataFiles.ts"
import { listeningOf, serve } from "../study/DataServer.ts"
import { exported, list } from "../study/Listing.ts"
import { bestFileOf, computingOf, type Plan, planOf } from "../study/Plan.ts"
import { leave } from "../study/Results.ts"
import { Store, type Study } from "../study/Store.ts"
import { takePart } from "../study/TakePart.ts"
import { World } from "../terminal/World.ts"
import { message } from "../terminal/Write.ts"

export interface Options extends Choice {
  readonly file: string | undefined
  readonly set: ReadonlyArray<string>
  readonly trials: number | undefined
  readonly parallel: number | undefined
  readonly cores: number | undefined
  readonly memory: string | undefined
  readonly serveData: string | undefined
  readonly store: string | undefined
  readonly study: string | undefined
  readonly resume: boolean
  readonly list: boolean
  readonly export: "csv" | "json" | undefined
  readonly output: string | undefined
  readonly json: boolean
}

/** The database of a study, unless the command line names another. */
const usualStore = (name: string): string => joinPath("studies", `${name}.sqlite`)

const wrong = (text: string, hint: string) => Effect.fail(new UsageError({ message: text, hint }))

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

/** What this process knows of its study before it opens the database. */
interface Known {
  readonly options: Options
  readonly file: string
  readonly store: string
  readonly name: string
  readonly training: Training
  readonly plan: Plan
  /** The files of the data, with their hashes. */
  readonly data: Effect.Effect<ReadonlyArray<DataFile>, PlatformError, FileSystem.FileSystem>
}

/** The study of a name in the store: a new one, or the one that is resumed or joined. */
const entered = ({ data, file, name, options, plan, store, training }: Known) =>
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
        ...computingOf(options),
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
    const there = before ?? (yield* create(wanted, yield* data))
    if (there.definition.fingerprint !== plan.fingerprint)
      return yield* wrong(
        `the study ${printable(name)} searches another model file, other data or other values`,
        "begin another with --study NAME",
      )
    if (options.trials !== undefined && options.trials > there.trials) yield* extend(name, options.trials)
    return (yield* study(name)) ?? there
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

/** Reads a model file with its data, and plans its study. The files of the data that were read are recorded. */
const planned = (options: Options, file: string, memory: number | undefined) =>
  Effect.gen(function* () {
    const { fs, seen } = recording(yield* FileSystem.FileSystem)
    const { plan, training } = yield* Effect.gen(function* () {
      const model = yield* sound(yield* open(file, { sets: options.set }))
      yield* options.json ? warned(file, model.reading.diagnostics) : Lines.warnings(model)
      const training = yield* trainingOf(model)
      yield* fits(training)
      return { training, plan: yield* planOf(training, { ...computingOf(options), needsBytes: memory !== undefined }) }
    }).pipe(Effect.provideService(FileSystem.FileSystem, fs))
    return { plan, training, files: [...seen].filter((path) => path !== resolve(file)) }
  })

/** Serves the data to workers on other machines, and says where. */
const serving = ({ data, options }: Known) =>
  Effect.gen(function* () {
    if (options.serveData === undefined) return
    const address = yield* serve(yield* data, yield* listeningOf(options.serveData))
    yield* options.json
      ? emitNow({ event: "data_served", address })
      : message(
          (style) =>
            `the data are served at ${address}\n  ${style("accent", "workers:")} adjoint worker --store … --data ${address}`,
        )
  })

/** Searches with the model file, beginning a study or taking part in one. */
const search = (options: Options, file: string) =>
  Effect.gen(function* () {
    const memory = yield* memoryOf(options)
    if (options.serveData !== undefined) yield* listeningOf(options.serveData)
    const { files, plan, training } = yield* planned(options, file, memory)
    const store = options.store ?? plan.store ?? usualStore(training.sound.document.name)
    const parallel = yield* parallelOf(options, plan)
    const name = options.study ?? training.sound.document.name
    const places = placesOf(options, file, store, name)
    yield* writable(places.best, file, store)
    const { beginRun, setSaving } = yield* World
    beginRun()
    setSaving(true)
    yield* makeRoom(store)
    const known: Known = { options, file, store, name, training, plan, data: yield* Effect.cached(hashed(files)) }
    yield* Effect.gen(function* () {
      const study = yield* entered(known)
      yield* serving(known)
      const { records, trials } = yield* takePart({
        plan,
        sound: training.sound,
        study,
        store,
        choice: options,
        parallel,
        memory,
        shows: "all",
        json: options.json,
      })
      const seconds = new Map([...records].map(([number, record]) => [number, record.seconds]))
      yield* leave({ plan, training, name, trials, seconds }, places, options.json)
    }).pipe(
      Effect.onInterrupt(() => stopped(options, file)),
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
