/**
 * The loop under every run: epochs of steps in bursts, with checkpoints, resume, early stopping, a plateau, and the search for
 * the step with the first non-finite value. It knows neither nets nor losses: a run passes its step and what to do with outputs.
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"
import type * as Batches from "../data/Batches.ts"
import { Engine, type EngineError } from "../engines/Engine.ts"
import { letOthersRun } from "../engines/letOthersRun.ts"
import { type Attributes, logged, spanned } from "../engines/observe.ts"
import { allFinite } from "./allFinite.ts"
import { burstSize } from "./bursts.ts"
import { accumulate, accumulatorOf, emptySums, finish, totals } from "./Evaluate.ts"
import type { Ended, LoopError, LoopEvent, Run, Snapshot } from "./LoopRun.ts"
import { epochAttributes, logEvent } from "./loopLog.ts"
import { checkSameRun, initialProgress } from "./loopStart.ts"
import { isBetter, monitoredScore, shouldStop } from "./Monitor.ts"
import type { NonFinite } from "./NonFinite.ts"
import { factorAfter } from "./Plateau.ts"
import type { EpochRecord } from "./Progress.ts"
import { lastRate } from "./Rate.ts"
import * as RunMetrics from "./RunMetrics.ts"
import { readAhead } from "./readAhead.ts"
import { replay } from "./replay.ts"
import { saveSnapshot } from "./saveSnapshot.ts"

/** The effect without its result and its error. `Effect.ignore` can log too, and a page would load Effect's logger with it. */
const ignored = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<void, never, R> =>
  Effect.match(effect, { onFailure: () => undefined, onSuccess: () => undefined })

/**
 * Runs the loop to its end. An interruption waits for the current burst of steps, and then saves a checkpoint. The scope releases
 * the engine's memory.
 */
