/**
 * The loop under every run: epochs of steps in bursts, with checkpoints, resume, early stopping, a plateau, and the search for
 * the step with the first non-finite value. It knows neither nets nor losses: a run passes its step and what to do with outputs.
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"
import type * as Batches from "../data/Batches.ts"
import type { DataError } from "../data/DataError.ts"
import * as Compile from "../engines/Compile.ts"
import { Engine, type EngineError } from "../engines/Engine.ts"
import { letOthersRun } from "../engines/letOthersRun.ts"
import { type Attributes, logged, spanned } from "../engines/observe.ts"
import type { RateIn } from "../learning/Optimizer.ts"
import type { ShapeError } from "../types/ShapeError.ts"
import { allFinite } from "./allFinite.ts"
import type { RowLoader } from "./BatchLoader.ts"
import { burstSize } from "./bursts.ts"
import type { Saved } from "./Checkpoint.ts"
import { CheckpointError } from "./CheckpointError.ts"
import { accumulate, accumulatorOf, type BatchSums, emptySums, finish, type ScoreTable, totals } from "./Evaluate.ts"
import type { Emit } from "./eventStream.ts"
import type { StepInfo } from "./findNonFinite.ts"
import { type EarlyStop, isBetter, type Monitor, monitoredScore, shouldStop } from "./Monitor.ts"
import type { NonFinite } from "./NonFinite.ts"
import { factorAfter, type Plateau } from "./Plateau.ts"
import type { EpochRecord, Progress, Scores } from "./Progress.ts"
import { lastRate } from "./Rate.ts"
import type { Rewind, Rewound } from "./Rewind.ts"
import * as RunMetrics from "./RunMetrics.ts"
import { readAhead } from "./readAhead.ts"
import type { ReadError } from "./Samples.ts"
import type { CheckpointWritten, EpochScored, OldCheckpointKept, Started, StoppedEarly } from "./TrainEvent.ts"

/** Every error of the loop. */
export type LoopError = ShapeError | EngineError | NonFinite | CheckpointError | DataError

/** The state of a run between two steps. */
export interface Snapshot<S> {
  readonly state: S
  readonly progress: Progress
}

/** Where and when snapshots are saved. */
export interface Saving<S, R> {
  readonly save: (kind: "best" | "last", snapshot: Snapshot<S>) => Effect.Effect<Saved, CheckpointError, R>
  /** Epochs between two `last` checkpoints; 1 unless given. */
  readonly every?: number
}

/** The settings that every run has. */
export interface Settings<S, K, R> {
  readonly seed: number
  readonly epochs: number
  readonly earlyStop?: EarlyStop
  readonly plateau?: Plateau
  readonly rewind?: Rewind
  readonly saving?: Saving<S, R>
  /** Only a run of this seed and fingerprint resumes from its checkpoints. */
  readonly fingerprint?: string
  readonly resume?: { readonly last: Snapshot<S>; readonly best?: K } | undefined
}

/** A burst of steps: the position after it, and the values that its steps report. */
export interface Burst<V> {
  /** The current epoch, counted from 1. */
  readonly epoch: number
  /** Batches done in this epoch. */
  readonly batch: number
  readonly batches: number
  /** Steps done since the run began. */
  readonly step: number
  readonly values: ReadonlyArray<V>
  readonly milliseconds: number
}

/** A step that left a non-finite value, and the states around it. */
export interface Failed<S, V> {
  readonly before: S
  readonly after: S
  readonly value: V
  readonly which: Batches.Batch
  readonly place: StepInfo
}

/** An epoch that was scored, with the weights that its scores belong to. */
export interface Scored<K> extends Omit<EpochScored, "_tag"> {
  readonly weights: K
}

