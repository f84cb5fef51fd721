/**
 * A training run is a stream of events. The loop has the engine compute a burst of steps, a few milliseconds long, and
 * reports their losses. Between two bursts the run can be interrupted. It then saves a checkpoint, and the resumed run
 * gives the same bits as an uninterrupted one.
 */
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import type * as Path from "effect/Path"
import * as Stream from "effect/Stream"
import type { DataError } from "../data/DataError.ts"
import * as Dataset from "../data/Dataset.ts"
import * as Compile from "../engines/Compile.ts"
import { Engine, type EngineError } from "../engines/Engine.ts"
import { letOthersRun } from "../engines/letOthersRun.ts"
import { logged, spanned } from "../engines/observe.ts"
import type { Tensor } from "../language/Expr.ts"
import { toNumber } from "../tensor/read.ts"
import type { NDArray } from "../types/NDArray.ts"
import type { ShapeError } from "../types/ShapeError.ts"
import type { TrainState } from "./Checkpoint.ts"
import type { CheckpointError } from "./CheckpointError.ts"
import type { Config, Resume } from "./Config.ts"
import type { ConfigError } from "./ConfigError.ts"
import * as Check from "./checkConfig.ts"
import { checkpointsIn } from "./checkpointsIn.ts"
import { evaluator, type Weights } from "./Evaluate.ts"
import { type Emit, eventStream, lastEvent } from "./eventStream.ts"
import { findInScoring, findNonFinite } from "./findNonFinite.ts"
import type { Scored } from "./LoopRun.ts"
import { defaultMonitor } from "./Monitor.ts"
import type { NonFinite } from "./NonFinite.ts"
import { rateOf } from "./Rate.ts"
import { runLoop } from "./runLoop.ts"
import type { DatasetOf } from "./Samples.ts"
import { runAttributes, startedEvent } from "./startedEvent.ts"
import type { RunOutput } from "./stepping.ts"
import type { Finished, TrainEvent } from "./TrainEvent.ts"
import { initial } from "./trainStep.ts"
import { wholeSteps } from "./wholeSteps.ts"

export type { Config, Resume, Saving } from "./Config.ts"
export type { Finished } from "./TrainEvent.ts"
export { initial } from "./trainStep.ts"

/** Every error of a run. */
export type TrainError = ConfigError | ShapeError | EngineError | NonFinite | CheckpointError | DataError

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
  eventStream((emit) => spanned(trained(config as Config<P, S, O, R, X, Y, T>, emit), "Train.run", runAttributes(config)))

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
  lastEvent(Stream.filter(run(config), (event) => event._tag === "Finished"))

/**
 * The checkpoints that `Loop.saveIn` wrote for a run; `undefined` if there are none. So one program starts a run and resumes it:
 * `Train.run({ …config, saving: Loop.saveIn(folder), resume: yield* Train.resumeFrom(folder, config) })`. Fails with
 * `CheckpointError` for a damaged checkpoint, which a run from the start would replace.
 */
export const resumeFrom = <
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
  folder: string,
  config: Config<P, S, O, R, X, Y, T, N, H>,
): Effect.Effect<Resume<P, S, O> | undefined, CheckpointError | ShapeError, FileSystem.FileSystem | Path.Path> =>
  Effect.gen(function* () {
    const first = yield* Compile.checkShapes(() => initial(config as Config<P, S, O, R, X, Y, T>))
    const found = yield* checkpointsIn(folder, first)
    if (found?.best === undefined) return found && { last: found.last }
    const { state } = found.best
    return { last: found.last, best: { params: config.scored?.(state) ?? state.params, state: state.state } }
  })

const trained = <P, S, O, R, X, Y, T>(
  config: Config<P, S, O, R, X, Y, T>,
  emit: Emit<TrainEvent<P, S>>,
): Effect.Effect<void, TrainError, Engine | R> =>
  Effect.scoped(
    Effect.gen(function* () {
      const problem = Check.config(config)
      if (problem !== undefined) return yield* problem
      // In a cold process each of these takes some milliseconds.
      yield* letOthersRun
      const { earlyStop, epochs, optimizer, scores = {}, shards, watch } = config
      // Where its arrays are does not matter to what follows.
      const validation = config.validation as DatasetOf<X, T> | undefined
      const engine = yield* Engine.current
      const first = config.resume?.last.state ?? (yield* Compile.checkShapes(() => initial(config)))
      yield* letOthersRun
      const score = yield* evaluator<P, S, X, Y, T>(config.net, config.loss, scores, { params: first.params, state: first.state })
      const stepping = yield* shards === undefined ? wholeSteps(config, first) : shards.steps(config, first, shards.count)
      const { loader } = stepping

      // A non-finite validation loss is traced only in the first of several epochs that have one.
      let isTraced = false
      const reportNonFinite = Effect.fnUntraced(function* ({ epoch, validation: scored, weights }: Scored<Weights<P, S>>) {
        const hasFinite = validation === undefined || Number.isFinite(scored?.loss)
        const isKnown = isTraced
        isTraced = !hasFinite
        if (hasFinite || isKnown) return
        const place = yield* findInScoring({ ...config, read: engine.read }, weights, validation)
        if (place === undefined) return
        yield* emit({ _tag: "NonFiniteScore", part: "val", epoch, ...place })
        yield* logged("Warn", "Train.run: the validation loss is not finite", {
          "adjoint.epoch": epoch,
          "adjoint.tensor": place.tensor,
          "adjoint.layer": place.layer,
        })
      })

      const measured = watch && (yield* watch.measured(config, first, epochs * loader.batches, emit))

      const { kept, progress, weights } = yield* runLoop({
        ...config,
        ...(measured === undefined ? {} : { measured }),
        name: "Train",
        ...stepping,
        limit: loader.limit,
        value: ({ cost }: RunOutput) => toNumber(cost),
        isFinite: Number.isFinite,
        loss: (cost) => cost,
        sums: ({ sums }: RunOutput) => sums,
        scores,
        weights: (state: TrainState<P, S, O>) => ({ params: config.scored?.(state) ?? state.params, state: state.state }),
        score: (weights, train) =>
          validation === undefined
            ? Effect.succeed({ train })
            : Effect.map(score(weights, validation), (scored) => ({ train, validation: scored })),
        rate: rateOf<TrainState<P, S, O>>({ optimizer }),
        monitor: earlyStop ?? config.best ?? defaultMonitor(validation !== undefined),
        started: ({ from }) =>
          emit(
            startedEvent({
              params: first.params,
              rows: { train: loader.rows, validation: validation === undefined ? 0 : Dataset.size(validation) },
              epochs,
              batchesPerEpoch: loader.batches,
              engine,
              from,
            }),
          ),
        stepped: ({ values: losses, ...burst }) => emit({ _tag: "Stepped", ...burst, losses }),
        scored: (scored) => {
          const { weights: _, ...event } = scored
          return Effect.andThen(emit({ _tag: "EpochScored", ...event }), reportNonFinite(scored))
        },
        emit,
        blame: ({ after, before, place, which }) =>
          Effect.flatMap(stepping.pieces(which, before.step), (pieces) =>
            findNonFinite({ ...config, read: engine.read }, before, after, pieces, place),
          ),
      })
      const { best, history, step } = progress
      yield* emit({ _tag: "Finished", ...kept, weights, history, ...(best === undefined ? {} : { best }), step })
    }),
  )
