/**
 * Search markers: `{ $search: [8, 16], default: 8 }` or a range, `{ int: [1, 4] }`, `{ float: [0, 0.5] }`, `{ log: [1e-4, 1e-1] }`.
 * This module reads the search space and checks its default. The schema checks each value at the place of the marker.
 */
import * as Result from "effect/Result"
import { listed } from "../diagnostic/Suggest.ts"
import { got } from "../schema/Words.ts"
import { type Data, isRecord } from "../source/Data.ts"
import type { Path } from "../source/Path.ts"

/** The kinds of range. */
const kinds = ["int", "float", "log"] as const

type Kind = (typeof kinds)[number]

/** A search space: a list of values, or the numbers between two bounds, both included. */
export type Space =
  | { readonly _tag: "List"; readonly values: ReadonlyArray<Data> }
  | { readonly _tag: "Range"; readonly kind: Kind; readonly low: number; readonly high: number }

/** A value that a search may try, with its place under `$search`. */
export interface Tried {
  readonly path: Path
  readonly value: Data
}

/** A marker in the document: its path, and the values that may be tried. */
export interface Marker {
  readonly path: Path
  readonly tried: ReadonlyArray<Tried>
}

/** A mistake in a search space; `path` is its place under `$search`. */
interface Fault {
  readonly message: string
  readonly help: string
  readonly path: Path
}

/** A list may hold at most this many values. */
export const maxValues = 100

const forms = "`$search: [a, b]`, `$search: { int: [1, 4] }`, `{ float: [0, 0.5] }` or `{ log: [1e-4, 1e-1] }`"

const fault = (message: string, path: Path = [], help = forms): Result.Result<never, Fault> =>
  Result.fail({ message, help, path })

const isKind = (name: string): name is Kind => (kinds as ReadonlyArray<string>).includes(name)

/** The search space of `$search`. Fails with its first mistake. */
export const spaceOf = (space: Data): Result.Result<Space, Fault> => {
  if (Array.isArray(space)) {
    const values: ReadonlyArray<Data> = space
    if (values.length === 0) return fault("expected one or more values to search, got an empty list")
    if (values.length > maxValues) return fault(`a list to search has at most ${maxValues} values, got ${values.length}`)
    return Result.succeed({ _tag: "List", values })
  }
  const entries = isRecord(space) ? Object.entries(space) : []
  const [entry] = entries
  if (entry === undefined || entries.length !== 1)
    return fault(`expected a list of values or a range to search, got ${got(space)}`)
  const [kind, bounds] = entry
  if (!isKind(kind)) return fault(`there is no range \`${kind}\`: it can be ${listed(kinds)}`, [kind])
  if (!Array.isArray(bounds) || bounds.length !== 2)
    return fault(`expected the lowest and the highest value, got ${got(bounds)}`, [kind], `\`${kind}: [low, high]\``)
  const [low, high]: ReadonlyArray<Data> = bounds
  for (const [i, bound] of [low, high].entries()) {
    if (typeof bound !== "number" || !Number.isFinite(bound))
      return fault(`expected a finite number as a bound, got ${got(bound)}`, [kind, i], "write a number")
    if (kind === "int" && !Number.isInteger(bound))
      return fault(`expected a whole number as a bound, got ${got(bound)}`, [kind, i], "write whole numbers, or `float`")
    if (kind === "log" && bound <= 0)
      return fault(`a logarithmic range has bounds above 0, got ${got(bound)}`, [kind, i], "start above 0, or write `float`")
  }
  if (typeof low !== "number" || typeof high !== "number" || low >= high)
    return fault(`the lowest value comes first, got [${String(low)}, ${String(high)}]`, [kind], `\`${kind}: [low, high]\``)
  return Result.succeed({ _tag: "Range", kind, low, high })
}

/** A number between the bounds, as a search would try it: whole for `int`, hardly so for the others. */
const between = ({ high, kind, low }: Extract<Space, { readonly _tag: "Range" }>): number => {
  if (kind === "int") return low + Math.floor((high - low) / 2)
  return kind === "log" ? Math.exp(Math.log(low) + Math.log(high / low) * 0.382) : low + (high - low) * 0.382
}

/** The values of a list, or the bounds of a range and a number between them. */
export const tried = (space: Space): ReadonlyArray<Tried> =>
  space._tag === "List"
    ? space.values.map((value, i) => ({ path: [i], value }))
    : [
        { path: [space.kind, 0], value: space.low },
        { path: [space.kind, 1], value: space.high },
        { path: [space.kind], value: between(space) },
      ]

/** The mistake of a default that the search would never try, if any. */
export const misfit = (space: Space, standard: Data): Pick<Fault, "message" | "help"> | undefined => {
  if (space._tag === "List") {
    const written = JSON.stringify(standard)
    if (space.values.some((value) => JSON.stringify(value) === written || holdsVariable(value))) return undefined
    return {
      message: `the default must be one of the values to search, not ${got(standard)}`,
      help: "add it to the list, or choose one of the list",
    }
  }
  const { high, kind, low } = space
  const fits =
    typeof standard === "number" && standard >= low && standard <= high && (kind !== "int" || Number.isInteger(standard))
  return fits
    ? undefined
    : {
        message: `the default must be ${kind === "int" ? "a whole number" : "a number"} from ${low} to ${high}, not ${got(standard)}`,
        help: "widen the range, or choose a default inside it",
      }
}

/** Whether a value is known only when its variables or markers are. */
const holdsVariable = (value: Data): boolean => /"\$|\$[A-Za-z_]/.test(JSON.stringify(value))
