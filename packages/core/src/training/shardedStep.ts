/** A training step in shards, as the loop runs it: the sums of shards by workers, and the update by the engine of the run. */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type * as Batches from "../data/Batches.ts"
import * as Compile from "../engines/Compile.ts"
import { Engine, type EngineError } from "../engines/Engine.ts"
import { alternating, sharedCopies } from "../engines/sentArrays.ts"
import { inTurns } from "../engines/turns.ts"
import type { Tensor } from "../language/Expr.ts"
import { refill, type Tensors, tensors } from "../language/TensorTree.ts"
import { scalar } from "../tensor/elementwise.ts"
import type { NDArray } from "../types/NDArray.ts"
import type { ShapeError } from "../types/ShapeError.ts"
import * as Tree from "../types/Tree.ts"
import { type BatchLoader, batchLoader, fitsInEngine } from "./BatchLoader.ts"
import type { TrainState } from "./Checkpoint.ts"
import type { Config, Sharding } from "./Config.ts"
import type { BatchSums } from "./Evaluate.ts"
import type { StepPiece } from "./findNonFinite.ts"
import type { LoopStep } from "./LoopRun.ts"
import { type DatasetOf, partsOf, type ReadError } from "./Samples.ts"
import { shardPool } from "./shardPool.ts"
import { cutRows } from "./shardRows.ts"
import { type ShardInput, type ShardSums, type ShardWeights, shardGradient, shardKey, shardUpdate } from "./shardStep.ts"
import { shardSum } from "./shardSum.ts"
import { only } from "./shardWorkers.ts"
import type { RunOutput, Stepping } from "./stepping.ts"
import { wholeSteps } from "./wholeSteps.ts"

/** A batch in shards, and its number of rows. */
interface ShardedBatch<X, T> {
  readonly shards: ReadonlyArray<ShardInput<X, T>>
  readonly rows: number
}

/** The inputs of sharded steps: the rows of each shard, in the order of shards. */
const shardedInputs =
  <X, T>(loader: BatchLoader<X, T>, shards: number) =>
  (batches: ReadonlyArray<Batches.Batch>): Effect.Effect<ReadonlyArray<ShardedBatch<X, T>>, ReadError> => {
    const cut = batches.map((batch) => cutRows(Int32Array.from(batch), shards))
    return Effect.map(loader.inputs(cut.flat()), (inputs) => {
      let next = 0
      return cut.map((parts, i) => ({
        rows: batches[i]?.length ?? 0,
        shards: parts.map((_, shard) => {
          const batch = inputs[next++] as ShardInput<X, T>["batch"]
          return { batch, shard: scalar(shard, "i32") }
        }),
      }))
    })
  }

/** A dataset whose large arrays are in memory that threads share: all workers that hold the data have one copy of it. */
const sharedData = <X, T>(data: DatasetOf<X, T>): Effect.Effect<DatasetOf<X, T>> => {
  const leaves = tensors(partsOf<X, T>(data))
  if (!fitsInEngine(leaves)) return Effect.succeed(data)
  return Effect.map(sharedCopies(leaves as ReadonlyArray<NDArray>), (copies) => {
    const shared = <A>(tree: A): A =>
      Tree.map(tree as unknown, (array) => copies.get(array as NDArray) ?? (array as NDArray)) as unknown as A
    const { inputs, targets, weights } = data
    return {
      ...data,
      inputs: shared(inputs),
      targets: shared(targets),
      ...(weights === undefined ? {} : { weights: shared(weights) }),
    }
  })
}

/** The shards of a batch with their samples and keys, for the search for a non-finite value. */
const shardPieces = <X, T>(
  loader: BatchLoader<X, T>,
  batch: Batches.Batch,
  { seed, shards, step }: { readonly shards: number; readonly seed: number; readonly step: Tensor },
): Effect.Effect<ReadonlyArray<StepPiece<X, T>>, ReadError> =>
  Effect.forEach(cutRows(Int32Array.from(batch), shards), (rows, shard) =>
    Effect.map(loader.samples(rows), (samples) => ({ samples, rows: [...rows], key: shardKey(seed, step, shard) })),
  )

/** Compiles a step in shards. Its workers and its memory end with the scope. */
const shardedStep = <P, S, O, R, X, Y, T>(
  config: Config<P, S, O, R, X, Y, T>,
  first: TrainState<P, S, O>,
): Effect.Effect<
  LoopStep<TrainState<P, S, O>, ShardedBatch<X, Tensors<T>>, RunOutput>,
  EngineError | ShapeError,
  Engine | Scope.Scope
> =>
  Effect.gen(function* () {
    const engine = yield* Engine.current
    const update = yield* Compile.step(shardUpdate(config), first)
    const like: ShardWeights<P, S> = { params: first.params, state: first.state, step: first.step }
    const pool = yield* shardPool(shardGradient(config), like, config.workers ?? only(engine))
    // Those of the present state, once they are read.
    let weights: ShardWeights<P, S> | undefined
    // Whether an update of the present call has begun, so that the call cannot be given up.
    let hasUpdated = false
    let isGivenUp = false

    const share = alternating()
    /** The weights of the present state. For workers they are in memory that threads share, copied once for all of them. */
    const present = Effect.gen(function* () {
      const { params, state, step } = weights ?? (yield* update.state)
      const own: ShardWeights<P, S> = { params, state, step }
      if (config.workers === undefined) return own
      return refill(own, yield* share(tensors(own) as ReadonlyArray<NDArray>))
    })

    const one = ({ rows, shards }: ShardedBatch<X, Tensors<T>>) =>
      Effect.gen(function* () {
        const sum = shardSum(shards.length)
        const scores: Array<BatchSums> = []
        let sums: ShardSums<P, S> | undefined
        yield* pool.run(yield* present, shards, (shard, output) =>
          Effect.suspend(() => {
            scores[shard] = output.scores
            sums = output.sums
            return inTurns(sum.add(shard, tensors(output.sums) as ReadonlyArray<NDArray>))
          }),
        )
        if (isGivenUp) return yield* Effect.interrupt
        hasUpdated = true
        const total = { sums: refill(sums, sum.total()) as ShardSums<P, S>, rows: scalar(rows) }
        const [output] = yield* update.run([total])
        if (output === undefined) return yield* Effect.die(new Error("a step has no output"))
        weights = output.weights
        const result: RunOutput = { cost: output.cost, sums: [output.sums, ...scores] }
        return result
      })

    return {
      run: (batches) =>
        Effect.suspend(() => {
          hasUpdated = false
          isGivenUp = false
          return Effect.forEach(batches, one)
        }),
      abort: Effect.suspend(() => {
        if (hasUpdated) return Effect.succeed(false)
        isGivenUp = true
        return Effect.as(pool.giveUp, true)
      }),
      state: update.state,
      load: (state) =>
        Effect.suspend(() => {
          weights = undefined
          return update.load(state)
        }),
    }
  })

/** Steps in shards, or on whole batches for one shard. The scope ends their workers. */
export const shardedSteps: Sharding["steps"] = <P, S, O, R, X, Y, T>(
  config: Config<P, S, O, R, X, Y, T>,
  first: TrainState<P, S, O>,
  shards: number,
): Effect.Effect<Stepping<TrainState<P, S, O>, X, Tensors<T>>, EngineError | ShapeError, Engine | Scope.Scope> => {
  if (shards === 1) return wholeSteps(config, first)
  const { batch, seed, workers } = config
  return Effect.gen(function* () {
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
}
