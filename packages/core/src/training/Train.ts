/**
 * A training run is a stream of events. The loop has the engine compute a burst of steps, a few milliseconds long, and
 * reports their losses. Between two bursts the run can be interrupted. It then saves a checkpoint, and the resumed run
 * gives the same bits as an uninterrupted one.
 */
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"
import type * as Batches from "../data/Batches.ts"
import * as Dataset from "../data/Dataset.ts"
import * as Compile from "../engines/Compile.ts"
import { Engine, type EngineError } from "../engines/Engine.ts"
import type { Tensor } from "../language/Expr.ts"
import { type Tensors, tensors } from "../language/TensorTree.ts"
import { readAll, toNumber } from "../tensor/read.ts"
import type { NDArray } from "../types/NDArray.ts"
import * as Shape from "../types/Shape.ts"
import type { ShapeError } from "../types/ShapeError.ts"
import { type BatchLoader, batchLoader } from "./BatchLoader.ts"
import { burstSize } from "./bursts.ts"
import type { Checkpoint, TrainState } from "./Checkpoint.ts"
import { CheckpointError } from "./CheckpointError.ts"
import type { Config } from "./Config.ts"
import type { ConfigError } from "./ConfigError.ts"
import * as Check from "./checkConfig.ts"
import { accumulate, accumulatorOf, emptySums, evaluator, finish, totals, type Weights } from "./Evaluate.ts"
import { findInScoring, findNonFinite } from "./findNonFinite.ts"
import { defaultMonitor, isBetter, type Monitor, monitoredScore, shouldStop } from "./Monitor.ts"
import type { NonFinite } from "./NonFinite.ts"
import { factorAfter } from "./Plateau.ts"
import type { EpochRecord, Progress } from "./Progress.ts"
import { lastRate } from "./Rate.ts"
import type { Finished, TrainEvent } from "./TrainEvent.ts"
import { type Batch, initial, trainStep } from "./trainStep.ts"

export type { Config, Saving } from "./Config.ts"
export type { Finished } from "./TrainEvent.ts"
export { initial } from "./trainStep.ts"

/** Every error of a run. */
export type TrainError = ConfigError | ShapeError | EngineError | NonFinite | CheckpointError

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

/** Whether every number of a state is finite: NaN or infinity minus itself is not 0. */
const allFinite = (state: unknown): boolean =>
  readAll(tensors(state)).every(({ data, dtype }) => {
    if (dtype === "f32")
      for (let i = 0; i < data.length; i++) {
        const x = data[i] as number
        if (x - x !== 0) return false
      }
    return true
  })

/** The effect without its result and its error. `Effect.ignore` can log too, and a page would load Effect's logger with it. */
const ignored = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<void, never, R> =>
  Effect.match(effect, { onFailure: () => undefined, onSuccess: () => undefined })

/**
 * Trains a net as a stream of events. The stream ends with `Finished`, which carries the trained parameters, or fails
 * with a typed error. An interrupted run first finishes its burst of steps and writes its checkpoint. An invalid config
 * fails with `ConfigError` before anything is computed.
 *
 * The same config gives the same bits, however often the run was interrupted and resumed.
 */
export const run = <P, S, O, R = never, X = Tensor, Y = Tensor, T = NDArray, N extends string = never, H extends string = never>(
  config: Config<P, S, O, R, X, Y, T, N, H>,
): Stream.Stream<TrainEvent<P, S>, TrainError, Engine | R> =>
  Stream.callback<TrainEvent<P, S>, TrainError, Engine | R>(
    (queue) =>
      Effect.andThen(
        loop(config as Config<P, S, O, R, X, Y, T>, (event) => Effect.asVoid(Queue.offer(queue, event))),
        Queue.end(queue),
      ),
    { bufferSize: 16 },
  )

/** Trains to the end and returns the last event of `run`. */
export const finished = <
  P,
  S,
  O,
  R = never,
  X = Tensor,
  Y = Tensor,
  T = NDArray,
  N extends string = never,
  H extends string = never,
>(
  config: Config<P, S, O, R, X, Y, T, N, H>,
): Effect.Effect<Finished<P, S>, TrainError, Engine | R> =>
  run(config).pipe(
    Stream.filter((event) => event._tag === "Finished"),
    Stream.runLast,
    Effect.flatMap(Effect.fromOption),
    Effect.catchTag("NoSuchElementError", Effect.die),
  )

