/**
 * A sweep of λ, the factor of the penalty of weights. It trains the same run for λ = 0 and for increasing values of λ, finds
 * the value with the best validation score, and then tries the value slightly below it. It is a stream of events, like a run.
 */
import * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"
import type { Engine } from "../engines/Engine.ts"
import { spanned } from "../engines/observe.ts"
import type { Tensor } from "../language/Expr.ts"
import type { NDArray } from "../types/NDArray.ts"
import { refuse } from "../types/ShapeError.ts"
import type { Config } from "./Config.ts"
import { monitor as checkMonitor } from "./checkConfig.ts"
import * as Check from "./checkData.ts"
import { lossNames } from "./Evaluate.ts"
import { type Emit, eventStream } from "./eventStream.ts"
import { endingRecord, type Monitor, type MonitorName, monitoredScore } from "./Monitor.ts"
import * as Train from "./Train.ts"

/** The λ to try besides 0: `count` values from `from` to `to`, evenly spaced on a logarithmic scale. */
export interface Range {
  /** More than 0. */
  readonly from: number
  /** More than `from`. */
  readonly to: number
  /** At least 2. */
  readonly count: number
}

/** The result of a λ: the monitored score of the weights of its run; absent if the run diverged. */
export interface Point {
  readonly lambda: number
  readonly value?: number
}

/** The sweep has started. */
export interface SweepStarted {
  readonly _tag: "SweepStarted"
  /** The values that will be tried, in increasing order; the value below the best is tried in addition. */
  readonly lambdas: ReadonlyArray<number>
  readonly monitor: Monitor
}

/** A λ has been tried. */
export interface LambdaScored extends Point {
  readonly _tag: "LambdaScored"
}

/** The sweep is done. `best` is absent if every run diverged. */
export interface SweepFinished {
  readonly _tag: "SweepFinished"
  readonly points: ReadonlyArray<Point>
  readonly best?: Scored
  /** The result of the value slightly below the best. */
  readonly below?: Point
}

/** One event of a sweep. */
export type SweepEvent = SweepStarted | LambdaScored | SweepFinished

// People read these values and prefer 0.001 to 0.0009999999999999998.
const rounded = (x: number): number => Number(x.toPrecision(6))

/**
 * 0, and `count` values from `from` to `to`, each larger than the one before by the same factor. Throws `ShapeError` for
 * arguments out of bounds.
 *
 * `Sweep.lambdas({ from: 0.001, to: 0.1, count: 3 }) // => [0, 0.001, 0.01, 0.1]`
 */
export const lambdas = ({ count, from, to }: Range): ReadonlyArray<number> =>
  from > 0 && to > from && Number.isFinite(to) && Number.isSafeInteger(count) && count >= 2
    ? [0, ...Array.from({ length: count }, (_, i) => rounded(from * (to / from) ** (i / (count - 1))))]
    : refuse(
        "Sweep.lambdas",
        [],
        `from more than 0, to more than from and count from 2, not ${from}, ${to} and ${count}`,
        "{ from: 1e-6, to: 0.1, count: 6 }",
      )

/** A point that has a score. */
export type Scored = Required<Point>

const isScored = (point: Point): point is Scored => point.value !== undefined && Number.isFinite(point.value)

/**
 * The point with the best score; among equal scores the first, which has the smallest λ where λ increases.
 *
 * `Sweep.best({ mode: "min" }, [{ lambda: 0, value: 2 }, { lambda: 0.1, value: 1 }, { lambda: 1 }]) // => { lambda: 0.1, value: 1 }`
 */
export const best = ({ mode }: Pick<Monitor, "mode">, points: ReadonlyArray<Point>): Scored | undefined => {
  const isBetter = (a: number, b: number): boolean => (mode === "min" ? a < b : a > b)
  return points
    .filter(isScored)
    .reduce<Scored | undefined>((found, point) => (found && !isBetter(point.value, found.value) ? found : point), undefined)
}

/**
 * The value slightly below a λ of an increasing list: four fifths of it, or the geometric mean of it and the one before it if
 * that is larger, and 0 for 0. The best score of a sweep is partly luck, and slightly less regularization relies on it less.
 *
 * `Sweep.below(0.01, [0, 0.001, 0.01]) // => 0.008`
 */
export const below = (lambda: number, tried: ReadonlyArray<number>): number => {
  const before = tried[tried.indexOf(lambda) - 1] ?? 0
  return rounded(Math.max(0.8 * lambda, Math.sqrt(before * lambda)))
}

type NameOf<Head> = Head extends { readonly name: infer Name extends string } ? Name : never

