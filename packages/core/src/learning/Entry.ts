/**
 * An entry of the catalogue: everything Adjoint knows about one named thing (an activation, an initializer, a layer, a
 * loss, an optimizer …) as plain data, with the function that makes it. The model file's schema, the reference pages and the
 * law tests are derived from these entries, so a new name is one new row.
 */
import type { Pad } from "../tensor/images.ts"
import { checkOptions, checkRule } from "./OptionError.ts"

/** The fields that every option may have. */
interface Named {
  /** May be omitted, and has no default. */
  readonly optional?: true
  /** Other names that people use for it, such as those of Keras and PyTorch. Messages propose the name of this option instead. */
  readonly synonyms?: ReadonlyArray<string>
}

/** An option of an entry, as plain data. An option with a `default` may be omitted. */
export type Option = Named & Kind

/** The bounds of a number. */
interface Bounded {
  readonly doc: string
  readonly default?: number
  readonly minimum?: number
  readonly maximum?: number
  /** The bounds themselves are excluded. */
  readonly exclusiveMinimum?: number
  readonly exclusiveMaximum?: number
  /** The usual range. Numbers outside it are valid, but rarely intended, and get advice. */
  readonly usual?: readonly [least: number, largest: number]
  /** What 0 does, where 0 is allowed but rarely intended: the end of a sentence that starts with the option. */
  readonly zero?: string
  /** A number for examples, where the default is not a useful one. */
  readonly example?: number
}

/** A reference to an entry of another table, by name alone or with options: `relu`, `{ leaky_relu: { alpha: 0.1 } }`. */
interface Referring<Table extends string> {
  readonly kind: Table
  readonly doc: string
  readonly default?: string
}

type Kind =
  | (Bounded & { readonly kind: "number" })
  | (Bounded & { readonly kind: "integer" })
  | { readonly kind: "text"; readonly doc: string; readonly default?: string }
  /** A whole number of epochs, written `5` or `5 epochs`. */
  | { readonly kind: "epochs"; readonly doc: string; readonly default?: number }
  /** A duration: a number of epochs, or a percentage of the run such as `5%`. */
  | {
      readonly kind: "duration"
      readonly doc: string
      readonly default?: number
      readonly minimum?: number
      readonly exclusiveMinimum?: number
    }
  | { readonly kind: "boolean"; readonly doc: string; readonly default?: boolean }
  | { readonly kind: "choice"; readonly doc: string; readonly of: ReadonlyArray<string>; readonly default?: string }
  /** A list of one or more of the given words. */
  | {
      readonly kind: "choices"
      readonly doc: string
      readonly of: ReadonlyArray<string>
      readonly default?: ReadonlyArray<string>
    }
  /** The name of a layer above, or of an input, that is read beside the layer's own input. */
  | { readonly kind: "layer"; readonly doc: string; readonly default?: undefined }
  /** A list of layer names. */
  | { readonly kind: "layers"; readonly doc: string; readonly default?: ReadonlyArray<string> }
  /** A number >= 0 for each of some layers, by name. */
  | { readonly kind: "factors"; readonly doc: string; readonly default?: { readonly [layer: string]: number } }
  /** The weight of a sample by its class: `balanced`, or a number >= 0 for each class, in their order. */
  | { readonly kind: "class_weights"; readonly doc: string; readonly default?: "balanced" }
  /** One number for all axes, or a list with a number for each. */
  | {
      readonly kind: "sizes"
      readonly doc: string
      readonly default?: number | ReadonlyArray<number>
      /** The minimum of each number: 1 unless given. */
      readonly minimum?: number
    }
  /** Padding of images: `valid`, `same`, a number for both ends of every axis, or a number or [before, after] for each axis. */
  | { readonly kind: "padding"; readonly doc: string; readonly default?: Pad }
  /** Options of their own: `rewind: { factor: 0.5, times: 3 }`. All of them have defaults. */
  | { readonly kind: "group"; readonly doc: string; readonly options: Options; readonly default?: undefined }
  | Referring<"activation">
  | Referring<"initializer">
  | Referring<"schedule">

/** The options of an entry, by name. */
export type Options = { readonly [name: string]: Option }

/** A use of an entry of another table, with a value for every option. */
export interface Use {
  readonly name: string
  readonly options: { readonly [option: string]: unknown }
}

/** A number of epochs, or a percentage of the run. */
export type Duration = number | `${number}%`