const loop = <P, S, O, R, X, Y, T>(
  config: Config<P, S, O, R, X, Y, T>,
  emit: (event: TrainEvent<P, S>) => Effect.Effect<void>,
): Effect.Effect<void, TrainError, Engine | R> =>
  Effect.scoped(
    Effect.gen(function* () {
      const problem = Check.config(config)
      if (problem !== undefined) return yield* problem
      const { data, earlyStop, epochs, saving, scores = {} } = config
      const engine = yield* Engine
      const first = config.resume?.last.state ?? (yield* Compile.checkShapes(() => initial(config)))
      const step = yield* Compile.step(trainStep(config), first)
      const weightsOf = (state: TrainState<P, S, O>) => ({ params: config.scored?.(state) ?? state.params, state: state.state })
      const score = yield* evaluator<P, S, X, Y, T>(config.net, config.loss, scores, { params: first.params, state: first.state })
      const loader = yield* batchLoader(config)
      const { batches } = loader
      const monitor: Monitor = earlyStop ?? config.best ?? defaultMonitor(config.validation !== undefined)

      let progress =
        config.resume === undefined
          ? initialProgress(config)
          : yield* checkSameRun(config.resume.last.progress, initialProgress(config))
      // The sums of the current epoch; `progress` gets them when it is saved.
      let accumulator = accumulatorOf(progress.sums)
      let best = config.resume?.best
      // The last state whose numbers are all finite: a failure is replayed from it.
      let lastGood: Checkpoint<P, S, O> = { state: yield* step.state, progress }

      const checkpoint = Effect.map(
        step.state,
        (state): Checkpoint<P, S, O> => ({ state, progress: { ...progress, sums: totals(accumulator, scores) } }),
      )

      /** Writes a checkpoint and returns the events that report it. */
      const save = (kind: "best" | "last"): Effect.Effect<ReadonlyArray<TrainEvent<P, S>>, CheckpointError, R> =>
        saving === undefined
          ? Effect.succeed([])
          : Effect.flatMap(checkpoint, (whole) =>
              Effect.map(saving.save(kind, whole), ({ directory, undeleted }) => [
                { _tag: "CheckpointWritten", kind, directory, epoch: progress.epoch, step: progress.step },
                ...(undeleted === undefined ? [] : [{ _tag: "OldCheckpointKept", kind, ...undeleted } as const]),
              ]),
            )

      const emitAll = (events: ReadonlyArray<TrainEvent<P, S>>) => Effect.forEach(events, emit, { discard: true })

      const isDue = () => progress.epoch % (saving?.every ?? 1) === 0

      /** Runs a burst of steps of the current epoch. An interruption waits until it is done. */
      const runBurst = (rows: ReadonlyArray<Batches.Batch>) =>
        Effect.uninterruptible(
          Effect.gen(function* () {
            const started = performance.now()
            const outputs = yield* step.run(rows.map(loader.batch))
            const losses = outputs.map(({ cost }) => toNumber(cost))
            if (!losses.every(Number.isFinite)) return yield* replay(config, loader, step, lastGood)
            const rowCount = rows.reduce((sum, { length }) => sum + length, 0)
            const sums = outputs.map((output) => output.sums)
            accumulator = accumulate(accumulator, scores, sums, rowCount)
            progress = { ...progress, batch: progress.batch + rows.length, step: progress.step + rows.length }
            return { losses, milliseconds: performance.now() - started }
          }),
        )

      let stepsPerBurst = 1
      const trainEpoch = Effect.gen(function* () {
        const batchesFrom = yield* loader.epoch(progress.epoch)
        const firstBatch = progress.batch
        let elapsed = 0
        while (progress.batch < batches) {
          const { losses, milliseconds } = yield* runBurst(batchesFrom(progress.batch, stepsPerBurst))
          elapsed += milliseconds
          stepsPerBurst = burstSize(losses.length, milliseconds)
          yield* emit({
            _tag: "Stepped",
            epoch: progress.epoch + 1,
            batch: progress.batch,
            batches,
            step: progress.step,
            losses,
            milliseconds,
          })
          yield* Effect.yieldNow
        }
        const rows = Dataset.size(data) - firstBatch * config.batch
        return { milliseconds: elapsed, rowsPerSecond: (rows / Math.max(elapsed, 0.001)) * 1000 }
      })

      /** The state with the learning rate that the plateau gives after the epochs so far. */
      const withPlateau = Effect.fnUntraced(function* (state: TrainState<P, S, O>) {
        const { optimizer, plateau } = config
        if (plateau === undefined || optimizer.rate === undefined) return state
        const next = { ...state, optimizer: optimizer.rate.scale(state.optimizer, factorAfter(plateau, progress.history)) }
        yield* step.load(next)
        return next
      })

      // A non-finite validation loss is traced only in the first of several epochs that have one.
      let isTraced = false
      const reportNonFinite = Effect.fnUntraced(function* (weights: Weights<P, S>, record: EpochRecord) {
        const { validation } = config
        const hasFinite = validation === undefined || Number.isFinite(record.validation?.loss)
        const isKnown = isTraced
        isTraced = !hasFinite
        if (hasFinite || isKnown) return
        const place = yield* findInScoring({ ...config, read: engine.read }, weights, validation)
        if (place !== undefined) yield* emit({ _tag: "NonFiniteScore", part: "val", epoch: record.epoch, ...place })
      })

      /** Scores the epoch that was just trained, saves checkpoints, and reports both. */
      const finishEpoch = Effect.fnUntraced(function* (speed: { readonly milliseconds: number; readonly rowsPerSecond: number }) {
        const state = yield* step.state
        if (!allFinite(state)) return yield* replay(config, loader, step, lastGood)
        const weights = weightsOf(state)
        const validation = config.validation === undefined ? {} : { validation: yield* score(weights, config.validation) }
        const record: EpochRecord = {
          epoch: progress.epoch + 1,
          step: progress.step,
          learningRate: lastRate(config.optimizer, state.optimizer, engine.read),
          train: finish(totals(accumulator, scores), scores),
          ...validation,
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
            lastGood = { state: yield* withPlateau(state), progress }
            const kinds = [...(isBest ? (["best"] as const) : []), ...(isDue() ? (["last"] as const) : [])]
            return yield* Effect.forEach(kinds, save)
          }),
        )
        yield* emit({ _tag: "EpochScored", ...record, ...speed, best: isBest })
        yield* reportNonFinite(weights, record)
        yield* emitAll(saved.flat())
      })

      yield* emit({
        _tag: "Started",
        parameters: tensors(first.params).reduce((sum, { shape }) => sum + Shape.size(shape), 0),
        rows: { train: Dataset.size(data), validation: config.validation === undefined ? 0 : Dataset.size(config.validation) },
        epochs,
        batchesPerEpoch: batches,
        engine: engine.name,
        numerics: engine.numerics,
        ...(engine.lanes === undefined ? {} : { lanes: engine.lanes }),
        threads: engine.threads,
        from: { epoch: progress.epoch, batch: progress.batch, step: progress.step },
      })

      const hasStopped = () => earlyStop !== undefined && shouldStop(earlyStop, progress)
      yield* Effect.gen(function* () {
        while (progress.epoch < epochs && !hasStopped()) yield* finishEpoch(yield* trainEpoch)
      }).pipe(
        // The last burst may have left non-finite values in the state that no loss has shown yet.
        Effect.onInterrupt(() => Effect.flatMap(step.state, (state) => (allFinite(state) ? ignored(save("last")) : Effect.void))),
      )

      const bestSoFar = progress.best === undefined ? {} : { best: progress.best }
      if (earlyStop !== undefined && hasStopped())
        yield* emit({ _tag: "StoppedEarly", monitor: earlyStop.monitor, ...bestSoFar, epoch: progress.epoch })
      if (!isDue()) yield* emitAll(yield* save("last"))
      const restored = earlyStop?.restoreBest === true ? best : undefined
      yield* emit({
        _tag: "Finished",
        ...(restored ?? weightsOf(yield* step.state)),
        weights: restored === undefined ? "last" : "best",
        history: progress.history,
        ...bestSoFar,
        step: progress.step,
      })
    }),
  )

