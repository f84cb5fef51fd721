/**
 * `adjoint worker`: runs trials of the studies of a database. The model file and the settings of a study come from the database, its
 * data from a folder or a server, by their hashes. A worker may join at any time and be killed at any time.
 */
import { printable } from "@adjoint/dsl/diagnostic/Printable"
import { fromText } from "@adjoint/dsl/source/Source"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import { emitNow } from "../json/Emit.ts"
import { type Choice, engineOf } from "../model/Engines.ts"
import { ofSource, sound } from "../model/ModelFile.ts"
import { fits } from "../model/Step.ts"
import { training as trainingOf } from "../model/Training.ts"
import { type FetchError, type Refused, RunError, UsageError } from "../report/Failure.ts"
import * as Report from "../report/Report.ts"
import { memoryOf, parallelOf } from "../study/Budget.ts"
import { inStore } from "../study/Connected.ts"
import { isAddress, shownStore } from "../study/Database.ts"
import { withData } from "../study/DataFiles.ts"
import { located } from "../study/DataPlace.ts"
import { computingOf, planOf } from "../study/Plan.ts"
import { Store, type Study } from "../study/Store.ts"
import { takePart } from "../study/TakePart.ts"
import * as Format from "../terminal/Format.ts"
import { World } from "../terminal/World.ts"
import { message } from "../terminal/Write.ts"

export interface Options extends Pick<Choice, "lanes" | "threads"> {
  readonly store: string
  readonly study: string | undefined
  readonly data: string | undefined
  readonly wait: boolean
  readonly parallel: number | undefined
  readonly cores: number | undefined
  readonly memory: string | undefined
  readonly json: boolean
}

/** How often a worker that waits looks for trials. */
const pollInterval = "1 second"

/** Runs trials of a study until it has no more. */
const work = (options: Options, study: Study) =>
  Effect.gen(function* () {
    const { definition, name } = study
    const { directory, engine = "wasm", file, numerics, set, text } = definition
    const choice: Choice = { engine, numerics, lanes: options.lanes, threads: options.threads }
    const memory = yield* memoryOf(options)
    const data = yield* located(options.data, directory, yield* (yield* Store).data(name))
    const planned = Effect.gen(function* () {
      const model = yield* sound(yield* ofSource(fromText(file, text), { directory, sets: set }))
      const training = yield* trainingOf(model)
      yield* fits(training)
      const plan = yield* planOf(training, {
        ...computingOf(choice),
        needsBytes: memory !== undefined,
      })
      return { model, plan }
    })
    yield* Effect.gen(function* () {
      const { model, plan } = yield* withData(data)(planned)
      if (plan.fingerprint !== definition.fingerprint)
        return yield* new RunError({
          message: `this worker reads another study than ${printable(name)} from the same model file`,
          hint: "the version of adjoint that the study began with",
        })
      const parallel = yield* parallelOf(options, plan)
      const { ran, trials } = yield* takePart({
        plan,
        sound: model,
        study,
        store: options.store,
        choice,
        parallel,
        memory,
        data,
        shows: "own",
        json: options.json,
      })
      yield* options.json
        ? emitNow({ event: "worker_finished", study: name, trials: trials.length, ran })
        : message(`study ${printable(name)} has ended: this worker ran ${ran} of ${Format.counted(trials.length, "trial")}`)
    }).pipe(Effect.scoped, Effect.provide(engineOf(choice)))
  })

/** The studies that may have trials to run. */
const unfinished = ({ study: wanted }: Options) =>
  Effect.gen(function* () {
    const { finished, studies } = yield* Store
    const all = (yield* studies).filter(({ name }) => wanted === undefined || name === wanted)
    const open = yield* Effect.filter(all, ({ name, trials }) =>
      Effect.map(finished(name, 0), (done) => done.filter(({ state }) => state !== "refused").length < trials),
    )
    return { all, open }
  })

/** Milliseconds after which a worker that waits tries again to take part in a study that it could not take part in. */
const retryAfter = 60_000

/** Runs the trials of the studies that there are, one study after the other. `due` has the time from which one is tried again. */
const workAll = (options: Options, due: Map<string, number>) =>
  Effect.gen(function* () {
    const { all, open } = yield* unfinished(options)
    const now = yield* Clock.currentTimeMillis
    for (const study of open) {
      // A grid may end before the number of its trials.
      const key = `${study.trials} ${study.name}`
      if ((due.get(key) ?? 0) > now) continue
      const skipped = (failure: FetchError | Refused | RunError) =>
        Effect.gen(function* () {
          due.set(key, now + retryAfter)
          yield* message((style) => Report.text(failure, style, style("strong", "") !== ""))
          yield* message(`study ${printable(study.name)} is tried again in a minute`)
        })
      const worked = Effect.tap(work(options, study), () => Effect.sync(() => due.set(key, Number.POSITIVE_INFINITY)))
      yield* options.wait ? Effect.catchTags(worked, { FetchError: skipped, Refused: skipped, RunError: skipped }) : worked
    }
    return { found: all.length, open: open.length }
  })

/** Runs trials until the studies have ended, or with `--wait` until it is interrupted. */
export const run = (options: Options) =>
  Effect.gen(function* () {
    const { parallel, store, study, wait } = options
    if (parallel !== undefined && !(parallel >= 1))
      return yield* new UsageError({ message: `${parallel} trials at a time`, hint: "at least 1" })
    yield* memoryOf(options)
    const fs = yield* FileSystem.FileSystem
    const isThere = isAddress(store) ? Effect.succeed(true) : fs.exists(store)
    if (!(yield* isThere)) {
      if (!wait)
        return yield* new UsageError({
          message: `${shownStore(store)}: there is no such database`,
          hint: "adjoint search begins a study in it, and --wait waits for one",
        })
      yield* message(`waiting for ${shownStore(store)}`)
      while (!(yield* isThere)) yield* Effect.sleep(pollInterval)
    }
    const { beginRun, setSaving } = yield* World
    beginRun()
    setSaving(true)
    yield* Effect.gen(function* () {
      const due = new Map<string, number>()
      for (;;) {
        const { found, open } = yield* workAll(options, due)
        if (!wait && found === 0)
          return yield* new UsageError({
            message:
              study === undefined ? `${shownStore(store)} has no study` : `${shownStore(store)} has no study ${printable(study)}`,
            hint: "adjoint search begins one, and --wait waits for it",
          })
        if (!wait && open === 0) yield* message(`${shownStore(store)} has no more trials to run`)
        if (!wait) return
        yield* Effect.sleep(pollInterval)
      }
    }).pipe(inStore(store))
  })