/** The value of each kind of option, except references to other entries. */
export interface Plain<O extends Option> {
  readonly number: number
  readonly integer: number
  readonly duration: Duration
  readonly boolean: boolean
  readonly text: string
  readonly epochs: number
  readonly choice: O extends { readonly of: ReadonlyArray<infer C> } ? C : never
  readonly choices: ReadonlyArray<O extends { readonly of: ReadonlyArray<infer C> } ? C : never>
  readonly layer: string
  readonly layers: ReadonlyArray<string>
  readonly factors: { readonly [layer: string]: number }
  readonly class_weights: "balanced" | ReadonlyArray<number>
  readonly sizes: number | ReadonlyArray<number>
  readonly padding: Pad
  readonly group: O extends { readonly options: infer G extends Options } ? Partial<Values<G>> : never
}

/** The value of each kind of option, with defaults for omitted ones. */
interface Filled<O extends Option> extends Plain<O> {
  readonly group: O extends { readonly options: infer G extends Options } ? Values<G> : never
  readonly activation: Use
  readonly initializer: Use
  readonly schedule: Use
}

type Value<O extends Option> = Filled<O>[O["kind"]] | (O extends { readonly optional: true } ? undefined : never)

/** The values of an entry's options, with defaults for omitted ones. */
export type Values<O extends Options> = { readonly [K in keyof O]: Value<O[K]> }

/** The same without references to other entries: the values that are known before anything is made. */
export type PlainValues<O extends Options> = {
  readonly [K in keyof O as O[K]["kind"] extends "activation" | "initializer" | "schedule" ? never : K]: Value<O[K]>
}

/** The name of one of an entry's options. */
export type OptionName<O extends Options> = NoInfer<keyof O & string>

type IsUnion<T, Whole = T> = T extends Whole ? ([Whole] extends [T] ? false : true) : never

/** Whether an entry has exactly one option. */
export type IsSingle<O extends Options> = IsUnion<keyof O> extends true ? false : true

/** The names of the entries with a single option that has a default. */
export type Defaulted<T extends Table<unknown>> = {
  readonly [N in keyof T]: IsSingle<T[N]["options"]> extends true
    ? T[N]["options"][keyof T[N]["options"]] extends { readonly default: unknown }
      ? N
      : never
    : never
}[keyof T]

/** The value under an entry's name: that of its single option, or a record of all its options. */
export type Setting<O extends Options> = IsSingle<O> extends true ? Value<O[keyof O]> : Values<O>

/**
 * The entries of a table as the keys of a map, each with its setting: `{ l2: 1e-4, clip_norm: 1 }`. An omitted entry has no
 * effect, unless its single option has a default.
 */
export type Settings<T extends Table<unknown>> = { readonly [N in Defaulted<T>]: Setting<T[N]["options"]> } & {
  readonly [N in Exclude<keyof T, Defaulted<T>>]?: Setting<T[N]["options"]>
}

/** The options of an entry, from its setting. */
export const settled = ({ options }: AnyEntry<unknown>, setting: unknown): { readonly [option: string]: unknown } => {
  const [only, ...others] = Object.keys(options)
  return only !== undefined && others.length === 0 ? { [only]: setting } : (setting as { readonly [option: string]: unknown })
}

/** A rule that relates several options. */
export interface Rule<V> {
  /** A description that follows "options with": `min` below `max`. */
  readonly wanted: string
  readonly holds: (options: V) => boolean
}

/**
 * The part of an entry that makes the thing. A program that refers to an entry by name needs only this part, so entries that
 * programs refer to have their facts in a second literal, which a bundler drops from a page (`documented`).
 */
export interface Maker<O extends Options, A, Main extends keyof O & string = keyof O & string> {
  readonly options: O
  /** The option that a bare value sets: `dropout: 0.5` is `dropout: { rate: 0.5 }`. */
  readonly main?: Main
  readonly rule?: Rule<Values<O>>
  readonly make: (options: Values<O>) => A
}

/** The documentation of an entry. */
export interface Facts {
  /** One sentence: what it is. */
  readonly doc: string
  /** The formula as textbooks write it. */
  readonly formula: string
  /** Its derivative, where it is worth documenting. */
  readonly derivative?: string
  /** Paper and year. */
  readonly source: string
  /** When to use it, and its pitfalls. */
  readonly advice: string
  /** The main name of the entry, if this is an alias. */
  readonly alias?: string
  /** Other names that people use for it, such as those of Keras and PyTorch. Messages propose the name of this entry instead. */
  readonly synonyms?: ReadonlyArray<string>
}

/** One named thing with its options, documentation and constructor. `Main` is the name of its main option. */
export interface Entry<O extends Options, A, Main extends keyof O & string = keyof O & string> extends Facts, Maker<O, A, Main> {}

