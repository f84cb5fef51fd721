/** Trains one machine of a deep belief network: epochs of steps in bursts, and scores after each epoch. */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Batches from "../data/Batches.ts"
import * as Dataset from "../data/Dataset.ts"
import * as Compile from "../engines/Compile.ts"
import type { Engine, EngineError } from "../engines/Engine.ts"
import type { Tensor } from "../language/Expr.ts"
import * as Rbm from "../learning/Rbm.ts"
import * as Key from "../tensor/Key.ts"
import * as T from "../tensor/Tensor.ts"
import * as NDArray from "../types/NDArray.ts"
import * as Shape from "../types/Shape.ts"
import type { ShapeError } from "../types/ShapeError.ts"
import { fitsInEngine } from "./BatchLoader.ts"
import { burstSize, runInBursts } from "./bursts.ts"
import { scoringBatch } from "./Evaluate.ts"
import { NonFinite } from "./NonFinite.ts"
import type { MachineScores, PretrainEvent, StageInfo } from "./PretrainEvent.ts"

/** One machine of a deep belief network, and how it learns. */
export interface StageConfig extends Omit<Rbm.Learning, "key"> {
  /** The layer that gets its weights. */
  readonly layer: string
  /** How many hidden units it has. */
  readonly hidden: number
  readonly epochs: number
  /** Rows per step. */
  readonly batch: number
  /** The fraction of the last update that is added to the next one: one value, or two values to interpolate between over the epochs. */
  readonly momentum: number | readonly [from: number, to: number]
}

/** The rows that a machine learns from and is scored on. */
export interface Rows {
  readonly train: NDArray.NDArray
  readonly validation?: NDArray.NDArray
}

/** At most so many rows are scored after an epoch: enough for three digits, and little work compared with an epoch. */
const maxScoredRows = 5000

const count = (rows: NDArray.NDArray): number => rows.shape[0] ?? 0

/** Rows [n, …] as rows of numbers, f32 [n, width]. */
export const flat = (rows: Tensor): Tensor =>
  T.reshape(rows.dtype === "f32" ? rows : T.cast(rows, "f32"), [rows.shape[0] ?? 0, Shape.size(rows.shape.slice(1))])

/** Up to `maxScoredRows` rows, evenly spaced. */
const sampleRows = (rows: NDArray.NDArray): NDArray.NDArray => {
  const n = count(rows)
  if (n <= maxScoredRows) return rows
  return Dataset.takeRows(
    rows,
    Int32Array.from({ length: maxScoredRows }, (_, i) => Math.floor((i * n) / maxScoredRows)),
  )
}

/** The mean of each column. */
const meansOf = (rows: NDArray.NDArray): Tensor => {
  const width = Shape.size(rows.shape.slice(1))
  const sums = new Float64Array(width)
  for (let i = 0; i < rows.data.length; i++) sums[i % width] = (sums[i % width] ?? 0) + (rows.data[i] ?? 0)
  const n = count(rows)
  return NDArray.make(
    "f32",
    [width],
    Float32Array.from(sums, (sum) => sum / n),
  )
}

/** Scores a machine on rows, batch by batch. */
const scorer = (
  like: Rbm.Params,
  visible: Rbm.Visible,
): Effect.Effect<
  (params: Rbm.Params, rows: NDArray.NDArray) => Effect.Effect<MachineScores, EngineError | ShapeError>,
  EngineError | ShapeError,
  Engine | Scope.Scope
> =>
  Effect.gen(function* () {
    const step = yield* Compile.step((params: Rbm.Params, rows: Tensor) => {
      const v = flat(rows)
      const error = T.sum(Rbm.reconstructionError(params, v, visible))
      return { state: params, output: { error, freeEnergy: T.sum(Rbm.freeEnergy(params, v, visible)) } }
    }, like)
    return Effect.fnUntraced(function* (params, rows) {
      yield* step.load(params)
      const n = count(rows)
      const parts = Array.from({ length: Math.ceil(n / scoringBatch) }, (_, i) => i * scoringBatch)
      let [error, freeEnergy] = [0, 0]
      yield* runInBursts(parts, (starts) =>
        Effect.map(step.run(starts.map((start) => Dataset.slice(rows, start, Math.min(n, start + scoringBatch)))), (outputs) => {
          for (const output of outputs) {
            error += T.toNumber(output.error)
            freeEnergy += T.toNumber(output.freeEnergy)
          }
        }),
      )
      return { error: error / n, freeEnergy: freeEnergy / n }
    })
  })

