/**
 * A search marker by itself: `{ $search: [8, 16], default: 8 }`, or a range, `{ $search: { log: [1e-4, 1e-1] }, default: 1e-3 }`.
 * This module reads the values to search and finds the default among them. The schema checks each value at the place of the marker.
 */
import * as Result from "effect/Result"
import { listed, suggest } from "../diagnostic/Suggest.ts"
import { got } from "../schema/Words.ts"
import { type Data, isRecord } from "../source/Data.ts"
import type { Path } from "../source/Path.ts"

/** The kinds of range. */
export const kinds = ["int", "float", "log"] as const

type Kind = (typeof kinds)[number]

/** Names of ranges in Optuna, Ray Tune, Keras Tuner and Weights & Biases. */
const synonyms = {
  int: ["randint", "integer", "int_uniform", "q_uniform", "quniform", "suggest_int"],
  float: ["uniform", "real", "double", "linear", "suggest_float", "suggest_uniform"],
  log: ["loguniform", "log_uniform", "log_uniform_values", "reverse_log", "suggest_loguniform", "log_float"],
}

/** Keys of the same libraries that have another form here. */
const elsewhere: { readonly [key: string]: string } = {
  values: "write the list itself: `$search: [8, 16]`",
  choice: "write the list itself: `$search: [8, 16]`",
  choices: "write the list itself: `$search: [8, 16]`",
  categorical: "write the list itself: `$search: [8, 16]`",
  grid_search: "write the list itself: `$search: [8, 16]`",
  value: "a value that is not searched is written without `$search`",
  min: "write both bounds: `float: [low, high]`, or `int` or `log`",
  max: "write both bounds: `float: [low, high]`, or `int` or `log`",
  low: "write both bounds: `float: [low, high]`, or `int` or `log`",
  high: "write both bounds: `float: [low, high]`, or `int` or `log`",
  min_value: "write both bounds: `float: [low, high]`, or `int` or `log`",
  max_value: "write both bounds: `float: [low, high]`, or `int` or `log`",
}

/** Numbers between two bounds, both included. */
export interface Range {
  readonly _tag: "Range"
  /** The word that was written, under which the bounds are. */
  readonly kind: Kind
  readonly low: number
  readonly high: number
  /** Whether the logarithm is searched evenly. */
  readonly log: boolean
  /** The distance of neighbouring values. */
  readonly step?: number
}

/** The values to search: a list, or a range. */
export type Values = { readonly _tag: "List"; readonly values: ReadonlyArray<Data> } | Range

/** A mistake in the values to search; `path` is its place under `$search`. */
export interface Fault {
  readonly message: string
  readonly help: string
  readonly path: Path
  readonly on?: "key"
  /** The name that replaces the key at the place. */
  readonly rename?: string
}

/** A list may hold at most this many values. */
export const maxValues = 100

const forms = "`$search: [a, b]`, `$search: { int: [1, 4] }`, `{ float: [0, 0.5] }` or `{ log: [1e-4, 1e-1] }`"

const fault = (message: string, path: Path = [], help = forms): Result.Result<never, Fault> =>
  Result.fail({ message, help, path })

const isKind = (name: string): name is Kind => (kinds as ReadonlyArray<string>).includes(name)

/** A marker as it is written. */
export interface Marker {
  readonly $search: Data
  readonly [key: string]: Data
}

/** Whether a node of a document is a search marker. */
export const isMarker = (node: Data): node is Marker => isRecord(node) && Object.hasOwn(node, "$search")

/** Whether two values are the same data. */
export const same = (a: Data, b: Data): boolean => {
  if (Object.is(a, b)) return true
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false
  const [left, right] = [Object.entries(a), Object.entries(b)]
  return (
    Array.isArray(a) === Array.isArray(b) &&
    left.length === right.length &&
    left.every(([key, value], i) => key === right[i]?.[0] && same(value as Data, (right[i]?.[1] ?? null) as Data))
  )
}

const listOf = (values: ReadonlyArray<Data>): Result.Result<Values, Fault> => {
  if (values.length === 0) return fault("expected one or more values to search, got an empty list")
  if (values.length > maxValues) return fault(`a list to search has at most ${maxValues} values, got ${values.length}`)
  const double = values.findIndex((value, i) => values.slice(0, i).some((earlier) => same(earlier, value)))
  return double < 0
    ? Result.succeed({ _tag: "List", values })
    : fault("this value is in the list twice", [double], "remove one of them: each value is tried with the same probability")
}