/** Infers an entry's options from its literal. */
/* @__NO_SIDE_EFFECTS__ */ export const entry = <const O extends Options, A, const Main extends keyof O & string = never>(
  definition: Entry<O, A, Main>,
): Entry<O, A, Main> => definition

/** An alias of an entry. */
/* @__NO_SIDE_EFFECTS__ */ export const alias = <E extends { readonly doc: string }>(
  of: string,
  definition: E,
): E & { readonly alias: string } => ({
  ...definition,
  doc: `${of} under another name.`,
  alias: of,
})

/** A maker with any options. */
export interface AnyMaker<out A> {
  readonly options: Options
  readonly main?: string
  readonly rule?: Rule<never>
  readonly make: (options: never) => A
}

/** An entry with any options. */
export interface AnyEntry<out A> extends Facts, AnyMaker<A> {}

/** The entries of makers, from the facts of each. */
/* @__NO_SIDE_EFFECTS__ */ export const documented = <M extends Makers<unknown>, F extends { readonly [N in keyof M]: Facts }>(
  makers: M,
  facts: F,
): { readonly [N in keyof M]: M[N] & F[N] } =>
  Object.fromEntries(Object.entries(makers).map(([name, maker]) => [name, { ...maker, ...facts[name] }])) as never

/** Additional facts of an entry, which checks and suggestions read. */
export interface Traits<T> {
  readonly traits: T
}

/** Makers by name. */
export type Makers<A> = { readonly [name: string]: AnyMaker<A> }

/** Entries by name. `More` is the type of additional fields, such as traits. */
export type Table<A, More = unknown> = { readonly [name: string]: AnyEntry<A> & More }

/** The main name of an entry: the one that the name is an alias of, or the name itself. */
export const canonical = (table: Table<unknown>, name: string): string =>
  (Object.hasOwn(table, name) ? table[name]?.alias : undefined) ?? name

/** Whether an option may be omitted. */
export const isOptional = (option: Option): boolean => option.default !== undefined || option.optional === true

const referring: ReadonlySet<Option["kind"]> = new Set(["activation", "initializer", "schedule"])

/** The value of an omitted option. A reference to an entry gets that entry's defaults. */
const defaultOf = (name: string, option: Option): unknown => {
  if (!isOptional(option)) throw new TypeError(`the option ${JSON.stringify(name)} has no default and was omitted`)
  return referring.has(option.kind) ? { name: option.default, options: {} } : option.default
}

/** The options of an entry, with defaults for omitted ones. Throws `TypeError` for an omitted option without a default. */
export const fill = (options: Options, given: { readonly [option: string]: unknown }): { readonly [option: string]: unknown } =>
  Object.fromEntries(
    Object.entries(options).map(([name, option]) => {
      const own = Object.hasOwn(given, name) ? given[name] : undefined
      if (own === undefined) return [name, defaultOf(name, option)]
      return [name, option.kind === "group" ? fill(option.options, own as { readonly [option: string]: unknown }) : own]
    }),
  )

/**
 * The options of an entry with defaults for omitted ones. Throws `OptionError` for one outside its bounds.
 *
 * `filled("blur", { size: { kind: "integer", doc: "How wide.", default: 3, minimum: 1 } }, {}) // => { size: 3 }`
 */
export const filled = <const O extends Options>(
  operation: string,
  options: O,
  given: { readonly [K in keyof O]?: unknown },
): Values<O> => {
  const all = fill(options, given)
  checkOptions(operation, options, { ...given, ...all })
  for (const [name, option] of Object.entries<Option>(options))
    if (option.kind === "group" && all[name] !== undefined)
      checkOptions(`${operation}.${name}`, option.options, all[name] as object)
  return all as Values<O>
}

/**
 * Makes the thing that a use of a table's entry describes, with defaults for omitted options. Throws `OptionError` for an
 * option outside its bounds, and `TypeError` for a name that is not in the table: schemas are derived from the table, so this
 * is a mistake of the caller.
 */
export const make = <A>(makers: Makers<A>, { name, options }: Use): A => {
  const found = Object.hasOwn(makers, name) ? makers[name] : undefined
  if (found === undefined) throw new TypeError(`${JSON.stringify(name)} is not one of ${Object.keys(makers).join(", ")}`)
  const all = filled(name, found.options, options)
  checkRule(name, found.rule as Rule<object> | undefined, all)
  const build = found.make as (options: object) => A
  return build(all)
}
