/** The range test of the learning rate: it rises in every step, and the loss shows from where to where it is useful. */
import * as Effect from "effect/Effect"
import * as Compile from "../engines/Compile.ts"
import type { Engine, EngineError } from "../engines/Engine.ts"
import type { Tensors } from "../language/TensorTree.ts"
import type { LearningRate } from "../learning/LearningRate.ts"
import * as Loss from "../learning/Loss.ts"
import type { Optimizer } from "../learning/Optimizer.ts"
import { add, cast, exp, mul, scalar } from "../tensor/elementwise.ts"
import { toNumber } from "../tensor/read.ts"
import { batchLoader } from "../training/BatchLoader.ts"
import type { TrainState } from "../training/Checkpoint.ts"
import { evenSamples } from "../training/layerStatistics.ts"
import type { Batch, ReadError } from "../training/Samples.ts"
import { stepKey } from "../training/stepKey.ts"
import { trainStep } from "../training/trainStep.ts"
import { type Concern, type Facts, shown } from "./Concern.ts"
import type { Subject } from "./Subject.ts"

export const facts: Facts = {
  doc: "Trains a copy of the weights for a hundred steps at rising learning rates, and finds where the loss falls.",
  healthy: "the rate of the run is inside the band in which the loss falls, often 1e-5 to 1e-1, and near where it falls steepest",
  advice:
    "Below the band a run learns nothing in its time, above it the loss explodes to infinity or NaN. Take the rate where the loss falls steepest; a schedule with warmup allows a larger one.",
  source: "Smith, Cyclical learning rates for training neural networks, 2017",
  weights: "untrained",
}

/** The loss of the same rows before a step at some rate. */
export interface RatePoint {
  readonly rate: number
  readonly loss: number
}

/** The result of a range test. */
export interface RateRange {
  /** Up to where the loss was four times the least one, or non-finite. */
  readonly points: ReadonlyArray<RatePoint>
  /** The rates between which the loss falls; absent if it never does. */
  readonly band?: readonly [from: number, to: number]
  /** The rate at which it falls steepest. */
  readonly steepest?: number
}

/** The rates of a test: each is larger than the one before by the same factor. */
export interface RateOptions {
  readonly from?: number
  readonly to?: number
  readonly steps?: number
}

/** Rows whose loss is watched, at most. */
const mostRows = 256

/** A run at this many times the least loss has exploded. */
const exploded = 4

/** Steps in one call of the engine. */
const stride = 10

/** The means of a window of three points, which smooths what one batch did. */
const smoothed = (losses: ReadonlyArray<number>): ReadonlyArray<number> =>
  losses.map((loss, i) => ((losses[i - 1] ?? loss) + loss + (losses[i + 1] ?? loss)) / 3)

/** Half the width of the window over which the slope of the loss is measured, in points. */
const half = 2

/**
 * Reads the band and the steepest rate off the points of a test.
 *
 * ```ts
 * import { bandOf } from "@adjoint/core/diagnosis/rateRange"
 *
 * const losses = [1, 1, 1, 1, 0.9, 0.6, 0.3, 0.2, 0.2, 0.5, 9]
 * const { band, steepest } = bandOf(losses.map((loss, i) => ({ rate: 10 ** (i - 6), loss })))
 * const found = [...(band ?? []), steepest ?? 0].map((rate) => rate.toPrecision(1))
 * found // => ["0.01", "1e+1", "0.1"]
 * ```
 */
export const bandOf = (points: ReadonlyArray<RatePoint>): Pick<RateRange, "band" | "steepest"> => {
  const losses = smoothed(points.flatMap(({ loss }) => (Number.isFinite(loss) ? [loss] : [])))
  const lowest = losses.reduce((best, loss, i) => (loss < (losses[best] ?? Number.NaN) ? i : best), 0)
  const [start = 0, least = 0] = [losses[0], losses[lowest]]
  // A tenth of the fall: less may be the noise of a batch.
  const first = losses.findIndex((loss) => loss < start - 0.1 * (start - least))
  if (first < 0 || !(least < 0.98 * start)) return {}
  const slopes = losses.map((_, i) => (losses[Math.min(lowest, i + half)] ?? least) - (losses[Math.max(0, i - half)] ?? start))
  const steepest = slopes.slice(0, lowest + 1).reduce((best, slope, i) => (slope < (slopes[best] ?? 0) ? i : best), first)
  const [from, to, at] = [points[first]?.rate, points[lowest]?.rate, points[steepest]?.rate]
  return from === undefined || to === undefined || at === undefined ? {} : { band: [from, to], steepest: at }
}

