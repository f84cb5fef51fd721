/** One dimension of a space: a choice, whole numbers or numbers, and its values as positions in [0, 1). */
import { exp, log } from "../exactMath.ts"

/** One of `size` alternatives; its value is the index of one, from 0. */
export interface Choice {
  readonly _tag: "Choice"
  readonly size: number
  /** Whether neighbours are alike, as those of a rising list of numbers are. */
  readonly ordered?: boolean
}

/** A range of numbers with both ends. */
interface Range {
  readonly low: number
  readonly high: number
  /** Whether the logarithm is searched evenly instead of the number. `low` is then above 0. */
  readonly log?: boolean
  /** The values are `low`, `low + step` … up to `high`. Not together with `log`. */
  readonly step?: number
}

/** Whole numbers of a range; without `step`, all of them. */
export interface Int extends Range {
  readonly _tag: "Int"
}

/** Numbers of a range. */
export interface Float extends Range {
  readonly _tag: "Float"
}

/** The values of one dimension. */
export type Dimension = Choice | Int | Float

/** How many values a dimension has, `Infinity` for a continuous one. `count({ _tag: "Int", low: 1, high: 4 }) // => 4` */
export const count = (dimension: Dimension): number => {
  if (dimension._tag === "Choice") return dimension.size
  const step = stepOf(dimension)
  // The end of 0 … 0.3 in steps of 0.1 is a value, although 0.3 / 0.1 is below 3.
  return step === undefined ? Number.POSITIVE_INFINITY : Math.floor((dimension.high - dimension.low) / step + 1e-9) + 1
}

const stepOf = ({ _tag, step }: Int | Float): number | undefined => step ?? (_tag === "Int" ? 1 : undefined)

/** The value of an index, from 0, of a dimension with a count. `nth({ _tag: "Float", low: 0, high: 0.3, step: 0.1 }, 3) // => 0.3` */
export const nth = (dimension: Dimension, index: number): number => {
  if (dimension._tag === "Choice") return index
  const step = stepOf(dimension) ?? 0
  return Math.min(dimension.high, index === 0 ? dimension.low : steps(dimension.low, step, index))
}

/** low + n step, without the rounding error that a decimal step leaves in the last digits: 0.3 and not 0.30000000000000004. */
const steps = (low: number, step: number, n: number): number =>
  Number.isInteger(low) && Number.isInteger(step) ? low + n * step : Number((low + n * step).toPrecision(15))

/** The index of the nearest value of a dimension with a count. */
export const indexOf = (dimension: Dimension, value: number): number => {
  const low = dimension._tag === "Choice" ? 0 : dimension.low
  const step = dimension._tag === "Choice" ? 1 : (stepOf(dimension) ?? 1)
  return clamp(Math.round((value - low) / step), 0, count(dimension) - 1)
}

const clamp = (x: number, low: number, high: number): number => Math.min(high, Math.max(low, x))

/**
 * The ends of a range on the scale on which it is searched evenly: logarithms for `log`, and half a step beyond both ends for values
 * with steps, so that each value has an interval of the same size around it.
 */
export const scale = (dimension: Int | Float): { readonly low: number; readonly high: number } => {
  const step = stepOf(dimension)
  const half = step === undefined ? 0 : step / 2
  const top = step === undefined ? dimension.high : nth(dimension, count(dimension) - 1)
  return dimension.log
    ? { low: log(dimension.low - half), high: log(top + half) }
    : { low: dimension.low - half, high: top + half }
}

/**
 * The value at a position: every value of a choice or a range with steps has an interval of [0, 1), and a continuous range is
 * passed through evenly, on its scale.
 *
 * `at({ _tag: "Float", low: 0.01, high: 1, log: true }, 0.5).toFixed(3) // => "0.100"`
 */
