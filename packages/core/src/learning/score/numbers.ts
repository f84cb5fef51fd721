/** Scores of numbers, which compare predictions with targets of the same shape. */
import type { Tensor } from "../../language/Expr.ts"
import * as T from "../../tensor/Tensor.ts"
import * as Shape from "../../types/Shape.ts"
import { aligned } from "../Target.ts"
import { add, append, countedOf, make, numberOf, rows, rowsOf, type Score } from "./Score.ts"
import { difference, restore, type Unit } from "./Unit.ts"

const targetTypes = ["numbers", "binary"] as const

interface Measure {
  /** The name in a `ShapeError`. */
  readonly operation: string
  /** The cost of a difference. */
  readonly of: (d: Tensor) => Tensor
  /** A function of the mean: the identity unless given. */
  readonly finish?: (mean: number) => number
  readonly power: 1 | 2
  readonly isDefault?: true
}

/** The mean of a measure over all differences. */
const meanOf = (measure: Measure, units: ReadonlyArray<Unit> = []): Score =>
  make(
    (output, target, counted) => {
      const each = measure.of(difference(output, aligned(measure.operation, output, target), units))
      return T.stack([T.sum(countedOf(each, counted)), numberOf(each, counted, "f32")])
    },
    {
      merge: add,
      finish: ([sum = 0, count = 0]) => (measure.finish ?? ((mean) => mean))(sum / count),
      better: "lower",
      targetTypes,
      power: measure.power,
      ...(measure.isDefault && { isDefault: true }),
      measured: (own) => meanOf(measure, own),
    },
  )

/** The mean of (ŷ - y)². */
export const meanSquaredError: Score = meanOf({ operation: "mse", of: T.square, power: 2 })

/** The root of the mean of (ŷ - y)². */
export const rootMeanSquaredError: Score = meanOf({ operation: "rmse", of: T.square, finish: Math.sqrt, power: 1 })

/** The mean of |ŷ - y|. */
export const meanAbsoluteError: Score = meanOf({ operation: "mae", of: T.abs, power: 1, isDefault: true })

const sum = (xs: ReadonlyArray<number>): number => xs.reduce((total, x) => total + x, 0)

/** A prediction with its truth, and how often it counts. */
interface Pair {
  readonly predicted: number
  readonly truth: number
  readonly weight: number
}

/** 1 - Σ (ŷ - y)² / Σ (y - ȳ)² for pairs. NaN if all targets are equal; this is checked exactly, without rounding. */
const determination = (pairs: ReadonlyArray<Pair>): number => {
  if (pairs.every(({ truth }) => truth === pairs[0]?.truth)) return Number.NaN
  const mean = sum(pairs.map(({ truth, weight }) => weight * truth)) / sum(pairs.map(({ weight }) => weight))
  const left = sum(pairs.map(({ predicted, truth, weight }) => weight * (predicted - truth) ** 2))
  return 1 - left / sum(pairs.map(({ truth, weight }) => weight * (truth - mean) ** 2))
}

/** R² in the original units of the targets. Linear units do not change it. */
const determinationIn = (units: ReadonlyArray<Unit>): Score =>
  make(
    (output, target, counted) => {
      const wanted = aligned("r2", output, target)
      const n = output.shape[0] ?? 0
      const flat = [n, Shape.size(output.shape.slice(1))]
      return rows(T.concat([T.reshape(output, flat), T.reshape(wanted, flat)], 1), counted)
    },
    {
      merge: append,
      finish: (gathered) => {
        const all = rowsOf(gathered)
        const outputs = (all[0]?.values.length ?? 0) / 2
        const column = (k: number): ReadonlyArray<Pair> => {
          const unit = units[k]
          const back = unit === undefined || unit.curve === "none" ? (x: number) => x : (x: number) => restore(unit, x)
          return all.map(({ values, weight }) => ({
            predicted: back(values[k] ?? 0),
            truth: back(values[outputs + k] ?? 0),
            weight,
          }))
        }
        return sum(Array.from({ length: outputs }, (_, k) => determination(column(k)))) / outputs
      },
      better: "higher",
      targetTypes,
      measured: determinationIn,
    },
  )

/**
 * The fraction of the targets' variance that the predictions explain: 1 is all of it, 0 is no better than predicting the mean,
 * and below 0 is worse. The mean for several outputs. Not defined (NaN) if all targets are equal.
 *
 * `Score.of(Score.r2, Tensor.make([[1], [2], [4]]), Tensor.make([1, 2, 3])) // => 0.5`
 */
export const r2: Score = determinationIn([])