/** The kind of a range, or the mistake in the key that stands in its place. */
const kindOf = (keys: ReadonlyArray<string>): Result.Result<Kind, Fault> => {
  const found = keys.find((key) => key === "int" || key === "float") ?? keys.find(isKind)
  if (found !== undefined && isKind(found)) return Result.succeed(found)
  const [key = ""] = keys
  const other = Object.hasOwn(elsewhere, key) ? elsewhere[key] : undefined
  if (other !== undefined) return Result.fail({ message: `there is no range \`${key}\``, help: other, path: [key], on: "key" })
  const meant = suggest(key, kinds, synonyms)
  const message = `there is no range \`${key}\`: it can be ${listed(kinds)}`
  return meant === undefined
    ? fault(message, [key])
    : Result.fail({ message, help: `did you mean \`${meant}\`?`, path: [key], on: "key", rename: meant })
}

const bound = (kind: Kind, isLog: boolean, value: Data | undefined, i: number): Result.Result<number, Fault> => {
  if (typeof value !== "number" || !Number.isFinite(value))
    return fault(`expected a finite number as a bound, got ${got(value)}`, [kind, i], "write a number")
  if (kind === "int" && !Number.isSafeInteger(value))
    return fault(`expected a whole number as a bound, got ${got(value)}`, [kind, i], "write whole numbers, or `float`")
  if (isLog && value <= 0)
    return fault(`a logarithmic range has bounds above 0, got ${got(value)}`, [kind, i], "start above 0, or write `float`")
  return Result.succeed(value)
}

/** Rounding of decimal steps, as a share of a step. */
const tolerance = 1e-9

/** Whether a number of steps is whole, but for the rounding of decimals. */
const isWhole = (steps: number): boolean => Math.abs(steps - Math.round(steps)) <= tolerance * Math.max(1, steps)

/** The mistake of a step, if any. */
const stepFault = (step: Data, { high, kind, log, low }: Range): Omit<Fault, "path"> | undefined => {
  if (typeof step !== "number" || !Number.isFinite(step) || step <= 0)
    return { message: `expected a step above 0, got ${got(step)}`, help: "`{ float: [0, 0.5], step: 0.1 }`" }
  if (kind === "int" && !Number.isSafeInteger(step))
    return { message: `expected a whole step between whole numbers, got ${got(step)}`, help: "write a whole step, or `float`" }
  if (log)
    return {
      message: "a range has a step or a logarithmic scale, not both",
      help: "remove `step`, or list the values: `$search: [1e-4, 1e-3, 1e-2]`",
    }
  if (step > high - low)
    return { message: `a step of ${step} is larger than the range from ${low} to ${high}`, help: `write at most ${high - low}` }
  const steps = (high - low) / step
  if (steps > 2 ** 31)
    return { message: `a step of ${step} makes too many values from ${low} to ${high}`, help: "write a larger step, or none" }
  if (isWhole(steps)) return undefined
  const last = Number((low + Math.floor(steps) * step).toPrecision(15))
  return {
    message: `steps of ${step} from ${low} end at ${last}, not at ${high}`,
    help: `write ${last} as the highest value, or a step that divides the range`,
  }
}

const rangeOf = (space: { readonly [key: string]: Data }): Result.Result<Values, Fault> =>
  Result.gen(function* () {
    const kind = yield* kindOf(Object.keys(space))
    const { [kind]: bounds = null, log: isLog = false, step, ...rest } = kind === "log" ? { ...space, log: true } : space
    const written = kind === "log" ? (space.log ?? null) : bounds
    const [extra] = Object.keys(rest)
    if (extra !== undefined)
      return yield* Result.fail<Fault>({
        message: isKind(extra) ? `a range is ${listed([kind, extra])}, not both` : `unknown key \`${extra}\` in a range`,
        help: "a range has its bounds, and optionally `step`; `int` and `float` may have `log: true`",
        path: [extra],
        on: "key",
      })
    if (typeof isLog !== "boolean") {
      const help = `write \`log: true\` beside \`${kind}\`, or \`log: [low, high]\` alone`
      return yield* Array.isArray(isLog)
        ? fault(`a range is ${listed([kind, "log"])}, not both`, ["log"], help)
        : fault(`expected true or false, got ${got(isLog)}`, ["log"], help)
    }
    if (!Array.isArray(written) || written.length !== 2)
      return yield* fault(`expected the lowest and the highest value, got ${got(written)}`, [kind], `\`${kind}: [low, high]\``)
    const both: ReadonlyArray<Data> = written
    const low = yield* bound(kind, isLog, both[0], 0)
    const high = yield* bound(kind, isLog, both[1], 1)
    if (low >= high)
      return yield* fault(`the lowest value comes first, got [${low}, ${high}]`, [kind], `\`${kind}: [low, high]\``)
    const range: Range = { _tag: "Range", kind, low, high, log: isLog }
    if (step === undefined) return range
    const wrong = stepFault(step, range)
    if (wrong !== undefined) return yield* Result.fail<Fault>({ ...wrong, path: ["step"] })
    return typeof step === "number" ? { ...range, step } : range
  })