export const runLoop = <S, B, O, V, K, R = never>(
  run: Run<S, B, O, V, K, R>,
): Effect.Effect<Ended<K>, LoopError, Engine | Scope.Scope | R> =>
  Effect.gen(function* () {
    const { earlyStop, epochs, loader, monitor, name, saving, scores } = run
    const metrics = RunMetrics.updatesOf(name)
    const engine = yield* Engine.current
    const step = yield* run.step
    const start = initialProgress(run)
    let progress = run.resume === undefined ? start : yield* checkSameRun(run.resume.last.progress, start)
    // The sums of the current epoch; `progress` gets them when it is saved.
    let accumulator = accumulatorOf(progress.sums)
    let best = run.resume?.best
    // The last state whose numbers are all finite: a failure is replayed from it.
    let lastGood: Snapshot<S> = { state: yield* step.state, progress }

    /** A state with the progress of the run as it is saved. */
    const withSums = (state: S): Snapshot<S> => ({ state, progress: { ...progress, sums: totals(accumulator, scores) } })

    /** Writes a checkpoint and returns the events that report it. */
    const save = (kind: "best" | "last", of: Effect.Effect<Snapshot<S>, EngineError> = Effect.map(step.state, withSums)) =>
      saving === undefined ? Effect.succeed([]) : Effect.flatMap(of, (whole) => saveSnapshot(name, saving, kind, whole))

    /** Emits an event that is logged as well. */
    const emit = (event: LoopEvent) => Effect.andThen(run.emit(event), logEvent(name, event))

    const emitAll = (events: ReadonlyArray<LoopEvent>) => Effect.forEach(events, emit, { discard: true })

    const isDue = () => progress.epoch % (saving?.every ?? 1) === 0

    /** Fails with the first step that left a non-finite value since the last good state. */
    const blame = Effect.suspend(() => replay(run, step, lastGood))

    /** Runs a burst of steps of the current epoch. An interruption waits until it is done, unless the engine can give it up. */
    const runBurst = (rows: ReadonlyArray<Batches.Batch>, inputs: ReadonlyArray<B>) =>
      Effect.uninterruptibleMask((restore) =>
        Effect.gen(function* () {
          const started = performance.now()
          const steps = yield* Effect.forkChild(step.run(inputs), { startImmediately: true })
          const waited = yield* Effect.exit(restore(Fiber.await(steps)))
          if (Exit.hasInterrupts(waited) && (yield* step.abort)) return yield* Effect.interrupt
          const outputs = yield* Fiber.join(steps)
          const values = outputs.map(run.value)
          if (!values.every(run.isFinite)) return yield* blame
          const rowCount = rows.reduce((sum, { length }) => sum + length, 0)
          accumulator = accumulate(accumulator, scores, outputs.flatMap(run.sums), rowCount)
          progress = { ...progress, batch: progress.batch + rows.length, step: progress.step + rows.length }
          const milliseconds = performance.now() - started
          const last = values.at(-1)
          const loss = last === undefined ? undefined : run.loss(last)
          yield* metrics.burst({ loss, steps: rows.length, rows: rowCount, milliseconds })
          return { values, milliseconds }
        }),
      )

    let stepsPerBurst = 1
    const trainEpoch = Effect.gen(function* () {
      const batchesFrom = yield* loader.epoch(progress.epoch)
      const firstBatch = progress.batch
      const next = readAhead({
        end: loader.batches,
        limit: run.limit,
        read: (from, to) => {
          const rows = batchesFrom(from, to - from)
          return Effect.map(run.inputs(rows, progress.epoch), (inputs) => ({ rows, inputs }))
        },
      })
      let elapsed = 0
      while (progress.batch < loader.batches) {
        const { items } = yield* next(progress.batch, stepsPerBurst)
        const { milliseconds, values } = yield* runBurst(items.rows, items.inputs)
        elapsed += milliseconds
        stepsPerBurst = burstSize(values.length, milliseconds)
        const { batch, epoch, step } = progress
        yield* run.stepped({ epoch: epoch + 1, batch, batches: loader.batches, step, values, milliseconds })
        yield* letOthersRun
      }
      const rows = loader.rows - firstBatch * loader.size
      return { milliseconds: elapsed, rowsPerSecond: (rows / Math.max(elapsed, 0.001)) * 1000 }
    })

    /** What the scheduled rate is multiplied by: the plateau's factor after the epochs so far, and one for each rewind. */
    const rateFactor = (): number =>
      (run.plateau === undefined ? 1 : factorAfter(run.plateau, progress.history)) *
      (run.rewind?.factor ?? 1) ** (progress.rewinds ?? 0)

    /** The state with the learning rate of the epoch that begins. */
    const withRate = Effect.fnUntraced(function* (state: S) {
      const { plateau, rate } = run
      if ((plateau === undefined && progress.rewinds === undefined) || rate === undefined) return state
      const next = rate.scale(state, rateFactor())
      yield* step.load(next)
      return next
    })

    /** Goes back to the last good state with a lower rate, or fails where that is not wanted or was done often enough. */
    const rewound = Effect.fnUntraced(function* (cause: NonFinite) {
      const times = (progress.rewinds ?? 0) + 1
      if (run.rewind === undefined || run.rate === undefined || times > run.rewind.times) return yield* cause
      progress = { ...lastGood.progress, rewinds: times }
      accumulator = accumulatorOf(progress.sums)
      lastGood = { state: yield* withRate(lastGood.state), progress }
      const { epoch, layer, rows, step: failed, tensor, value } = cause
      const to = { epoch: progress.epoch, step: progress.step }
      yield* emit({ _tag: "Rewound", tensor, layer, value, rows, epoch, step: failed, to, factor: rateFactor(), times })
      return { "adjoint.rewinds": times }
    })

    /** Scores the epoch that was just trained, saves checkpoints, and reports both. */
    const finishEpoch = Effect.fnUntraced(function* (speed: { readonly milliseconds: number; readonly rowsPerSecond: number }) {
      const state = yield* step.state
      if (!(yield* allFinite(state))) return yield* blame
      const weights = run.weights(state)
      const at = { epoch: progress.epoch + 1, step: progress.step }
      const { train, validation } = yield* run.score(weights, finish(totals(accumulator, scores), scores), at)
      const record: EpochRecord = {
        ...at,
        learningRate: yield* lastRate(run.rate, state, engine.read),
        train,
        ...(validation === undefined ? {} : { validation }),
      }
      const value = monitoredScore(monitor, record)
      const isBest = value !== undefined && isBetter(monitor, value, progress.best)
      // Uninterruptible as a whole, so that the record of a best epoch agrees with its checkpoint.
      const saved = yield* Effect.uninterruptible(
        Effect.gen(function* () {
          if (isBest) best = weights
          accumulator = accumulatorOf(emptySums)
          progress = {
            ...progress,
            epoch: record.epoch,
            batch: 0,
            sums: emptySums,
            history: [...progress.history, record],
            ...(isBest ? { best: { epoch: record.epoch, value } } : {}),
          }
          lastGood = { state: yield* withRate(state), progress }
          const whole = withSums(lastGood.state)
          const kinds = [...(isBest ? (["best"] as const) : []), ...(isDue() ? (["last"] as const) : [])]
          return yield* Effect.forEach(kinds, (kind) => save(kind, Effect.succeed(whole)))
        }),
      )
      yield* metrics.epoch(record)
      yield* run.scored({ ...record, ...speed, best: isBest, weights })
      yield* logged("Debug", `${name}.run: epoch ${record.epoch} is scored`, epochAttributes(record))
      yield* emitAll(saved.flat())
      const before = progress.history.at(-2)?.step ?? 0
      if (run.measured !== undefined) yield* run.measured(lastGood.state, { ...at, before })
      return { ...epochAttributes(record), "adjoint.best": isBest, "adjoint.rows_per_second": speed.rowsPerSecond }
    })

    /** One epoch in its span. */
    const epochSpan = Effect.suspend(() =>
      spanned(
        Effect.flatMap(trainEpoch, finishEpoch).pipe(
          Effect.catchTag("NonFinite", (cause): Effect.Effect<Attributes, LoopError> => Effect.uninterruptible(rewound(cause))),
        ),
        `${name}.epoch`,
        () => ({ "adjoint.epoch": progress.epoch + 1 }),
        (attributes) => attributes,
      ),
    )

    const { batch, epoch, step: done } = progress
    yield* run.started({ from: { epoch, batch, step: done } })

    const saveLast = ignored(
      run.rewind === undefined
        ? // The last burst may have left non-finite values in the state that no output has shown yet.
          Effect.flatMap(Effect.flatMap(step.state, allFinite), (isWhole) =>
            isWhole ? Effect.asVoid(save("last")) : Effect.void,
          )
        : // A run that may go back resumes from where it would go back to, so that it then has the same bits.
          Effect.asVoid(
            save(
              "last",
              Effect.sync(() => lastGood),
            ),
          ),
    )

    const hasStopped = () => earlyStop !== undefined && shouldStop(earlyStop, progress)
    yield* Effect.gen(function* () {
      while (progress.epoch < epochs && !hasStopped()) yield* epochSpan
    }).pipe(
      Effect.onInterrupt(() => saveLast),
      // Rows that cannot be read take nothing from the steps that are done.
      Effect.tapError((error) => (error._tag === "DataError" ? Effect.uninterruptible(saveLast) : Effect.void)),
    )

    const bestSoFar = progress.best === undefined ? {} : { best: progress.best }
    if (earlyStop !== undefined && hasStopped())
      yield* emit({ _tag: "StoppedEarly", monitor: earlyStop.monitor, ...bestSoFar, epoch: progress.epoch })
    if (!isDue()) yield* emitAll(yield* save("last"))
    const restored = earlyStop?.restoreBest === true ? best : undefined
    return {
      kept: restored ?? run.weights(yield* step.state),
      weights: restored === undefined ? "last" : "best",
      progress,
    }
  })
