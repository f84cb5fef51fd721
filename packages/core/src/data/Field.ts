/**
 * An option of a source or of a column kind, as plain data: the single source of its schema in model files, its TypeScript
 * type, its documentation and its default.
 */
import type { Folder } from "./Folder.ts"
import type { Tokens } from "./Tokenizer.ts"

/** The fields of every option: its documentation, whether it may be left out without a default, and its other names. */
interface Base {
  readonly doc: string
  readonly optional?: true
  /** Other names that people type for it, such as those of Keras and pandas; messages propose this one in their place. */
  readonly synonyms?: ReadonlyArray<string>
}

/** One option. `default` is the value of an option that is left out. */
export type Field = Base &
  (
    | { readonly kind: "path" }
    /** The path of a folder of files. */
    | { readonly kind: "folder" }
    | { readonly kind: "text"; readonly default?: string }
    | { readonly kind: "boolean"; readonly default?: boolean }
    /** One character, or one of these words. */
    | { readonly kind: "character"; readonly words: ReadonlyArray<string>; readonly default?: string }
    | { readonly kind: "choice"; readonly of: ReadonlyArray<string>; readonly default?: string }
    /** What to do with blanks: one of these words, or a constant that replaces them: a number, or a text. */
    | {
        readonly kind: "missing"
        readonly of: ReadonlyArray<MissingWord>
        readonly constant?: "number" | "text"
        readonly default?: MissingWord
      }
    /** A whole number above 0. */
    | { readonly kind: "count"; readonly default?: number }
    /** A number from 0. */
    | { readonly kind: "nonNegative"; readonly default?: number }
    /** A share above 0, at most 1: a fraction, or a percentage as text. */
    | { readonly kind: "share" }
    /** A map of options. */
    | { readonly kind: "options"; readonly fields: Fields; readonly rule?: Rule }
    /** Texts, each of them once: two or more unless `least` is 1. */
    | { readonly kind: "names"; readonly least?: 1 }
    /** Texts or numbers, or such a list for each of some columns (`"*"` for the others). */
    | { readonly kind: "words" }
    /** Some of these words, each of them once. */
    | { readonly kind: "choices"; readonly of: ReadonlyArray<string> }
    /** A number of rows, or a share of them such as 1%. */
    | { readonly kind: "amount" }
    | { readonly kind: "bins" }
    | { readonly kind: "bounds" }
    | { readonly kind: "scale"; readonly default?: Scale }
    | { readonly kind: "size" }
    | { readonly kind: "white"; readonly default?: White }
    | { readonly kind: "tokens"; readonly default?: Tokens }
    | { readonly kind: "length"; readonly default?: Length }
  )

/** A constraint between options. */
export interface Rule {
  /** Follows the word "wanted" in a message. */
  readonly wanted: string
  readonly holds: (options: { readonly [name: string]: unknown }) => boolean
}

/** The options of a source or column kind, by name. */
export type Fields = { readonly [name: string]: Field }

/** A lower and an upper number. */
export type Range = readonly [low: number, high: number]

/** Bounds that values are clipped to: numbers, or quantiles of the training rows. */
export type Bounds = Range | { readonly quantiles: Range }

/**
 * How quantities are scaled: to mean 0 and standard deviation 1, to 0…1 or a range, to mean 0, to a largest magnitude of 1, to
 * median 0 and interquartile range 1, or not at all.
 */
export type Scale = "standard" | "minmax" | "center" | "maxabs" | "robust" | "none" | { readonly minmax: Range }

/** The scales that are a single word. */
export const scales = ["standard", "minmax", "center", "maxabs", "robust", "none"] as const satisfies ReadonlyArray<Scale>

/** What the words of `missing` do with a blank. */
export const missingWords = {
  error: "reports an error",
  drop: "drops its row",
  mean: "replaces it by the mean of the training rows",
  median: "replaces it by their median",
  most_common: "replaces it by the most common value of the training rows",
  indicator: "replaces it by a usual value and adds a number that is 1 for blanks",
  category: "counts it as a name of its own",
  empty: "reads it as nothing: the empty set, or a text without tokens",
} as const

/** A word of `missing`. */
export type MissingWord = keyof typeof missingWords

/** Functions of a quantity. `power` is that of Yeo and Johnson; the quantile transforms make it uniform or normal. */
export const transforms = ["log", "log1p", "sqrt", "power", "quantile", "quantile_normal"] as const

/** How intervals become numbers: a 1 at their place, or their place. */
export const encodings = ["one_hot", "ordinal"] as const

