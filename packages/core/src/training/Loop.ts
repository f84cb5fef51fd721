/**
 * A loop around any pure step `(state, batch, key) -> { state, output }`: a VAE, a GAN with two optimizers, distillation. It gives
 * the step what `Train.run` gives a net: events, bursts that yield, checkpoints, resume to the same bits, early stopping, a
 * plateau, and the search for the first non-finite value.
 */
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import * as Path from "effect/Path"
import * as Stream from "effect/Stream"
import * as Dataset from "../data/Dataset.ts"
import { systemReason } from "../data/systemReason.ts"
import * as Compile from "../engines/Compile.ts"
import { Engine } from "../engines/Engine.ts"
import { spanned } from "../engines/observe.ts"
import { type Tensors, tensors } from "../language/TensorTree.ts"
import { toNumber } from "../tensor/read.ts"
import { inputsOf, rowLoader, shuffleKey } from "./BatchLoader.ts"
import * as Checkpoints from "./Checkpoint.ts"
import { CheckpointError } from "./CheckpointError.ts"
import type { ConfigError } from "./ConfigError.ts"
import { checkLoop } from "./checkLoop.ts"
import { checkpointsIn } from "./checkpointsIn.ts"
import { scorer, sumsOfMeans } from "./Evaluate.ts"
import { type Emit, eventStream, lastEvent } from "./eventStream.ts"
import { findInState } from "./findNonFinite.ts"
import type { Config, Resume, Saving } from "./LoopConfig.ts"
import type { Finished, LoopEvent } from "./LoopEvent.ts"
import type { LoopError as RunError } from "./LoopRun.ts"
import { type LoopInput, loopState, loopStep, namedNumbers, onlyName } from "./loopStep.ts"
import { makeFolder } from "./makeFolder.ts"
import { rateOf } from "./Rate.ts"
import { runLoop } from "./runLoop.ts"
import { readLimit, rowsOfBatches } from "./Samples.ts"
import { runAttributes, startedEvent } from "./startedEvent.ts"
import { stepKey } from "./stepKey.ts"

export type { Checkpoint, Config, Resume, Saving, Validation } from "./LoopConfig.ts"
export type { Finished, LoopEvent, Stepped } from "./LoopEvent.ts"
export { type LossOf, type MinimizeConfig, type MinimizeOutput, type MinimizeState, minimize } from "./minimize.ts"

/** Every error of a loop. */
export type LoopError = ConfigError | RunError

/**
 * Runs a step over epochs of shuffled batches, as a stream of events. It ends with `Finished`, which carries the state, or fails
 * with a typed error. An invalid config fails with `ConfigError`, and a step that changes the shape of its state with
 * `ShapeError`.
 *
 * The same config gives the same bits, however often the loop was interrupted and resumed.
 */
export const run = <S extends object, D, O, V, C, R = never>(
  config: Config<S, D, O, V, R, C>,
): Stream.Stream<LoopEvent<S>, LoopError, Engine | R> =>
  eventStream((emit) => spanned(looped(config, emit), "Loop.run", runAttributes(config)))

/** Runs to the end and returns the last event of `run`. */
export const finished = <S extends object, D, O, V, C, R = never>(
  config: Config<S, D, O, V, R, C>,
): Effect.Effect<Finished<S>, LoopError, Engine | R> =>
  lastEvent(Stream.filter(run(config), (event) => event._tag === "Finished"))

/**
 * The config of a loop, unchanged: with it the type checker knows the arguments of `step` and of `scores`, also where a config is a
 * value of its own.
 *
 * ```ts
 * const loop = Loop.config({
 *   state: { mean: Tensor.scalar(0) },
 *   data: Tensor.read(Key.normal(Key.make(1), [100, 1])),
 *   step: ({ mean }, x) => ({ state: { mean: Tensor.add(mean, Tensor.mul(Tensor.mean(x), 0.1)) }, output: Tensor.abs(mean) }),
 *   seed: 17,
 *   epochs: 2,
 *   batch: 20,
 * })
 * loop.data.shape // => [100, 1]
 * ```
 */
export const config = <S extends object, D, O, V = unknown, R = never, C = unknown>(
  of: Config<S, D, O, V, R, C>,
): Config<S, D, O, V, R, C> => of

/** Saves checkpoints in the folders `best` and `last` of a folder, which is created. */
export const saveIn = (
  folder: string,
  { every = 1 }: { readonly every?: number } = {},
): Saving<unknown, FileSystem.FileSystem | Path.Path> => ({
  every,
  save: (kind, checkpoint) =>
    Effect.gen(function* () {
      const path = yield* Path.Path
      yield* makeFolder(folder).pipe(
        Effect.catchTag(
          "PlatformError",
          (error) =>
            new CheckpointError({
              file: folder,
              got: systemReason(error),
              wanted: "to create a folder",
              hint: "check the disk's space and rights",
              isUnwritten: true,
            }),
        ),
      )
      return yield* Checkpoints.save(path.join(folder, kind), checkpoint)
    }),
})

