/** Trains one machine of a deep belief network: epochs of steps in bursts, and scores after each epoch. */
import * as Effect from "effect/Effect"
import * as Dataset from "../data/Dataset.ts"
import * as Compile from "../engines/Compile.ts"
import { Engine } from "../engines/Engine.ts"
import { inTurns } from "../engines/turns.ts"
import type { Tensor } from "../language/Expr.ts"
import * as Rbm from "../learning/Rbm.ts"
import * as Key from "../tensor/Key.ts"
import * as T from "../tensor/Tensor.ts"
import * as NDArray from "../types/NDArray.ts"
import type { Pieces } from "../types/Pieces.ts"
import * as Shape from "../types/Shape.ts"
import { inputsOf, rowLoader } from "./BatchLoader.ts"
import { scorer } from "./Evaluate.ts"
import type { Emit } from "./eventStream.ts"
import { firstIn, type StepInfo } from "./findNonFinite.ts"
import type { LoopError } from "./LoopRun.ts"
import { defaultMonitor } from "./Monitor.ts"
import { NonFinite } from "./NonFinite.ts"
import type { MachineScores, PretrainEvent, StageInfo } from "./PretrainEvent.ts"
import type { Scores } from "./Progress.ts"
import { runLoop } from "./runLoop.ts"
import { rowsOfBatches } from "./Samples.ts"

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

/** Numbers that are summed between two turns of others: about a millisecond of code that the host has not optimized yet. */
const pieceLength = 2 ** 13

/** Adds the numbers of a range to the sums of their columns. */
const addTo = (sums: Float64Array, { data }: NDArray.NDArray, from: number, end: number): void => {
  const width = sums.length
  for (let i = from; i < end; i++) sums[i % width] = (sums[i % width] ?? 0) + (data[i] ?? 0)
}

/** The mean of each column. */
function* meansOf(rows: NDArray.NDArray): Pieces<Tensor> {
  const width = Shape.size(rows.shape.slice(1))
  const sums = new Float64Array(width)
  for (let from = 0; from < rows.data.length; from += pieceLength) {
    addTo(sums, rows, from, Math.min(rows.data.length, from + pieceLength))
    yield
  }
  const n = count(rows)
  return NDArray.make(
    "f32",
    [width],
    Float32Array.from(sums, (sum) => sum / n),
  )
}

/** Scores a machine on rows, batch by batch. */
const machineScorer = (like: Rbm.Params, visible: Rbm.Visible) =>
  scorer({
    sums: (params: Rbm.Params, rows: Tensor) => {
      const v = flat(rows)
      return {
        error: T.sum(Rbm.reconstructionError(params, v, visible)),
        freeEnergy: T.sum(Rbm.freeEnergy(params, v, visible)),
      }
    },
    like,
    size: count,
    rows: (rows: NDArray.NDArray) => rows,
    batch: (rows) => rows as Tensor,
  })

const machineScores = ({ error = Number.NaN, freeEnergy = Number.NaN }: Scores): MachineScores => ({ error, freeEnergy })

/** The input of a step: row numbers or the rows themselves, and the momentum. */
type Batch = ({ readonly rows: Tensor } | { readonly v: Tensor }) & { readonly momentum: Tensor }

/** Trains one machine and emits its events. */
export const trainRbm = (
  { batch: size, epochs, hidden, layer, momentum, ...how }: StageConfig,
  { train, validation }: Rows,
  key: Key.Key,
  stage: StageInfo,
  emit: Emit<PretrainEvent>,
): Effect.Effect<Rbm.Params, LoopError, Engine> =>
  Effect.scoped(
    Effect.gen(function* () {
      const engine = yield* Engine.current
      const visible = Shape.size(train.shape.slice(1))
      const learning: Rbm.Learning = { ...how, key: Key.fold(key, "gibbs") }
      const mean = yield* inTurns(meansOf(train))
      const first = yield* Compile.checkShapes(() => Rbm.init(Key.fold(key, "w"), { visible, hidden, units: how.visible, mean }))
      const loader = yield* rowLoader({ key: Key.fold(key, "shuffle"), arrays: [train], size })
      const learn = Rbm.step(learning)
      const score = yield* machineScorer(first, how.visible)
      const [seen, unseen] = [sampleRows(train), validation === undefined ? undefined : sampleRows(validation)]
      const diverged = (value: number, place: StepInfo) => new NonFinite({ ...place, tensor: "reconstruction", layer, value })

      const { kept } = yield* runLoop({
        name: "Pretrain",
        seed: 0,
        epochs,
        step: Compile.step(
          (state: Rbm.State, batch: Batch) =>
            learn(state, { v: flat("rows" in batch ? T.take(train, batch.rows) : batch.v), momentum: batch.momentum }),
          Rbm.begin(first, learning),
        ),
        loader,
        inputs: (batches, epoch) =>
          Effect.map(
            inputsOf(loader, batches, (others) => Effect.map(rowsOfBatches(train, others), (rows) => rows.map((v) => ({ v })))),
            (inputs) => inputs.map((input): Batch => ({ ...input, momentum: T.scalar(Rbm.momentumAt(momentum, epoch, epochs)) })),
          ),
        value: ({ error }) => T.toNumber(error),
        isFinite: Number.isFinite,
        loss: (error) => error,
        sums: () => [],
        scores: {},
        weights: ({ params }) => params,
        score: Effect.fnUntraced(function* (params, _, { epoch, step }) {
          const scores = yield* score(params, seen)
          const sum = (scores.error ?? 0) + (scores.freeEnergy ?? 0)
          if (!Number.isFinite(sum)) {
            const [rows = []] = (yield* loader.epoch(epoch - 1))(loader.batches - 1, 1)
            return yield* diverged(sum, { epoch, step, rows: [...rows] })
          }
          return { train: scores, ...(unseen === undefined ? {} : { validation: yield* score(params, unseen) }) }
        }),
        rate: undefined,
        monitor: defaultMonitor(false),
        started: () =>
          emit({
            _tag: "StageStarted",
            ...stage,
            units: how.visible,
            visible,
            hidden,
            rows: { train: loader.rows, validation: validation === undefined ? 0 : count(validation) },
            epochs,
            batchesPerEpoch: loader.batches,
          }),
        stepped: ({ batch, batches, epoch, milliseconds, values: errors }) =>
          emit({ _tag: "StageStepped", ...stage, epoch, batch, batches, errors, milliseconds }),
        scored: ({ epoch, milliseconds, rowsPerSecond, train: scores, validation: others }) =>
          emit({
            _tag: "StageScored",
            ...stage,
            epoch,
            train: machineScores(scores),
            ...(others === undefined ? {} : { validation: machineScores(others) }),
            milliseconds,
            rowsPerSecond,
          }),
        emit: () => Effect.void,
        blame: ({ after, place, value }) =>
          Number.isFinite(value)
            ? Effect.map(firstIn(after, engine.read), (found) => diverged(found?.value ?? value, place))
            : Effect.succeed(diverged(value, place)),
      })
      return kept
    }),
  )