/** The rates from one end to the other: f · (t / f)^(step / (steps − 1)). */
const rising =
  (from: number, to: number, steps: number): LearningRate =>
  (step) =>
    exp(add(mul(cast(step, "f32"), Math.log(to / from) / Math.max(1, steps - 1)), Math.log(from)))

/**
 * Trains a copy of the weights at rising rates: 100 steps from 1e-6 to 10 unless given. `optimizer` makes the optimizer of the run
 * for a learning rate.
 */
export const rateRange = <P, S, O, X, Y, T>(
  { batch, data, loss, net, penalty, seed, state }: Subject<P, S, O, X, Y, T>,
  optimizer: (rate: LearningRate) => Optimizer<O>,
  { from = 1e-6, steps = 100, to = 10 }: RateOptions = {},
): Effect.Effect<RateRange, EngineError | ReadError, Engine> =>
  Effect.scoped(
    Effect.gen(function* () {
      const swept = optimizer(rising(from, to, steps))
      const watched = yield* evenSamples<X, T>(data, mostRows)
      const loader = yield* batchLoader<X, T>({ batch, data, seed })
      const config = { data, loss, net, optimizer: swept, seed, batch, epochs: 1, ...(penalty === undefined ? {} : { penalty }) }
      const train = trainStep<P, S, O, never, X, Y, T>(config)
      const first: TrainState<P, S, O> = { ...state, optimizer: swept.init(state.params), step: scalar(0, "i32") }
      const step = yield* Compile.step((at: TrainState<P, S, O>, rows: Batch<X, Tensors<T>>) => {
        const key = stepKey(seed, scalar(0, "i32"))
        const prediction = net.apply(at.params, at.state, watched.x, { mode: "train", key }).y
        const seen = Loss.values(loss, prediction, watched.y, watched.w).value
        return { state: train(at, rows).state, output: seen }
      }, first)
      const points: Array<RatePoint> = []
      let least = Number.POSITIVE_INFINITY
      const isOver = () => {
        const last = points.at(-1)?.loss
        return points.length >= steps || (last !== undefined && !(last <= exploded * least))
      }
      for (let epoch = 0; !isOver(); epoch++) {
        const batchesFrom = yield* loader.epoch(epoch)
        for (let done = 0; done < loader.batches && !isOver(); done += stride) {
          const which = batchesFrom(done, Math.min(stride, loader.batches - done, steps - points.length))
          for (const output of yield* step.run(yield* loader.inputs(which))) {
            if (isOver()) break
            const value = toNumber(output)
            if (value < least) least = value
            points.push({ rate: from * (to / from) ** (points.length / Math.max(1, steps - 1)), loss: value })
          }
        }
      }
      return { points, ...bandOf(points) }
    }),
  )

/** What is wrong with the rate of a run, given the result of a test. */
export const concerns = ({ band, points, steepest }: RateRange, rate: number): ReadonlyArray<Concern> => {
  if (band === undefined || steepest === undefined) {
    const [first, last] = [points[0], points.at(-1)]
    const range = `${shown(first?.rate ?? 0)} to ${shown(last?.rate ?? 0)}`
    return [
      {
        message: `the loss falls at no learning rate from ${range}`,
        advice: "look at the layers: no rate helps where no gradient arrives",
      },
    ]
  }
  const [from, to] = band
  const learningRate = Number(steepest.toPrecision(1))
  const where = `the loss falls from ${shown(from)} to ${shown(to)}, steepest at ${shown(steepest)}`
  if (rate > to)
    return [
      { message: `the learning rate ${shown(rate)} is above the band: ${where}`, advice: `try ${learningRate}`, learningRate },
    ]
  // A decade below the first fall within a hundred steps is still a rate that learns in a run of thousands.
  if (rate < from / 10)
    return [
      { message: `the learning rate ${shown(rate)} is below the band: ${where}`, advice: `try ${learningRate}`, learningRate },
    ]
  return []
}
