/**
 * A search: runs an objective at points of a space that a sampler chooses, and stops bad trials early. It is a stream of events, like
 * a run. The trials and their order are a function of the description alone (`Study`): not of `parallel`, of which trial finishes
 * first, or of interruptions, if the objective's value depends on the point and the key alone.
 *
 * ```ts
 * import { Key, Sampler, Search, Space } from "@adjoint/core"
 * import * as Effect from "effect/Effect"
 *
 * const space = Space.struct({ x: Space.float(-1, 1), shape: Space.choice(["bowl", "tent"]) })
 * const search = Search.run({
 *   space: space.dimensions,
 *   objective: (point) => {
 *     const { shape, x } = space.decode(point)
 *     return Effect.succeed(shape === "bowl" ? x * x : Math.abs(x))
 *   },
 *   objectives: [{ name: "height", mode: "min" }],
 *   sampler: Sampler.random(),
 *   trials: 50,
 *   key: Key.make(1),
 * })
 * const { best, trials } = await Effect.runPromise(Search.finished(search))
 * const [lowest = 1] = best?.values ?? []
 * trials.length // => 50
 * lowest < 0.01 // => true
 * ```
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"
import { spanned } from "../engines/observe.ts"
import type { Key } from "../tensor/Key.ts"
import type { ConfigError } from "../training/ConfigError.ts"
import * as Check from "../training/checkData.ts"
import { type Emit, eventStream, lastEvent } from "../training/eventStream.ts"
import { NonFinite } from "../training/NonFinite.ts"
import * as Leaderboard from "./Leaderboard.ts"
import type { Pruner } from "./pruner/Pruner.ts"
import type { SearchEvent, SearchFinished } from "./SearchEvent.ts"
import * as Space from "./Space.ts"
import * as Study from "./Study.ts"
import { minimized, type Report, type Trial } from "./Trial.ts"

export type * from "./SearchEvent.ts"

/** What an objective gets beside the point. */
export interface Running {
  /** The number of the trial, from 0. */
  readonly number: number
  /** The trial's own key: all its randomness must come from it. */
  readonly key: Key
  /** Reports an intermediate value of the first objective, at rising steps. If the pruner stops the trial, the objective is interrupted here. */
  readonly report: (step: number, value: number) => Effect.Effect<void>
}

/** The description of a search. */
export interface Search<S = unknown, E = never, R = never> extends Study.Study<S> {
  /** The value of a point, or one for each objective. A value that is not finite, or the error `NonFinite` of a training, is a diverged trial. */
  readonly objective: (point: Space.Point, running: Running) => Effect.Effect<number | ReadonlyArray<number>, E, R>
  /** Stops trials early by what they report; none unless given. */
  readonly pruner?: Pruner
  /** How many trials run at a time, at most `pending`; 1 unless given. */
  readonly parallel?: number
  /** The finished trials of an earlier run of the same search, which are not run again. */
  readonly known?: ReadonlyArray<Trial>
}

/** The errors of a search: an invalid description, or an error of the objective, which ends it. */
export type SearchError<E> = ConfigError | Exclude<E, NonFinite>

const spaceProblem = <S>({ sampler, space }: Study.Study<S>): Check.Problem => {
  if (space.length === 0)
    return Check.problem("space", "no dimension", "one or more", "Space.struct({ lr: Space.log(1e-4, 1e-1) })")
  const [found] = [...Space.check(space), ...(sampler.check?.(Space.withIndices(space)) ?? [])]
  return found && Check.problem(`space.${found.dimension}`, found.got, found.wanted, found.hint)
}

const problemOf = <S, E, R>(search: Search<S, E, R>): Check.Problem => {
  const { known = [], objectives, parallel = 1, pending = Study.defaultPending, trials } = search
  const repeated = known.find(({ number }, i) => known.findIndex((other) => other.number === number) < i)
  return Check.firstOf([
    spaceProblem(search),
    objectives.length === 0 ? Check.problem("objectives", "none", "one or more", '[{ name: "loss", mode: "min" }]') : undefined,
    objectives.length > 1 && search.sampler.objectives === "one"
      ? Check.problem(
          "objectives",
          String(objectives.length),
          `one for ${search.sampler.name}`,
          "Sampler.tpe() or Sampler.nsga()",
        )
      : undefined,
    trials === undefined ? undefined : Check.count("trials", trials, 1),
    Check.count("pending", pending, 1),
    Check.count("parallel", parallel, 1),
    parallel > pending
      ? Check.problem("parallel", String(parallel), `at most \`pending\`, ${pending}`, `pending: ${parallel}`)
      : undefined,
    repeated && Check.problem("known", `trial ${repeated.number} twice`, "each trial once", "leave one of them out"),
  ])
}

const valuesProblem = (values: ReadonlyArray<number>, objectives: Study.Study["objectives"]): Check.Problem =>
  values.length === objectives.length
    ? undefined
    : Check.problem(
        "objective",
        `${values.length} values`,
        `one for each of ${objectives.length} objectives`,
        "return as many numbers",
      )

