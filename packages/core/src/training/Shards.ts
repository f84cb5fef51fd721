/**
 * Training whose batches are cut into shards, and its workers: engines that come and go. The bits of a run depend on the number of
 * shards; of workers only its time depends.
 */
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import { Engine, type EngineError } from "../engines/Engine.ts"
import type { Sharding } from "./Config.ts"
import { shardedSteps } from "./shardedStep.ts"
import type { Serve, Workers } from "./shardWorkers.ts"

export type { Sharding } from "./Config.ts"
export { shardSizes } from "./shardRows.ts"
export { only, type Serve, type Workers } from "./shardWorkers.ts"

/** `shards` of `Train.run`: each batch is cut into `count` shards, a whole number from 1. */
export const of = (count: number): Sharding => ({ count, steps: shardedSteps })

/** Serves engines of a layer one after the other: one that fails after it has computed a shard is replaced. */
const served = (layer: () => Layer.Layer<Engine, EngineError>, serve: Serve): Effect.Effect<never, EngineError> =>
  Effect.suspend(() => {
    let isUseful = false
    const computed = (): void => {
      isUseful = true
    }
    return Effect.flatMap(Engine.current, (engine) => serve(engine, computed)).pipe(
      Effect.provide(layer()),
      Effect.catchTag("EngineError", (error) => (isUseful ? served(layer, serve) : Effect.fail(error))),
    )
  })

/**
 * Workers of which each has an engine of its own, which ends with the run. The engines must compute as that of the run does, with
 * the same numerics, or the run fails. One that fails is replaced, unless it has computed nothing.
 *
 * ```ts
 * import { Key, Layers, Loss, Optimizer, Shards, Toys, Train, Wasm } from "@adjoint/core"
 * import { Effect } from "effect"
 *
 * const run = Train.finished({
 *   net: Layers.dense({ units: 1 }),
 *   loss: Loss.meanSquaredError,
 *   optimizer: Optimizer.sgd(0.1),
 *   data: Toys.linear(Key.make(1), { count: 64 }),
 *   seed: 17,
 *   epochs: 2,
 *   batch: 32,
 *   shards: Shards.of(4),
 *   workers: Shards.workers(2, () => Wasm.worker({ threads: 1 })),
 * })
 * const { step } = await Effect.runPromise(Effect.provide(run, Wasm.layer()))
 * step // => 4
 * ```
 */
export const workers = (count: number, layer: () => Layer.Layer<Engine, EngineError>): Workers => ({
  serve: (serve) =>
    Effect.forEach(Array.from({ length: count }), () => Effect.flip(served(layer, serve)), { concurrency: "unbounded" }).pipe(
      Effect.flatMap(([first]) => Effect.fail(first as EngineError)),
    ),
})

/** Both workers. */
export const both = (a: Workers, b: Workers): Workers => ({
  ...(a.getRows === true || b.getRows === true ? { getRows: true } : {}),
  serve: (serve) =>
    Effect.flatMap(
      Effect.all([Effect.flip(a.serve(serve)), Effect.flip(b.serve(serve))], { concurrency: "unbounded" }),
      ([first]) => Effect.fail(first),
    ),
})
