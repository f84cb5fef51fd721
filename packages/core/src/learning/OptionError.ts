/**
 * The error for an option outside its bounds: a learning rate below 0, a dropout of 2. The bounds are defined once, in the
 * options of a catalogue entry. The entry and its constructor both check them here.
 */
import { TaggedError } from "effect/Data"

/** The bounds of one option, independent of other options. The options of an entry are such bounds. */
export interface Bounds {
  readonly kind: string
  readonly minimum?: number
  readonly maximum?: number
  readonly exclusiveMinimum?: number
  readonly exclusiveMaximum?: number
  readonly of?: ReadonlyArray<string>
}

/** Thrown by a constructor when it is called: `operation` got `got` for `option`, and wants `wanted`. */
export class OptionError extends TaggedError("OptionError")<{
  readonly operation: string
  readonly option: string
  readonly got: unknown
  readonly wanted: string
}> {
  override get message(): string {
    return `${this.operation} got ${print(this.got)} for ${this.option}; it wants ${this.wanted}`
  }
}

const print = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(print).join(", ")}]`
  return typeof value === "string" ? JSON.stringify(value) : String(value)
}

/** The minimum. Sizes are at least 1 unless their bounds say otherwise. */
const lowest = ({ kind, minimum }: Bounds): number | undefined => minimum ?? (kind === "sizes" ? 1 : undefined)

const nouns: { readonly [kind: string]: string } = {
  number: "a number",
  integer: "a whole number",
  sizes: "whole numbers",
  duration: "a number of epochs or a share of the run such as 5%,",
}

/** A description of the bounds. `wantedOf({ kind: "number", minimum: 0, exclusiveMaximum: 1 }) // => "a number of at least 0 and below 1"` */
export const wantedOf = (bounds: Bounds): string => {
  if (bounds.of !== undefined) return `one of ${bounds.of.join(", ")}`
  const minimum = lowest(bounds)
  const parts = [
    minimum === undefined ? [] : [`of at least ${minimum}`],
    bounds.exclusiveMinimum === undefined ? [] : [`above ${bounds.exclusiveMinimum}`],
    bounds.maximum === undefined ? [] : [`at most ${bounds.maximum}`],
    bounds.exclusiveMaximum === undefined ? [] : [`below ${bounds.exclusiveMaximum}`],
  ].flat()
  const noun = nouns[bounds.kind] ?? bounds.kind
  return parts.length === 0 ? `${noun} that is finite` : `${noun} ${parts.join(" and ")}`
}

const isInteger = ({ kind }: Bounds): boolean => kind !== "number" && kind !== "duration"

const isDoubleWithin = (x: number, bounds: Bounds): boolean =>
  Number.isFinite(x) &&
  (!isInteger(bounds) || Number.isInteger(x)) &&
  x >= (lowest(bounds) ?? Number.NEGATIVE_INFINITY) &&
  x <= (bounds.maximum ?? Number.POSITIVE_INFINITY) &&
  (bounds.exclusiveMinimum === undefined || x > bounds.exclusiveMinimum) &&
  (bounds.exclusiveMaximum === undefined || x < bounds.exclusiveMaximum)

/** Whether a number stays within its bounds as a 32-bit float, which tensors hold: it is finite there, and not an excluded bound. */
const isFloatWithin = (x: number, { exclusiveMaximum, exclusiveMinimum }: Bounds): boolean => {
  const float = Math.fround(x)
  return (
    Number.isFinite(float) &&
    (exclusiveMinimum === undefined || float > Math.fround(exclusiveMinimum)) &&
    (exclusiveMaximum === undefined || float < Math.fround(exclusiveMaximum))
  )
}

const isNumberWithin = (x: unknown, bounds: Bounds): boolean =>
  typeof x === "number" && isDoubleWithin(x, bounds) && (isInteger(bounds) || isFloatWithin(x, bounds))

/** Why a number is refused that is within its bounds: its value as a 32-bit float. `roundingOf(1e39, { kind: "number" }) // => "as a 32-bit float it is Infinity"` */
export const roundingOf = (got: unknown, bounds: Bounds): string | undefined =>
  typeof got === "number" && isDoubleWithin(got, bounds) && !isNumberWithin(got, bounds)
    ? `as a 32-bit float it is ${Math.fround(got)}`
    : undefined

/** What is wanted instead of a refused value, with the reason where its bounds do not show it. */
export const refusalOf = (got: unknown, bounds: Bounds): string => {
  const rounding = roundingOf(got, bounds)
  return rounding === undefined ? wantedOf(bounds) : `${wantedOf(bounds)}: ${rounding}`
}

const checks: { readonly [kind: string]: (value: unknown, bounds: Bounds) => boolean } = {
  number: isNumberWithin,
  integer: isNumberWithin,
  sizes: (value, bounds) => (Array.isArray(value) ? value : [value]).every((x) => isNumberWithin(x, bounds)),
  duration: (value, bounds) =>
    isNumberWithin(typeof value === "string" && /^[^%]+%$/u.test(value) ? Number(value.slice(0, -1)) : value, bounds),
  choice: (value, { of = [] }) => typeof value === "string" && of.includes(value),
}

/** Whether a value is within its bounds. Always true for kinds without bounds, such as an activation. */
export const isWithin = (value: unknown, bounds: Bounds): boolean => checks[bounds.kind]?.(value, bounds) ?? true

/** A name as constructors have it: `weightDecay` for `weight_decay`. */
const camelCased = (name: string): string => name.replaceAll(/_(.)/gu, (_, letter: string) => letter.toUpperCase())

/**
 * Checks the given options against the bounds of the same names. Omitted options pass, and so do those of a kind without bounds and
 * `others`, the names of options that have none. Throws `OptionError`, also for a name that is none of them: types do not see it
 * in JavaScript.
 *
 * ```ts
 * checkOptions("dropout", { rate: { kind: "number", minimum: 0, exclusiveMaximum: 1 } }, { rate: 2 })
 * // => throws dropout got 2 for rate; it wants a number of at least 0 and below 1
 * ```
 */
export const checkOptions = (
  operation: string,
  bounds: { readonly [option: string]: Bounds },
  given: object,
  others: ReadonlyArray<string> = [],
): void => {
  for (const [option, got] of Object.entries(given)) {
    if (got === undefined) continue
    const own = Object.hasOwn(bounds, option) ? bounds[option] : undefined
    if (own === undefined) checkName(operation, [...Object.keys(bounds), ...others], option, got)
    else if (!isWithin(got, own)) throw new OptionError({ operation, option, got, wanted: refusalOf(got, own) })
  }
}

/** An option must be one of these names, in the spelling of constructors or of the catalogue. */
const checkName = (operation: string, names: ReadonlyArray<string>, option: string, got: unknown): void => {
  const known = names.map(camelCased)
  if (known.includes(camelCased(option))) return
  throw new OptionError({ operation, option, got, wanted: `one of its options: ${[...new Set(known)].join(", ")}` })
}

/** Checks a rule that relates several options. Throws `OptionError`. */
export const checkRule = <V extends object>(
  operation: string,
  rule: { readonly wanted: string; readonly holds: (options: V) => boolean } | undefined,
  given: V,
): void => {
  if (rule === undefined || rule.holds(given)) return
  throw new OptionError({
    operation,
    option: Object.keys(given).join(" and "),
    got: Object.values(given),
    wanted: rule.wanted,
  })
}