/**
 * Finds the step with the first non-finite value: repeats the steps since the last good state one at a time, which gives
 * the same bits. Fails with the `NonFinite` that it finds.
 */
const replay = <P, S, O, R, X, Y, T>(
  config: Config<P, S, O, R, X, Y, T>,
  loader: BatchLoader<X, Tensors<T>>,
  step: Compile.Step<TrainState<P, S, O>, Batch<X, Tensors<T>>, { readonly cost: Tensor }>,
  { progress, state }: Checkpoint<P, S, O>,
): Effect.Effect<never, NonFinite | EngineError | ShapeError, Engine> =>
  Effect.gen(function* () {
    const engine = yield* Engine
    const batchesFrom = yield* loader.epoch(progress.epoch)
    yield* step.load(state)
    for (const [i, rows] of batchesFrom(progress.batch, loader.batches).entries()) {
      const before = yield* step.state
      const outputs = yield* step.run([loader.batch(rows)])
      const after = yield* step.state
      if (outputs.every(({ cost }) => Number.isFinite(toNumber(cost))) && allFinite(after)) continue
      const place = { epoch: progress.epoch + 1, step: progress.step + i + 1, rows: [...rows] }
      return yield* yield* Compile.checkShapes(() =>
        findNonFinite({ ...config, read: engine.read }, before, after, loader.samples(rows), place),
      )
    }
    return yield* Effect.die(
      new Error("a loss was not finite, but replaying its steps gave finite ones: the engine is not deterministic"),
    )
  })
