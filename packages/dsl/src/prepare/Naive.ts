/** The naive forecasts of a series: the last value goes on, or the values of one window ago come again. */
import { arrayOf, columnNames, hasOneInput, headsOf } from "@adjoint/core/data/PreprocessTree"
import { restore, type Unit } from "@adjoint/core/learning/Score"
import { NDArray } from "@adjoint/core/types/NDArray"
import type { Part, Prepared } from "./Prepared.ts"

/** The mean squared error of a naive forecast, in the original units of the targets, and as the net learns them where that differs. */
export interface Naive {
  readonly kind: "last" | "season"
  readonly mse: number
  readonly scaled?: number
}

/** The row of a window that each kind of forecast takes for so many steps ahead; `undefined` where the window does not have it. */
const rowOf: { readonly [K in Naive["kind"]]: (window: number, ahead: number) => number | undefined } = {
  last: (window) => window - 1,
  season: (window, ahead) => (ahead <= window ? ahead - 1 : undefined),
}

/**
 * The naive forecasts of a head of a series, scored on the rows of a part; none without a series, for a target that is no number,
 * and for inputs with names.
 */
export const naive = (
  { fitted }: Pick<Prepared, "fitted">,
  on: Part,
  head: string,
  units: ReadonlyArray<Unit> | undefined,
): ReadonlyArray<Naive> => {
  const { input, series } = fitted
  const target = headsOf(fitted).find(([name]) => name === head)?.[1]
  if (series === undefined || !hasOneInput(input) || input.type !== "columns" || target?.type !== "numbers") return []
  const [inputs, targets] = [arrayOf(on.inputs, ""), arrayOf(on.targets, head)]
  if (!(inputs instanceof NDArray)) return []
  const { window } = series
  const width = inputs.shape[2] ?? 1
  const names = columnNames(input) ?? []
  const channels = target.columns.map(({ name }) => names.indexOf(name))
  if (channels.includes(-1)) return []
  return (["last", "season"] as const).flatMap((kind): ReadonlyArray<Naive> => {
    const rows = target.columns.map(({ ahead = 1 }) => rowOf[kind](window, ahead))
    // A season of one row is the last value.
    if (rows.includes(undefined) || (kind === "season" && window === 1)) return []
    const errorIn = (measured: (value: number, i: number) => number): number => {
      const count = target.columns.length
      let [squares, counted] = [0, 0]
      for (const [at, value] of targets.data.entries()) {
        const i = at % count
        const sample = Math.floor(at / count)
        const forecast = inputs.data[(sample * window + (rows[i] ?? 0)) * width + (channels[i] ?? 0)] ?? 0
        const weight = on.weights === undefined ? 1 : (on.weights.data[sample] ?? 0)
        squares += weight * (measured(value, i) - measured(forecast, i)) ** 2
        counted += weight
      }
      return squares / counted
    }
    const scaled = errorIn((value) => value)
    if (units === undefined) return [{ kind, mse: scaled }]
    const inUnits = (value: number, i: number): number => {
      const unit = units[i]
      return unit === undefined ? value : restore(unit, value)
    }
    return [{ kind, mse: errorIn(inUnits), scaled }]
  })
}