/** The values of `$search`. Fails with their first mistake. */
export const valuesOf = (space: Data): Result.Result<Values, Fault> => {
  if (Array.isArray(space)) return listOf(space)
  if (!isRecord(space) || Object.keys(space).length === 0)
    return fault(`expected a list of values or a range to search, got ${got(space)}`)
  return rangeOf(space)
}

/** A value of a range that is written nowhere: between the bounds, one that is not a whole number where the range has such. */
const between = ({ high, kind, log, low, step }: Range): number => {
  if (step !== undefined) return Number((low + Math.floor((high - low) / step / 2) * step).toPrecision(15))
  const value = log ? Math.exp(Math.log(low) + Math.log(high / low) * 0.382) : low + (high - low) * 0.382
  return kind === "int" ? Math.round(value) : value
}

/** Values that stand for all of them: each of a list as its index, or the bounds of a range and a number between them. */
export const tried = (values: Values): ReadonlyArray<number> =>
  values._tag === "List" ? values.values.map((_, i) => i) : [values.low, values.high, between(values)]

/** The place of a chosen value under the marker. */
export const placeOf = (values: Values, chosen: number): Path => {
  if (values._tag === "List") return ["$search", chosen]
  const end = [values.low, values.high].indexOf(chosen)
  return end < 0 ? ["$search", values.kind] : ["$search", values.kind, end]
}

/** Keys beside the name of a layer. */
const beside = new Set(["name", "from"])

/**
 * The name of a branch: its key, beside which a layer may have a name, or the type of a column.
 *
 * `branchName({ adam: { lr: 0.01 } }) // => "adam"`
 * `branchName({ type: "number", missing: "mean" }) // => "number"`
 */
export const branchName = (value: Data): string | undefined => {
  if (!isRecord(value)) return undefined
  const [key, second] = Object.keys(value).filter((each) => !beside.has(each))
  if (second === undefined) return key
  return typeof value.type === "string" ? value.type : undefined
}

/** The alternatives that a default names by what is written: the same value, or else the branches of that name. */
export const named = (values: ReadonlyArray<Data>, standard: Data): ReadonlyArray<number> => {
  const equal = values.findIndex((value) => same(value, standard))
  if (equal >= 0) return [equal]
  if (typeof standard !== "string") return []
  return values.flatMap((value, i) => (branchName(value) === standard ? [i] : []))
}

/** The mistake of a default that is none of the values of a list. */
export const notListed = (values: ReadonlyArray<Data>, standard: Data): Pick<Fault, "message" | "help"> => ({
  message: `the default must be one of the values to search, not ${got(standard)}`,
  help: values.some((value) => isRecord(value))
    ? "name a branch by its key, as in `default: adam`"
    : "add it to the list, or choose one of the list",
})

/** The mistake of a default that is not a value of a range, if any. */
export const outside = ({ high, kind, low, step }: Range, standard: Data): Pick<Fault, "message" | "help"> | undefined => {
  const isBetween = typeof standard === "number" && standard >= low && standard <= high
  if (!isBetween || (kind === "int" && !Number.isInteger(standard)))
    return {
      message: `the default must be ${kind === "int" ? "a whole number" : "a number"} from ${low} to ${high}, not ${got(standard)}`,
      help: "widen the range, or choose a default inside it",
    }
  if (step === undefined || isWhole((standard - low) / step)) return undefined
  const near = Number((low + Math.round((standard - low) / step) * step).toPrecision(15))
  return {
    message: `the default must be a number of steps of ${step} from ${low}, not ${got(standard)}`,
    help: `the nearest is ${near}`,
  }
}