/** What runs with these descriptions can monitor: `val.loss`, `train.accuracy`. Any text where the names are not known. */
type MonitorOf<C> = unknown extends C
  ? string
  : MonitorName<
      "scores" extends keyof C ? keyof NonNullable<C["scores"]> & string : never,
      C extends { readonly loss: { readonly heads?: ReadonlyArray<infer Head> } } ? NameOf<Head> : never
    >

/** The description of a sweep. `C` is the description of its runs, whose scores can be monitored. */
export interface Sweep<P, S, O, R = never, X = Tensor, Y = Tensor, T = NDArray, C = unknown> {
  /** The run of a λ; everything else, also the seed, is the same in all runs. */
  readonly config: (lambda: number) => C & Config<P, S, O, R, X, Y, T>
  /** The values to try, in increasing order. */
  readonly lambdas: ReadonlyArray<number>
  /** The score that decides which is best, such as `val.loss`. */
  readonly monitor: Monitor<MonitorOf<NoInfer<C>>>
}

/** The watched score of the weights that a run gives at its end: those of its best epoch where that is restored. */
const scoreOf = <P, S, O, R, X, Y, T>(config: Config<P, S, O, R, X, Y, T>, monitor: Monitor) =>
  Train.finished(config).pipe(
    Effect.map((finished) => {
      const record = endingRecord(config.earlyStop, finished)
      return record === undefined ? undefined : monitoredScore(monitor, record)
    }),
    // A run that diverges says something about its λ alone.
    Effect.catchTag("NonFinite", () => Effect.succeed(undefined)),
  )

/** What keeps a sweep from being run: no λ, one out of order, a score that its runs do not have. */
const problemOf = <P, S, O, R, X, Y, T>({ config, lambdas, monitor }: Sweep<P, S, O, R, X, Y, T>): Check.Problem => {
  const wrong = lambdas.findIndex((lambda, i) => !(lambda >= 0 && Number.isFinite(lambda) && lambda > (lambdas[i - 1] ?? -1)))
  if (lambdas.length === 0 || wrong >= 0)
    return Check.problem(
      wrong < 0 ? "lambdas" : `lambdas[${wrong}]`,
      wrong < 0 ? "none" : String(lambdas[wrong]),
      "rising numbers from 0, one or more",
      "Sweep.lambdas({ from: 1e-6, to: 0.1, count: 6 })",
    )
  const { loss, scores = {}, validation } = config(lambdas[0] ?? 0)
  const own = [...lossNames(loss), ...Object.keys(scores)]
  return checkMonitor("monitor", monitor, { train: own, ...(validation === undefined ? {} : { val: own }) })
}

/**
 * Trains with each λ, then with the value slightly below the best. Fails with the errors of a run, but a diverging run is no
 * failure. An invalid sweep fails with `ConfigError` before the first run.
 */
export const run = <P, S, O, R = never, X = Tensor, Y = Tensor, T = NDArray, C = unknown>(
  sweep: Sweep<P, S, O, R, X, Y, T, C>,
): Stream.Stream<SweepEvent, Train.TrainError, Engine | R> =>
  eventStream((emit) =>
    spanned(loop(sweep as Sweep<P, S, O, R, X, Y, T>, emit), "Sweep.run", () => ({ "adjoint.monitor": sweep.monitor.monitor })),
  )

const loop = <P, S, O, R, X, Y, T>(
  { config, lambdas, monitor }: Sweep<P, S, O, R, X, Y, T>,
  emit: Emit<SweepEvent>,
): Effect.Effect<void, Train.TrainError, Engine | R> =>
  Effect.gen(function* () {
    const tried = (lambda: number) =>
      Effect.gen(function* () {
        const value = yield* spanned(scoreOf(config(lambda), monitor), "Sweep.lambda", () => ({ "adjoint.lambda": lambda }))
        const point: Point = { lambda, ...(value === undefined ? {} : { value }) }
        yield* emit({ _tag: "LambdaScored", ...point })
        return point
      })
    const problem = problemOf({ config, lambdas, monitor })
    if (problem !== undefined) return yield* problem
    yield* emit({ _tag: "SweepStarted", lambdas, monitor })
    const points = yield* Effect.forEach(lambdas, tried)
    const found = best(monitor, points)
    if (found === undefined) return yield* emit({ _tag: "SweepFinished", points })
    const lower = found.lambda === 0 ? found : yield* tried(below(found.lambda, lambdas))
    yield* emit({ _tag: "SweepFinished", points, best: found, below: lower })
  })