/** Runs one trial to its end. */
const runTrial = <S, E, R>(
  { objective, objectives, pruner }: Search<S, E, R>,
  { key, known, number, point }: Study.Start,
  emit: Emit<SearchEvent>,
): Effect.Effect<Trial, SearchError<E>, R> =>
  Effect.gen(function* () {
    const stop = yield* Deferred.make<"pruned">()
    const reports: Array<Report> = []
    const others = pruner === undefined ? [] : known.map((trial) => minimized(objectives, trial))
    const report = (step: number, value: number): Effect.Effect<void> =>
      Effect.gen(function* () {
        reports.push({ step, value })
        yield* emit({ _tag: "TrialReported", number, step, value })
        if (pruner === undefined) return
        const own = minimized(objectives, { number, point, state: "complete", reports })
        if (!pruner({ number, reports: own.reports }, others)) return
        yield* Deferred.succeed(stop, "pruned")
        return yield* Effect.never
      })
    const result = yield* objective(point, { number, key, report }).pipe(
      Effect.map((value) => (typeof value === "number" ? [value] : value)),
      Effect.catch((error) =>
        error instanceof NonFinite ? Effect.succeed("diverged" as const) : Effect.fail(error as Exclude<E, NonFinite>),
      ),
      Effect.raceFirst(Deferred.await(stop)),
    )
    const last = reports.at(-1)
    const trial = { number, point, reports, ...(last === undefined ? {} : { cost: last.step }) }
    if (typeof result === "string") return { ...trial, state: result }
    const problem = valuesProblem(result, objectives)
    if (problem !== undefined) return yield* problem
    return result.every(Number.isFinite) ? { ...trial, state: "complete", values: result } : { ...trial, state: "diverged" }
  })

/**
 * Runs the trials and emits what happens. It fails with the first error of an objective, and with `ConfigError` before the first
 * trial for an invalid description, or for known trials of another search. Ending the stream interrupts the running trials.
 */
export const run = <S, E = never, R = never>(search: Search<S, E, R>): Stream.Stream<SearchEvent, SearchError<E>, R> =>
  eventStream((emit) =>
    spanned(loop(search, emit), "Search.run", () => ({
      "adjoint.sampler": search.sampler.name,
      "adjoint.parallel": search.parallel ?? 1,
    })),
  )

const loop = <S, E, R>(search: Search<S, E, R>, emit: Emit<SearchEvent>): Effect.Effect<void, SearchError<E>, R> =>
  Effect.gen(function* () {
    const { known = [], parallel = 1, pending = Study.defaultPending, trials } = search
    const problem = problemOf(search)
    if (problem !== undefined) return yield* problem
    yield* emit({
      _tag: "SearchStarted",
      sampler: search.sampler.name,
      ...(trials === undefined ? {} : { trials }),
      pending,
      parallel,
      known: known.length,
    })
    const earlier = new Map(known.map((trial) => [trial.number, trial]))
    const ended = yield* Queue.unbounded<Exit.Exit<Trial, SearchError<E>>>()
    let progress = Study.begin(search)
    let running = 0
    const finish = (trial: Trial, isKnown: boolean) => {
      progress = Study.finish(progress, trial)
      return emit({ _tag: "TrialFinished", trial, isKnown })
    }
    for (;;) {
      while (running < parallel) {
        const before = progress.known.length
        const [step, after] = Study.next(search, progress)
        progress = after
        for (const trial of after.known.slice(before))
          if (trial.state === "refused") yield* emit({ _tag: "TrialFinished", trial, isKnown: earlier.has(trial.number) })
        if (step._tag !== "Start") break
        const { number, point } = step
        const old = earlier.get(number)
        if (old === undefined) {
          yield* emit({ _tag: "TrialStarted", number, point })
          running++
          yield* spanned(
            runTrial(search, step, emit),
            "Search.trial",
            () => ({ "adjoint.trial": number }),
            ({ state }) => ({ "adjoint.state": state }),
          ).pipe(
            Effect.exit,
            Effect.flatMap((exit) => Queue.offer(ended, exit)),
            Effect.forkChild,
          )
        } else if (Space.isSame(old.point, point)) yield* finish(old, true)
        else
          return yield* Check.problem(
            "known",
            `trial ${number} at ${JSON.stringify(old.point)}`,
            `${JSON.stringify(point)}, which this search tries`,
            "the space, sampler, key and `pending` of the earlier run",
          )
      }
      if (running === 0) break
      const exit = yield* Queue.take(ended)
      running--
      if (Exit.isFailure(exit)) return yield* Effect.failCause(exit.cause)
      yield* finish(exit.value, false)
    }
    const all = Study.finished(progress)
    const best = Leaderboard.best(all, search.objectives)
    yield* emit({ _tag: "SearchFinished", trials: all, ...(best === undefined ? {} : { best }) })
  })

/** Runs a search to its end and returns the last event of `run`. */
export const finished = <E, R>(search: Stream.Stream<SearchEvent, E, R>): Effect.Effect<SearchFinished, E, R> =>
  lastEvent(Stream.filter(search, (event) => event._tag === "SearchFinished"))