export const at = (dimension: Dimension, position: number): number => {
  if (dimension._tag === "Choice") return clamp(Math.floor(position * dimension.size), 0, dimension.size - 1)
  const isContinuous = stepOf(dimension) === undefined
  // The exponential of a logarithm is not always the same number, and the ends are.
  if (isContinuous && position <= 0) return dimension.low
  if (isContinuous && position >= 1) return dimension.high
  const { high, low } = scale(dimension)
  const x = low + clamp(position, 0, 1) * (high - low)
  const value = dimension.log ? exp(x) : x
  if (isContinuous) return clamp(value, dimension.low, dimension.high)
  return nth(dimension, indexOf(dimension, value))
}

/** The position of a value, in the middle of its interval for a choice or a range with steps. `at` gives the value back. */
export const positionOf = (dimension: Dimension, value: number): number => {
  if (dimension._tag === "Choice") return (value + 0.5) / dimension.size
  const { high, low } = scale(dimension)
  if (low === high) return 0.5
  return clamp(((dimension.log ? log(value) : value) - low) / (high - low), 0, 1)
}

/** The interval of positions around a value of a range with steps: half a step to both sides. */
export const binOf = (dimension: Dimension, value: number): { readonly from: number; readonly to: number } => {
  if (dimension._tag === "Choice") return { from: value / dimension.size, to: (value + 1) / dimension.size }
  const { high, low } = scale(dimension)
  const half = (stepOf(dimension) ?? 0) / 2
  const position = (x: number): number => clamp(((dimension.log ? log(x) : x) - low) / (high - low), 0, 1)
  return { from: position(value - half), to: position(value + half) }
}

/** Whether a number is a value of the dimension. `contains({ _tag: "Int", low: 1, high: 9, step: 2 }, 4) // => false` */
export const contains = (dimension: Dimension, value: number): boolean => {
  if (count(dimension) !== Number.POSITIVE_INFINITY) return nth(dimension, indexOf(dimension, value)) === value
  return dimension._tag !== "Choice" && value >= dimension.low && value <= dimension.high
}

/** What is wrong with a dimension: what it is, what is wanted, and what to try. */
export interface Fault {
  readonly got: string
  readonly wanted: string
  readonly hint: string
}

const fault = (got: string, wanted: string, hint: string): Fault => ({ got, wanted, hint })

/** The first fault of a dimension by itself. */
export const faultOf = (dimension: Dimension): Fault | undefined => {
  if (dimension._tag === "Choice")
    return Number.isSafeInteger(dimension.size) && dimension.size >= 1
      ? undefined
      : fault(`${dimension.size} alternatives`, "one or more alternatives", "list the values to try")
  const { _tag, high, log: isLog = false, low, step } = dimension
  const range = `${low} to ${high}`
  if (!Number.isFinite(low) || !Number.isFinite(high) || !Number.isFinite(high - low))
    return fault(range, "finite ends", "numbers with a finite difference")
  if (_tag === "Int" && !(Number.isSafeInteger(low) && Number.isSafeInteger(high)))
    return fault(range, "whole numbers as ends", `${Math.ceil(low)} to ${Math.floor(high)}, or a float`)
  if (low > high) return fault(range, "a low end that is not above the high end", `${high} to ${low}`)
  if (isLog && low <= 0)
    return fault(`log from ${low}`, "a low end above 0 for a logarithmic range", "a small number such as 1e-6")
  if (step === undefined) return undefined
  if (!(step > 0 && Number.isFinite(step)) || (_tag === "Int" && !Number.isSafeInteger(step)))
    return fault(`a step of ${step}`, _tag === "Int" ? "a whole step from 1" : "a step above 0", "1")
  if (isLog && !(_tag === "Int" && step === 1))
    return fault(`a step of ${step} and log`, "a step or a logarithmic range", "leave out one of them")
  if (count(dimension) < 2 && low !== high)
    return fault(`a step of ${step} from ${range}`, "a step within the range", `a step of at most ${high - low}`)
  return (high - low) / step > 2147483648
    ? fault(`a step of ${step} from ${range}`, "at most 2147483648 values", "a larger step, or none")
    : undefined
}
