/**
 * The part of one process in a study. Every process plans the same trials from the same finished ones, offers those that may start
 * to a queue in the store, and runs what it takes from there; so none of them leads, and any of them may die or join late.
 * The queue hands a trial to one process at a time, and again to another one when the first has died.
 */
import { hostname } from "node:os"
import type { Pruner } from "@adjoint/core/search/Pruner"
import type { SearchEvent, TrialFinished } from "@adjoint/core/search/SearchEvent"
import * as Study from "@adjoint/core/search/Study"
import { minimized, type Report, type Trial } from "@adjoint/core/search/Trial"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as PersistedQueue from "effect/persistence/PersistedQueue"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as Semaphore from "effect/Semaphore"
import type { Admit } from "./Budget.ts"
import { Store } from "./Store.ts"
import type { Threads } from "./Threads.ts"
import type { Outcome, Task } from "./Trial.ts"
import type { TrialRecord } from "./TrialRecord.ts"

/** An event of a study: one of a search, where the trials of processes have their time. */
export type StudyEvent =
  | Exclude<SearchEvent, TrialFinished>
  | (Omit<TrialFinished, "trial"> & {
      readonly trial: Trial & Partial<Pick<TrialRecord, "host" | "pid" | "problem" | "seconds">>
    })

/** A study as a process takes part in it. */
export interface Joined {
  /** Its name in the store. */
  readonly name: string
  /** What decides its trials. How many there are is in the store. */
  readonly study: Study.Study
  readonly pruner: Pruner
  /** How many trials run at a time in this process; with 0, other processes run them. */
  readonly parallel: number
  readonly threads: Threads
  /** Starts a trial when the process has room for it. */
  readonly admit: Admit
  /** What a trial computes. */
  readonly taskOf: (start: Study.Start) => Task
}

/** The trials of the queue, by their number. */
const Item = Schema.Struct({ number: Schema.Int })

/** How often the store is asked for the trials of other processes. */
const pollInterval = "250 millis"

/**
 * A process that lives refreshes its hold on a trial; another process takes the trial when this did not happen for so long. The
 * database counts whole seconds.
 */
const holding = { pollInterval, lockRefreshInterval: "2 seconds", lockExpiration: "6 seconds" } as const

/** The queues of a store. */
export const queues = Layer.provide(PersistedQueue.layer, PersistedQueue.layerStoreSql(holding))

/** The result of a trial, as the sampler takes it. */
const resultOf = (outcome: Outcome): Pick<TrialRecord, "problem" | "state" | "values"> => {
  if (outcome.state === "stopped") return { state: "pruned" }
  if (outcome.state === "failed") return { state: "failed", problem: outcome.problem }
  if (outcome.state === "diverged") return { state: "diverged" }
  return outcome.values.every(Number.isFinite) ? { state: "complete", values: outcome.values } : { state: "diverged" }
}

/** Runs a trial on a thread and stops it when the pruner says so. */
const runTrial = (
  { pruner, study: { objectives }, taskOf, threads }: Joined,
  start: Study.Start,
  emit: (event: StudyEvent) => Effect.Effect<void>,
) =>
  Effect.gen(function* () {
    const { known, number, point } = start
    const others = known.map((trial) => minimized(objectives, trial))
    const reports: Array<Report> = []
    const began = performance.now()
    yield* emit({ _tag: "TrialStarted", number, point })
    const outcome = yield* threads.run(taskOf(start), (step, value) => {
      // A training with such a score diverges soon, or recovers; the pruner has nothing to compare.
      if (!Number.isFinite(value)) return true
      reports.push({ step, value })
      Effect.runSync(emit({ _tag: "TrialReported", number, step, value }))
      const own = minimized(objectives, { number, point, state: "complete", reports })
      return !pruner({ number, reports: own.reports }, others)
    })
    const last = reports.at(-1)
    const record: TrialRecord = {
      number,
      point,
      ...resultOf(outcome),
      reports,
      ...(last === undefined ? {} : { cost: last.step }),
      seconds: Math.round(performance.now() - began) / 1000,
      host: hostname(),
      pid: process.pid,
    }
    return record
  })