/** One run of the loop: state `S`, batches `B`, outputs `O`, reported values `V`, weights that are kept as the best `K`. */
export interface Run<S, B, O, V, K, R> extends Settings<S, K, R> {
  /** The kind of run, as spans, metrics and logs name it. */
  readonly name: "Train" | "Loop" | "Pretrain"
  readonly step: Compile.StepFunction<S, B, O>
  readonly first: S
  readonly loader: RowLoader
  /** The inputs of steps in an epoch, counted from 0. */
  readonly inputs: (batches: ReadonlyArray<Batches.Batch>, epoch: number) => Effect.Effect<ReadonlyArray<B>, ReadError>
  /** How many batches are read at once, ahead of their steps; undefined for data in memory. */
  readonly limit?: number | undefined
  /** What is reported of an output, and whether it is finite. */
  readonly value: (output: O) => V
  readonly isFinite: (value: V) => boolean
  /** The loss among the reported values, for metrics. */
  readonly loss: (value: V) => number | undefined
  /** The sums of a batch, which are added up over an epoch. */
  readonly sums: (output: O) => BatchSums
  readonly scores: ScoreTable<never, never>
  /** The scores of an epoch, counted from 1, after so many steps. `train` are those from its sums. */
  readonly score: (
    weights: K,
    train: Scores,
    at: Pick<StepInfo, "epoch" | "step">,
  ) => Effect.Effect<{ readonly train: Scores; readonly validation?: Scores }, LoopError, Engine>
  readonly weights: (state: S) => K
  readonly rate: RateIn<S> | undefined
  /** The score that decides which epoch is the best. */
  readonly monitor: Monitor
  readonly started: Emit<Pick<Started, "from">>
  readonly stepped: Emit<Burst<V>>
  readonly scored: (scored: Scored<K>) => Effect.Effect<void, LoopError, Engine>
  /** Looks at the state after an epoch, which took the steps from `before`. */
  readonly measured?: (
    state: S,
    at: { readonly epoch: number; readonly before: number; readonly step: number },
  ) => Effect.Effect<void, LoopError, Engine>
  readonly emit: Emit<LoggedEvent>
  /** The error of a failed step. */
  readonly blame: (failed: Failed<S, V>) => Effect.Effect<NonFinite, EngineError | ReadError>
}

/** An event besides steps and epochs, which is logged. */
type LoggedEvent = CheckpointWritten | OldCheckpointKept | Rewound | StoppedEarly

/** The result of a run. With `restoreBest` the weights are those of the best epoch, else those of the last. */
export interface Ended<K> {
  readonly kept: K
  readonly weights: "best" | "last"
  readonly progress: Progress
}

const initialProgress = ({ fingerprint = "", seed }: { readonly fingerprint?: string; readonly seed: number }): Progress => ({
  version: 1,
  seed,
  fingerprint,
  epoch: 0,
  batch: 0,
  step: 0,
  sums: emptySums,
  history: [],
})

const checkSameRun = (progress: Progress, wanted: Progress): Effect.Effect<Progress, CheckpointError> =>
  progress.seed === wanted.seed && progress.fingerprint === wanted.fingerprint
    ? Effect.succeed(progress)
    : Effect.fail(
        new CheckpointError({
          file: "the checkpoint",
          got: `a run of seed ${progress.seed} and fingerprint ${progress.fingerprint || "none"}`,
          wanted: `seed ${wanted.seed} and fingerprint ${wanted.fingerprint || "none"}`,
          hint: "resume with the model file and the data of the first run",
        }),
      )

/** The effect without its result and its error. `Effect.ignore` can log too, and a page would load Effect's logger with it. */
const ignored = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<void, never, R> =>
  Effect.match(effect, { onFailure: () => undefined, onSuccess: () => undefined })

/** The numbers of an epoch as attributes of its span and its log. */
const epochAttributes = ({ epoch, learningRate, step, train, validation = {} }: EpochRecord): Attributes => ({
  "adjoint.epoch": epoch,
  "adjoint.step": step,
  "adjoint.learning_rate": learningRate,
  ...Object.fromEntries(Object.entries(train).map(([score, value]) => [`adjoint.train.${score}`, value])),
  ...Object.fromEntries(Object.entries(validation).map(([score, value]) => [`adjoint.val.${score}`, value])),
})