/** The parts of a date or time. */
export const dateParts = [
  "year",
  "quarter",
  "month",
  "week",
  "day",
  "weekday",
  "day_of_year",
  "hour",
  "minute",
  "second",
  "elapsed",
] as const

/** A part of a date or time. */
export type DatePart = (typeof dateParts)[number]

/** A number of rows, or a share of them such as "1%". */
export type Amount = number | `${number}%`

/** Intervals: a number of equal width, their inner edges, or a number of them with as many training rows each. */
export type Bins = number | ReadonlyArray<number> | { readonly quantiles: number }

/** The names of `scale` in other libraries. */
export const scaleSynonyms = ["scaler", "scaling", "normalize", "normalization", "standardize"] as const

/** The number that an image has for white: `unit` is 255, `none` leaves numbers as they are. */
export type White = "unit" | "none" | { readonly max: number }

/** A length: a number above 0, or the share of the training rows that fit, such as `95%`. */
export type Length = number | `${number}%`

/** The values of `White` that are a single word. */
export const whites = ["unit", "none"] as const satisfies ReadonlyArray<White>

/** Texts, in which a number stands for itself as text; for all columns, or by the name of a column. */
export type Words = ReadonlyArray<string | number> | { readonly [column: string]: ReadonlyArray<string | number> }
/** The constants that may replace blanks. */
type Constant<F extends Field> = F extends { readonly constant: "number" }
  ? number | { readonly constant: number }
  : F extends { readonly constant: "text" }
    ? { readonly constant: string }
    : never

interface Values<F extends Field> {
  readonly path: string
  readonly folder: string
  readonly text: string
  readonly boolean: boolean
  readonly character: string
  readonly choice: F extends { readonly of: ReadonlyArray<infer C> } ? C : never
  readonly missing: (F extends { readonly of: ReadonlyArray<infer C> } ? C : never) | Constant<F>
  readonly count: number
  readonly nonNegative: number
  readonly share: number | `${number}%`
  readonly options: F extends { readonly fields: infer G extends Fields } ? Written<G> : never
  readonly names: ReadonlyArray<string>
  readonly words: Words
  readonly choices: ReadonlyArray<F extends { readonly of: ReadonlyArray<infer C> } ? C : never>
  readonly amount: Amount
  readonly bins: Bins
  readonly bounds: Bounds
  readonly scale: Scale
  readonly size: readonly [height: number, width: number]
  readonly white: White
  readonly tokens: Tokens
  readonly length: Length
}

/** The value of one option. */
export type Value<F extends Field> = Values<F>[F["kind"]]

/** The names of options that may be left out. */
type Optional<F extends Fields> = {
  readonly [K in keyof F]: F[K] extends { readonly default: unknown } | { readonly optional: true } ? K : never
}[keyof F]

/** The names of options of a kind. */
type OfKind<F extends Fields, N extends Field["kind"]> = {
  readonly [K in keyof F]: F[K] extends { readonly kind: N } ? K : never
}[keyof F]

type Simplify<T> = { readonly [K in keyof T]: T[K] }

/** The options as a model file gives them: those with a default may be left out. */
export type Written<F extends Fields> = Simplify<
  { readonly [K in Exclude<keyof F, Optional<F>>]: Value<F[K]> } & { readonly [K in Optional<F>]?: Value<F[K]> }
>

/** The options with their defaults; one without a value and without a default is `undefined`. */
export type Filled<F extends Fields> = {
  readonly [K in keyof F]: Value<F[K]> | (F[K] extends { readonly optional: true } ? undefined : never)
}

/** The bytes of the files that options name, and the folders that they name. */
export type Files<F extends Fields> = { readonly [K in OfKind<F, "path">]: Uint8Array } & {
  readonly [K in OfKind<F, "folder">]: Folder
}

/** The default of an option, `undefined` where it has none. */
export const defaultOf = (field: Field): unknown => ("default" in field ? field.default : undefined)

/** Whether an option may be left out. */
export const isOptional = (field: Field): boolean => field.optional === true || defaultOf(field) !== undefined

/** The options with defaults for those that are left out. */
export const fill = <F extends Fields>(fields: F, written: object): Filled<F> =>
  Object.fromEntries(
    Object.entries(fields).map(([name, field]) => [
      name,
      Object.hasOwn(written, name) ? (written as { readonly [name: string]: unknown })[name] : defaultOf(field),
    ]),
  ) as Filled<F>