/** The number from which on trials may be missing. */
const frontier = ({ next, open }: Study.Progress): number => open.find(({ trial }) => trial === undefined)?.number ?? next

/**
 * Takes part in a study until its trials have finished, and emits what happens. Interrupted, it gives back the trials that it has
 * not finished.
 */
export const join = (joined: Joined, emit: (event: StudyEvent) => Effect.Effect<void>) =>
  Effect.gen(function* () {
    const { name, parallel, study } = joined
    const store = yield* Store
    const queue = yield* PersistedQueue.make({
      name: `trials/${name}`,
      schema: Item,
      // A trial that many processes died in is still to be run.
      maxAttempts: Number.MAX_SAFE_INTEGER,
      retrySchedule: Schedule.spaced("1 second"),
    })
    const stored = new Map<number, TrialRecord>()
    // Those that have not finished: each holds the list of all trials before it.
    const starts = new Map<number, Study.Start>()
    const done = yield* Deferred.make<void>()
    const turn = yield* Semaphore.make(1)
    let progress = Study.begin(study)
    const offer = (number: number) => queue.offer({ number }, { id: String(number) })

    /** Learns which trials have finished, and offers those that may start then. */
    const advance = turn.withPermits(1)(
      Effect.gen(function* () {
        const trials = yield* store.wanted(name)
        for (const record of yield* store.finished(name, frontier(progress), (number) => stored.has(number))) {
          stored.set(record.number, record)
          progress = Study.finish(progress, record)
          if (starts.delete(record.number)) yield* emit({ _tag: "TrialFinished", trial: record, isKnown: false })
        }
        const offered: Array<number> = []
        for (;;) {
          const known = progress.known.length
          const [step, after] = Study.next({ ...study, trials }, progress)
          progress = after
          for (const trial of after.known.slice(known))
            if (trial.state === "refused") yield* emit({ _tag: "TrialFinished", trial, isKnown: false })
          if (step._tag === "Done") {
            yield* Deferred.succeed(done, undefined)
            break
          }
          if (step._tag === "Wait") break
          const record = stored.get(step.number)
          if (record === undefined) {
            starts.set(step.number, step)
            offered.push(step.number)
          } else {
            progress = Study.finish(progress, record)
            yield* emit({ _tag: "TrialFinished", trial: record, isKnown: true })
          }
        }
        if (offered.length > 0) yield* store.together(Effect.forEach(offered, offer, { discard: true }))
      }),
    )

    /** The trial of a number, which this process may learn of after the one that offered it; undefined once it has finished. */
    const startOf = (number: number) =>
      Effect.gen(function* () {
        for (;;) {
          const start = starts.get(number)
          if (start !== undefined || stored.has(number)) return start
          yield* advance
          if (!starts.has(number) && !stored.has(number)) yield* Effect.sleep(pollInterval)
        }
      })

    const work = queue.take(({ number }) =>
      Effect.gen(function* () {
        const start = yield* startOf(number)
        // The process that finished it died before it told the queue.
        if (start === undefined || stored.has(number)) return
        yield* store.record(name, yield* joined.admit(start, runTrial(joined, start, emit)))
        yield* advance
      }),
    )

    yield* advance
    const working =
      parallel === 0
        ? Effect.never
        : Effect.forEach(Array.from({ length: parallel }), () => Effect.forever(work), {
            concurrency: "unbounded",
            discard: true,
          })
    const watching = Effect.repeat(advance, Schedule.spaced(pollInterval))
    yield* Deferred.await(done).pipe(Effect.raceFirst(working), Effect.raceFirst(watching))
    return { trials: Study.finished(progress), records: stored }
  }).pipe(Effect.scoped)