/**
 * The checkpoints that `saveIn` wrote, for a state like this one; `undefined` if there are none. So one program starts a loop and
 * resumes it: `Loop.run({ …, saving: Loop.saveIn(folder), resume: yield* Loop.resumeFrom(folder, state) })`.
 */
export const resumeFrom = <S>(
  folder: string,
  state: S,
): Effect.Effect<Resume<S> | undefined, CheckpointError, FileSystem.FileSystem | Path.Path> =>
  Effect.map(checkpointsIn(folder, loopState(state)), (found) =>
    found?.best === undefined ? found && { last: found.last } : { last: found.last, best: found.best.state.params },
  )

const looped = <S extends object, D, O, V, R>(
  config: Config<S, D, O, V, R>,
  emit: Emit<LoopEvent<S>>,
): Effect.Effect<void, LoopError, Engine | R> =>
  Effect.scoped(
    Effect.gen(function* () {
      const { data, epochs, optimizers = {}, resume, validation, ...settings } = config
      const checked = yield* Compile.checkShapes(() => checkLoop(config))
      if (checked.problem !== undefined) return yield* checked.problem
      const engine = yield* Engine.current
      const first = resume?.last.state ?? loopState(config.state)
      const rate = rateOf<S>(optimizers)
      const arrays = tensors(data)
      const loader = yield* rowLoader({ key: shuffleKey(config.seed), arrays, size: config.batch })
      const score =
        validation &&
        (yield* scorer({
          sums: (state: S, { batch }: { readonly batch: Tensors<V> }) =>
            sumsOfMeans(namedNumbers("Loop.run", validation.scores(state, batch)), Dataset.rowsIn(batch)),
          like: first.params,
          size: Dataset.rowsIn,
          rows: (rows: V) => rows,
          batch: (batch) => ({ batch: batch as Tensors<V> }),
        }))

      const { kept, progress, weights } = yield* runLoop({
        ...settings,
        epochs,
        ...(resume === undefined ? {} : { resume }),
        name: "Loop",
        step: Compile.step(loopStep<S, D, O>(data, config.seed, config.step), first),
        loader,
        inputs: (batches) =>
          inputsOf<LoopInput<D>>(loader, batches, (others) =>
            Effect.map(rowsOfBatches(data, others), (rows) => rows.map((batch) => ({ batch: batch as Tensors<D> }))),
          ),
        limit: readLimit(data, config.batch),
        value: ({ values }) => Object.fromEntries(Object.entries(values).map(([name, x]) => [name, toNumber(x)])),
        isFinite: (values: { readonly [name: string]: number }) => Object.values(values).every(Number.isFinite),
        loss: ({ [onlyName]: loss }) => loss,
        sums: ({ sums }) => [sums],
        scores: {},
        weights: ({ params }) => params,
        score: (state, train) =>
          score === undefined || validation === undefined
            ? Effect.succeed({ train })
            : Effect.map(score(state, validation.data), (scored) => ({ train, validation: scored })),
        rate: rate && {
          read: ({ params }) => rate.read(params),
          scale: (state, factor) => ({ ...state, params: rate.scale(state.params, factor) }),
        },
        monitor: checked.monitor,
        started: ({ from }) =>
          emit(
            startedEvent({
              params: first.params,
              rows: { train: loader.rows, validation: validation === undefined ? 0 : Dataset.rowsIn(validation.data) },
              epochs,
              batchesPerEpoch: loader.batches,
              engine,
              from,
            }),
          ),
        stepped: ({ values: outputs, ...burst }) => emit({ _tag: "Stepped", ...burst, outputs }),
        scored: ({ weights: _, ...event }) => emit({ _tag: "EpochScored", ...event }),
        emit,
        blame: Effect.fnUntraced(function* ({ after, before, place, value, which }) {
          const [batch] = (yield* rowsOfBatches(data, [which])) as ReadonlyArray<Tensors<D>>
          if (batch === undefined) return yield* Effect.die("one batch has rows")
          // A loss that finds its targets out of range, now that their numbers are known, throws.
          yield* Compile.checkShapes(() => config.step(before.params, batch, stepKey(config.seed, before.step)))
          return yield* findInState({ batch, outputs: value, state: after.params }, place, engine.read)
        }),
      })
      const { best, history, step } = progress
      yield* emit({ _tag: "Finished", state: kept, weights, history, ...(best === undefined ? {} : { best }), step })
    }),
  )
