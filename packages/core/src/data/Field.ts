/**
 * An option of a source or of a column kind, as plain data: the single source of its schema in model files, its TypeScript
 * type, its documentation and its default.
 */

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
    | { readonly kind: "text"; readonly default?: string }
    | { readonly kind: "boolean"; readonly default?: boolean }
    /** One character, or one of these words. */
    | { readonly kind: "character"; readonly words: ReadonlyArray<string>; readonly default?: string }
    | { readonly kind: "choice"; readonly of: ReadonlyArray<string>; readonly default?: string }
    /** A number, or one of these words. */
    | { readonly kind: "numberOr"; readonly of: ReadonlyArray<string>; readonly default?: number | string }
    /** A whole number above 0. */
    | { readonly kind: "count"; readonly default?: number }
    /** A number from 0. */
    | { readonly kind: "nonNegative"; readonly default?: number }
    /** A share above 0, at most 1: a fraction, or a percentage as text. */
    | { readonly kind: "share" }
    /** A map of options. */
    | { readonly kind: "options"; readonly fields: Fields; readonly rule?: Rule }
    /** Texts, each of them once. */
    | { readonly kind: "names" }
    | { readonly kind: "bounds" }
    | { readonly kind: "scale" }
    | { readonly kind: "size" }
    | { readonly kind: "white"; readonly default?: White }
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

/** How quantities are scaled: to mean 0 and standard deviation 1, to 0…1 or a range, or to mean 0. */
export type Scale = "standard" | "minmax" | "center" | { readonly minmax: Range }

/** The scales that are a single word. */
export const scales = ["standard", "minmax", "center"] as const satisfies ReadonlyArray<Scale>

/** The names of `scale` in other libraries. */
export const scaleSynonyms = ["scaler", "scaling", "normalize", "normalization", "standardize"] as const

/** The number that an image has for white: `unit` is 255, `none` leaves numbers as they are. */
export type White = "unit" | "none" | { readonly max: number }

/** The values of `White` that are a single word. */
export const whites = ["unit", "none"] as const satisfies ReadonlyArray<White>

interface Values<F extends Field> {
  readonly path: string
  readonly text: string
  readonly boolean: boolean
  readonly character: string
  readonly choice: F extends { readonly of: ReadonlyArray<infer C> } ? C : never
  readonly numberOr: number | (F extends { readonly of: ReadonlyArray<infer C> } ? C : never)
  readonly count: number
  readonly nonNegative: number
  readonly share: number | `${number}%`
  readonly options: F extends { readonly fields: infer G extends Fields } ? Written<G> : never
  readonly names: ReadonlyArray<string>
  readonly bounds: Bounds
  readonly scale: Scale
  readonly size: readonly [height: number, width: number]
  readonly white: White
}

/** The value of one option. */
export type Value<F extends Field> = Values<F>[F["kind"]]

/** The names of options that may be left out. */
type Optional<F extends Fields> = {
  readonly [K in keyof F]: F[K] extends { readonly default: unknown } | { readonly optional: true } ? K : never
}[keyof F]

/** The names of options that are files. */
type Paths<F extends Fields> = { readonly [K in keyof F]: F[K] extends { readonly kind: "path" } ? K : never }[keyof F]

type Simplify<T> = { readonly [K in keyof T]: T[K] }

/** The options as a model file gives them: those with a default may be left out. */
export type Written<F extends Fields> = Simplify<
  { readonly [K in Exclude<keyof F, Optional<F>>]: Value<F[K]> } & { readonly [K in Optional<F>]?: Value<F[K]> }
>

/** The options with their defaults; one without a value and without a default is `undefined`. */
export type Filled<F extends Fields> = {
  readonly [K in keyof F]: Value<F[K]> | (F[K] extends { readonly optional: true } ? undefined : never)
}

/** The bytes of the files that options name. */
export type Files<F extends Fields> = { readonly [K in Paths<F>]: Uint8Array }

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