/** Logs an event besides the epochs. */
const logEvent = (name: string, event: LoggedEvent): Effect.Effect<void> => {
  switch (event._tag) {
    case "CheckpointWritten":
      return logged("Debug", `${name}.run: the ${event.kind} checkpoint is written`, {
        "adjoint.checkpoint.kind": event.kind,
        "adjoint.checkpoint.directory": event.directory,
        "adjoint.epoch": event.epoch,
        "adjoint.step": event.step,
      })
    case "OldCheckpointKept":
      return logged("Warn", `${name}.run: an old ${event.kind} checkpoint cannot be deleted: ${event.reason}`, {
        "adjoint.checkpoint.kind": event.kind,
        "adjoint.checkpoint.directory": event.path,
      })
    case "Rewound":
      return logged("Warn", `${name}.run: went back after a non-finite value`, {
        "adjoint.epoch": event.epoch,
        "adjoint.step": event.step,
        "adjoint.tensor": event.tensor,
        "adjoint.layer": event.layer,
        "adjoint.learning_rate.factor": event.factor,
      })
    case "StoppedEarly":
      return logged("Debug", `${name}.run: stopped early`, { "adjoint.epoch": event.epoch, "adjoint.monitor": event.monitor })
  }
}

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
    const step = yield* Compile.step(run.step, run.first)
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
      saving === undefined
        ? Effect.succeed([])
        : Effect.flatMap(of, (whole) =>
            Effect.map(
              spanned(
                saving.save(kind, whole),
                `${name}.checkpoint`,
                () => ({ "adjoint.checkpoint.kind": kind, "adjoint.epoch": progress.epoch, "adjoint.step": progress.step }),
                ({ directory }) => ({ "adjoint.checkpoint.directory": directory }),
              ),
              ({ directory, undeleted }): ReadonlyArray<CheckpointWritten | OldCheckpointKept> => [
                { _tag: "CheckpointWritten", kind, directory, epoch: progress.epoch, step: progress.step },
                ...(undeleted === undefined ? [] : [{ _tag: "OldCheckpointKept", kind, ...undeleted } as const]),
              ],
            ),
          )

    /** Emits an event that is logged as well. */
    const emit = (event: LoggedEvent) => Effect.andThen(run.emit(event), logEvent(name, event))

    const emitAll = (events: ReadonlyArray<CheckpointWritten | OldCheckpointKept>) =>
      Effect.forEach(events, emit, { discard: true })

    const isDue = () => progress.epoch % (saving?.every ?? 1) === 0

    /**
     * Finds the step with the first non-finite value: repeats the steps since the last good state one at a time, which gives
     * the same bits. Fails with the `NonFinite` that it finds.
     */
    const replay = Effect.fnUntraced(function* () {
      const { epoch, batch, step: done } = lastGood.progress
      const batchesFrom = yield* loader.epoch(epoch)
      yield* step.load(lastGood.state)
      for (const [i, which] of batchesFrom(batch, loader.batches).entries()) {
        const before = yield* step.state
        const [value] = (yield* step.run(yield* run.inputs([which], epoch))).map(run.value)
        const after = yield* step.state
        if (value === undefined || (run.isFinite(value) && (yield* allFinite(after)))) continue
        const place = { epoch: epoch + 1, step: done + i + 1, rows: [...which] }
        // Mathematics counts rows within the batch.
        const inData = (error: ShapeError): ShapeError =>
          error.row === undefined ? error : error.with({ row: which[error.row] ?? error.row })
        return yield* yield* Effect.catchTag(run.blame({ before, after, value, which, place }), "ShapeError", (error) =>
          Effect.fail(inData(error)),
        )
      }
      return yield* Effect.die(
        new Error("a value was not finite, but replaying its steps gave finite ones: the engine is not deterministic"),
      )
    })

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
          if (!values.every(run.isFinite)) return yield* replay()
          const rowCount = rows.reduce((sum, { length }) => sum + length, 0)
          accumulator = accumulate(accumulator, scores, outputs.map(run.sums), rowCount)
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
      if (!(yield* allFinite(state))) return yield* replay()
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
