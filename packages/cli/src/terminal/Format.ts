/** Numbers as a person reads them. */
import { grouped } from "@adjoint/core/data/grouped"
import * as Score from "@adjoint/core/learning/Score"
import { printable } from "@adjoint/dsl/diagnostic/Printable"
import { withDefaults } from "@adjoint/dsl/net/Uses"

/** A whole number, thousands apart. `count(458666) // => "458,666"` */
export const count = (n: number): string => grouped(Math.round(n))

/** A number and what it counts. `counted(1, "row") // => "1 row"` */
export const counted = (n: number, noun: string): string => `${count(n)} ${noun}${n === 1 ? "" : "s"}`

/** A size in the largest unit of which there is one, by thousands. `bytes(47_040_016) // => "47 MB"` */
export const bytes = (size: number): string => {
  const [unit, of] = size >= 1e9 ? [1e9, "GB"] : size >= 1e6 ? [1e6, "MB"] : size >= 1e3 ? [1e3, "kB"] : [1, "bytes"]
  return `${Math.round(size / (unit as number))} ${of}`
}

/** A number with four digits that matter. `decimal(0.07213) // => "0.0721"` */
export const decimal = (x: number): string => {
  const size = Math.abs(x)
  if (x === 0) return "0"
  if (!Number.isFinite(x)) return String(x)
  if (size >= 1e6 || size < 1e-4) return x.toExponential(2)
  return x.toFixed(size >= 1000 ? 0 : size >= 100 ? 1 : size >= 10 ? 2 : 4)
}

/** A rate, short. `rate(0.001) // => "1.0e-3"` */
export const rate = (x: number): string => (x === 0 ? "0" : x.toExponential(1))

/** A share. `percent(0.9781) // => "97.81%"` */
export const percent = (share: number): string => `${(100 * share).toFixed(2)}%`

/**
 * A stretch of time.
 *
 * `duration(42_300) // => "0:42"`
 * `duration(640) // => "0.6 s"`
 * `duration(7.4) // => "7 ms"`
 */
export const duration = (milliseconds: number): string => {
  if (milliseconds < 100) return `${Math.round(milliseconds)} ms`
  if (milliseconds < 10_000) return `${(milliseconds / 1000).toFixed(1)} s`
  const seconds = Math.round(milliseconds / 1000)
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60]
  const two = (n: number) => String(n).padStart(2, "0")
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`
}

/** A score's name without the part of the data in front. */
const bare = (name: string): string => name.slice(name.lastIndexOf(".") + 1)

/** The scores that are shown as percentages. */
const percentages: ReadonlySet<string> = new Set([
  ...Object.keys(Score.table).filter((name) => withDefaults<Score.Score>(Score.table, name)?.isPercentage === true),
  "balanced_accuracy",
])

/**
 * Which way a score is better, by its name with or without the part of the data and the head in front; `undefined` for a score that is not in the catalogue.
 *
 * `better("val.loss") // => "lower"`
 * `better("test.species.accuracy") // => "higher"`
 */
export const better = (name: string): "higher" | "lower" | undefined =>
  bare(name) === "loss" ? "lower" : withDefaults<Score.Score>(Score.table, bare(name))?.better

/** A score by its name, with or without the part of the data in front. `score("val.accuracy", 0.9781) // => "97.81%"` */
export const score = (name: string, value: number): string => (percentages.has(bare(name)) ? percent(value) : decimal(value))

/**
 * A mean of scores with its deviation, where there is one.
 *
 * `spread("val.accuracy", 0.9, 0.03) // => "90.00% ± 3.00%"`
 * `spread("val.loss", 0.75, 6e-9) // => "0.7500 ± 0.0000"`
 */
export const spread = (name: string, mean: number, deviation: number | undefined): string => {
  const shown = score(name, mean)
  if (deviation === undefined || Number.isNaN(deviation)) return shown
  // A deviation has the decimals of its mean: further ones say nothing.
  const [, decimals] = /^-?[\d,]+\.(\d+)$/.exec(shown) ?? []
  const isSmall = decimals !== undefined && Math.abs(deviation) < 10 ** -decimals.length
  return `${shown} ± ${isSmall ? deviation.toFixed(decimals.length) : score(name, deviation)}`
}

/** A score's name without the part of the data in front: `kind.accuracy` of the head `kind`. */
const withoutPart = (name: string): string => name.replace(/^(?:train|val|test)\./, "")

/** What scores are in, by name, where a net learns other numbers than were measured. */
export type Units = { readonly [score: string]: string } | undefined

/**
 * What a score is in, by its name.
 *
 * `unit("val.mae", { mae: "price" }) // => "in units of price"`
 * `unit("val.loss", { mae: "price" }) // => "scaled"`
 * `unit("val.r2", { mae: "price" }) // => undefined`
 * `unit("val.fare.loss", { "fare.loss": "scaled" }) // => "scaled"`
 */
export const unit = (name: string, units: Units): string | undefined => {
  if (units === undefined) return undefined
  const own = withoutPart(name)
  // The loss of several heads is a sum of losses, each of its own kind.
  if (own === "loss") return Object.keys(units).some((score) => score.includes(".")) ? undefined : "scaled"
  if (!Object.hasOwn(units, own)) return undefined
  return bare(own) === "loss" ? "scaled" : `in units of ${printable(units[own] ?? "")}`
}

/** A score and what it is in. `measured("mae", 12.3, { mae: "price" }) // => "12.30 (in units of price)"` */
export const measured = (name: string, value: number, units: Units): string => {
  const of = unit(name, units)
  return `${score(name, value)}${of === undefined ? "" : ` (${of})`}`
}