/** The input of a step: row numbers or the rows themselves, and the momentum. */
type Batch = ({ readonly rows: Tensor } | { readonly v: Tensor }) & { readonly momentum: Tensor }

/** Trains one machine and emits its events. */
export const trainRbm = (
  { batch: size, epochs, hidden, momentum, ...how }: StageConfig,
  { train, validation }: Rows,
  key: Key.Key,
  stage: StageInfo,
  emit: (event: PretrainEvent) => Effect.Effect<void>,
): Effect.Effect<Rbm.Params, ShapeError | EngineError | NonFinite, Engine> =>
  Effect.scoped(
    Effect.gen(function* () {
      const n = count(train)
      const visible = Shape.size(train.shape.slice(1))
      const learning: Rbm.Learning = { ...how, key: Key.fold(key, "gibbs") }
      const first = yield* Compile.checkShapes(() =>
        Rbm.init(Key.fold(key, "w"), { visible, hidden, units: how.visible, mean: meansOf(train) }),
      )
      const batching = (rows: Batches.Batch): Batches.Batching => ({ rows, size })
      const batches = yield* Compile.checkShapes(() => Batches.count(batching(Batches.all(n))))
      const isResident = fitsInEngine([train])
      const learn = Rbm.step(learning)
      const step = yield* Compile.step(
        (state: Rbm.State, batch: Batch) =>
          learn(state, { v: flat("rows" in batch ? T.take(train, batch.rows) : batch.v), momentum: batch.momentum }),
        Rbm.begin(first, learning),
      )
      const shuffle = Key.fold(key, "shuffle")
      const draw = yield* Compile.compile((epoch: Tensor) => Batches.order(shuffle, n, epoch), T.scalar(0, "i32"))
      const score = yield* scorer(first, how.visible)
      const [seen, unseen] = [sampleRows(train), validation === undefined ? undefined : sampleRows(validation)]
      const rows = { train: n, validation: validation === undefined ? 0 : count(validation) }
      yield* emit({ _tag: "StageStarted", ...stage, units: how.visible, visible, hidden, rows, epochs, batchesPerEpoch: batches })

      const diverged = (value: number, epoch: number, batch: number, order: ReadonlyArray<Batches.Batch>) =>
        new NonFinite({
          tensor: "reconstruction",
          layer: stage.layer,
          value,
          epoch: epoch + 1,
          step: epoch * batches + batch + 1,
          rows: [...(order[batch] ?? [])],
        })

      let stepsPerBurst = 1
      for (let epoch = 0; epoch < epochs; epoch++) {
        const order = Batches.inOrder(batching(T.read(yield* draw(T.scalar(epoch, "i32"))).data as Int32Array))
        const momentumTensor = T.scalar(Rbm.momentumAt(momentum, epoch, epochs))
        const batchOf = (which: Batches.Batch): Batch =>
          isResident && which.length === size
            ? { rows: new NDArray.NDArray("i32", [size], which), momentum: momentumTensor }
            : { v: Dataset.takeRows(train, which), momentum: momentumTensor }
        let elapsed = 0
        for (let done = 0; done < batches; ) {
          const started = performance.now()
          const outputs = yield* step.run(order.slice(done, done + stepsPerBurst).map(batchOf))
          const errors = outputs.map(({ error }) => T.toNumber(error))
          const bad = errors.findIndex((error) => !Number.isFinite(error))
          if (bad >= 0) return yield* diverged(errors[bad] ?? Number.NaN, epoch, done + bad, order)
          const milliseconds = performance.now() - started
          elapsed += milliseconds
          done += outputs.length
          stepsPerBurst = burstSize(outputs.length, milliseconds)
          yield* emit({ _tag: "StageStepped", ...stage, epoch: epoch + 1, batch: done, batches, errors, milliseconds })
          yield* Effect.yieldNow
        }
        const { params } = yield* step.state
        const scores = yield* score(params, seen)
        // The last step of an epoch may have left non-finite values in the state that no reconstruction has shown yet.
        if (!Number.isFinite(scores.error + scores.freeEnergy))
          return yield* diverged(scores.error + scores.freeEnergy, epoch, batches - 1, order)
        yield* emit({
          _tag: "StageScored",
          ...stage,
          epoch: epoch + 1,
          train: scores,
          ...(unseen === undefined ? {} : { validation: yield* score(params, unseen) }),
          milliseconds: elapsed,
          rowsPerSecond: (n / Math.max(elapsed, 0.001)) * 1000,
        })
      }
      return (yield* step.state).params
    }),
  )
