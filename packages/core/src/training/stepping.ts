/** How a run takes its steps: each on its whole batch, or in shards. */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type * as Batches from "../data/Batches.ts"
import * as Compile from "../engines/Compile.ts"
import type { Engine, EngineError } from "../engines/Engine.ts"
import type { Tensor } from "../language/Expr.ts"
import type { Tensors } from "../language/TensorTree.ts"
import type { ShapeError } from "../types/ShapeError.ts"
import { type BatchLoader, batchLoader } from "./BatchLoader.ts"
import type { TrainState } from "./Checkpoint.ts"
import type { Config } from "./Config.ts"
import type { StepPiece } from "./findNonFinite.ts"
import type { Run } from "./LoopRun.ts"
import type { ReadError } from "./Samples.ts"
import { stepKey } from "./stepKey.ts"
import { type RunOutput, trainStep } from "./trainStep.ts"

/** The steps of a run, and what is computed together in one. */
export interface Stepping<S, X, T> extends Pick<Run<S, unknown, RunOutput, unknown, unknown, unknown>, "inputs" | "step"> {
  readonly loader: BatchLoader<X, T>
  /** The rows of a batch that are computed together, with the key of step number i32[]. */
  readonly pieces: (batch: Batches.Batch, step: Tensor) => Effect.Effect<ReadonlyArray<StepPiece<X, T>>, ReadError>
}

/** Steps on whole batches. */
const whole = <P, S, O, R, X, Y, T>(config: Config<P, S, O, R, X, Y, T>, first: TrainState<P, S, O>) =>
  Effect.map(batchLoader(config), (loader): Stepping<TrainState<P, S, O>, X, Tensors<T>> => {
    const step = Compile.step(trainStep(config), first)
    return {
      loader,
      inputs: loader.inputs,
      step: Effect.map(step, (compiled) => ({
        ...compiled,
        run: (batches) =>
          Effect.map(compiled.run(batches as Parameters<typeof compiled.run>[0]), (outputs) =>
            outputs.map(({ cost, sums }) => ({ cost, sums: [sums] })),
          ),
      })),
      pieces: (rows, number) =>
        Effect.map(loader.samples(rows), (samples) => [{ samples, rows: [...rows], key: stepKey(config.seed, number) }]),
    }
  })

/** Steps in shards. */
const sharded = <P, S, O, R, X, Y, T>(config: Config<P, S, O, R, X, Y, T>, first: TrainState<P, S, O>, shards: number) =>
  Effect.gen(function* () {
    const { batch, seed, workers } = config
    // Loaded now, so that a page that does not cut its batches does not load it.
    const { sharedData, shardedInputs, shardedStep, shardPieces } = yield* Effect.promise(() => import("./shardedStep.ts"))
    const gathered = batch % shards === 0 && workers?.getRows !== true ? batch / shards : 0
    const loader = yield* batchLoader({ ...config, gathered })
    const isHeld = workers !== undefined && gathered > 0
    const data = isHeld ? yield* sharedData(config.data) : config.data
    const stepping: Stepping<TrainState<P, S, O>, X, Tensors<T>> = {
      loader,
      inputs: shardedInputs(loader, shards),
      step: shardedStep({ ...config, data }, first) as (typeof stepping)["step"],
      pieces: (rows, number) => shardPieces(loader, rows, { shards, seed, step: number }),
    }
    return stepping
  })

/** The steps of a run. The scope ends its workers. */
export const steppingOf = <P, S, O, R, X, Y, T>(
  config: Config<P, S, O, R, X, Y, T>,
  first: TrainState<P, S, O>,
): Effect.Effect<Stepping<TrainState<P, S, O>, X, Tensors<T>>, EngineError | ShapeError, Engine | Scope.Scope> => {
  const { shards = 1 } = config
  return shards === 1 ? whole(config, first) : sharded(config, first, shards)
}
