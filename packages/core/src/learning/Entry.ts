/**
 * An entry of the catalogue: everything Adjoint knows of one named thing (an activation, an initializer, a layer, a
 * loss, an optimizer …) as plain data beside the function that makes it. The model file's schema, the reference pages
 * and the law tests are all read off these entries, so a new name is one new row.
 */
import type { Pad } from "../tensor/linear.ts"
import { wantOptions, wantRule } from "./OptionError.ts"

/** What every option may have. */
interface Named {
  /** May be left out, and no default stands for it then. */
  readonly optional?: true
  /** Other names that people type for it, such as those of Keras and PyTorch; messages propose this one in their place. */
  readonly synonyms?: ReadonlyArray<string>
}

/** What an option of an entry may be, in plain data. A `default` makes the option one that may be left out. */
export type Option = Named & Kind

/** The bounds of a number. */
interface Bounded {
  readonly doc: string
  readonly default?: number
  readonly minimum?: number
  readonly maximum?: number
  /** The bounds themselves are left out. */
  readonly exclusiveMinimum?: number
  readonly exclusiveMaximum?: number
  /** Between which numbers it mostly is: others are right, but seldom meant. */
  readonly usual?: readonly [least: number, largest: number]
  /** A number for examples, where the default shows nothing. */
  readonly example?: number
}

/** The name of an entry of another table, alone or with its options: `relu`, `{ leaky_relu: { alpha: 0.1 } }`. */
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
  /** How long something takes: a number of epochs, or a share of the run such as `5%`. */
  | {
      readonly kind: "duration"
      readonly doc: string
      readonly default?: number
      readonly minimum?: number
      readonly exclusiveMinimum?: number
    }
  | { readonly kind: "boolean"; readonly doc: string; readonly default?: boolean }
  | { readonly kind: "choice"; readonly doc: string; readonly of: ReadonlyArray<string>; readonly default?: string }
  /** A list of one or more of a few words. */
  | {
      readonly kind: "choices"
      readonly doc: string
      readonly of: ReadonlyArray<string>
      readonly default?: ReadonlyArray<string>
    }
  /** A list of layers by their names. */
  | { readonly kind: "layers"; readonly doc: string; readonly default?: ReadonlyArray<string> }
  /** A number >= 0 for each of some layers, by their names. */
  | { readonly kind: "factors"; readonly doc: string; readonly default?: { readonly [layer: string]: number } }
  /** How often a sample counts by its class: `balanced`, or a number >= 0 for each class in their order. */
  | { readonly kind: "class_weights"; readonly doc: string; readonly default?: "balanced" }
  /** A number for every axis alike, or a list of them. */
  | {
      readonly kind: "sizes"
      readonly doc: string
      readonly default?: number | ReadonlyArray<number>
      /** The least each may be: 1 unless given. */
      readonly minimum?: number
    }
  /** What is laid around images: `valid`, `same`, a number for both ends of every axis, or a number or [before, after] for each. */
  | { readonly kind: "padding"; readonly doc: string; readonly default?: Pad }
  | Referring<"activation">
  | Referring<"initializer">
  | Referring<"schedule">

/** The options of an entry, by name. */
export type Options = { readonly [name: string]: Option }

/** A use of an entry of another table, every option filled in. */
export interface Use {
  readonly name: string
  readonly options: { readonly [option: string]: unknown }
}

/** Epochs, or a share of the run. */
export type Duration = number | `${number}%`

/** What each kind of option comes to, but for names of other entries. */
export interface Plain<O extends Option> {
  readonly number: number
  readonly integer: number
  readonly duration: Duration
  readonly boolean: boolean
  readonly text: string
  readonly epochs: number
  readonly choice: O extends { readonly of: ReadonlyArray<infer C> } ? C : never
  readonly choices: ReadonlyArray<O extends { readonly of: ReadonlyArray<infer C> } ? C : never>
  readonly layers: ReadonlyArray<string>
  readonly factors: { readonly [layer: string]: number }
  readonly class_weights: "balanced" | ReadonlyArray<number>
  readonly sizes: number | ReadonlyArray<number>
  readonly padding: Pad
}

/** What each kind of option comes to when all is filled in. */
interface Filled<O extends Option> extends Plain<O> {
  readonly activation: Use
  readonly initializer: Use
  readonly schedule: Use
}

type Value<O extends Option> = Filled<O>[O["kind"]] | (O extends { readonly optional: true } ? undefined : never)

/** The values of an entry's options, every one filled in that can be. */
export type Values<O extends Options> = { readonly [K in keyof O]: Value<O[K]> }

/** The same without names of other entries: what can be computed with before anything is made. */
export type PlainValues<O extends Options> = {
  readonly [K in keyof O as O[K]["kind"] extends "activation" | "initializer" | "schedule" ? never : K]: Value<O[K]>
}

/** The name of one of an entry's options. */
export type OptionName<O extends Options> = NoInfer<keyof O & string>

type IsUnion<T, Whole = T> = T extends Whole ? ([Whole] extends [T] ? false : true) : never

/** Whether entries have one option alone. */
export type IsSingle<O extends Options> = IsUnion<keyof O> extends true ? false : true

/** The names of entries whose one option has a default. */
export type Standing<T extends Table<unknown>> = {
  readonly [N in keyof T]: IsSingle<T[N]["options"]> extends true
    ? T[N]["options"][keyof T[N]["options"]] extends { readonly default: unknown }
      ? N
      : never
    : never
}[keyof T]

/** What stands under an entry's name: the value of its one option, or all of its options. */
export type Setting<O extends Options> = IsSingle<O> extends true ? Value<O[keyof O]> : Values<O>

/**
 * The entries of a table as the keys of a map, each with its setting: `{ l2: 1e-4, clip_norm: 1 }`. A name that is left out
 * is left undone, unless its one option has a default.
 */
export type Settings<T extends Table<unknown>> = { readonly [N in Standing<T>]: Setting<T[N]["options"]> } & {
  readonly [N in Exclude<keyof T, Standing<T>>]?: Setting<T[N]["options"]>
}

/** The options of an entry by its setting. */
export const settled = ({ options }: AnyEntry<unknown>, setting: unknown): { readonly [option: string]: unknown } => {
  const [only, ...others] = Object.keys(options)
  return only !== undefined && others.length === 0 ? { [only]: setting } : (setting as { readonly [option: string]: unknown })
}

/** What options must be to each other, where each alone may be right. */
export interface Rule<V> {
  /** In words, after "options with": `min` below `max`. */
  readonly wanted: string
  readonly holds: (options: V) => boolean
}

/** One named thing with its options, its documentation and the function that makes it. `Main` is the name of its main option. */
export interface Entry<O extends Options, A, Main extends keyof O & string = keyof O & string> {
  /** One sentence: what it is. */
  readonly doc: string
  /** The formula as textbooks write it. */
  readonly formula: string
  /** Its derivative, of what has one worth writing down. */
  readonly derivative?: string
  /** Paper and year. */
  readonly source: string
  /** When to use it and what to beware of. */
  readonly advice: string
  /** The name it goes by, where this is another name of it. */
  readonly alias?: string
  /** Other names that people type for it, such as those of Keras and PyTorch; messages propose this one in their place. */
  readonly synonyms?: ReadonlyArray<string>
  readonly options: O
  /** The option that a bare value sets: `dropout: 0.5` is `dropout: { rate: 0.5 }`. */
  readonly main?: Main
  readonly rule?: Rule<Values<O>>
  readonly make: (options: Values<O>) => A
}

/** Infers an entry's options from its literal. */
export const entry = <const O extends Options, A, const Main extends keyof O & string = never>(
  definition: Entry<O, A, Main>,
): Entry<O, A, Main> => definition

/** An entry under another name of it. */
export const alias = <E extends { readonly doc: string }>(of: string, definition: E): E & { readonly alias: string } => ({
  ...definition,
  doc: `${of} under another name.`,
  alias: of,
})

/** An entry whatever its options are. */
export interface AnyEntry<out A> {
  readonly doc: string
  readonly formula: string
  readonly derivative?: string
  readonly source: string
  readonly advice: string
  readonly alias?: string
  readonly synonyms?: ReadonlyArray<string>
  readonly options: Options
  readonly main?: string
  readonly rule?: Rule<never>
  readonly make: (options: never) => A
}

/** What the entries of a table say besides: facts that checks and suggestions read. */
export interface Traits<T> {
  readonly traits: T
}

/** Entries by name; `More` is what each says besides, such as its traits. */
export type Table<A, More = unknown> = { readonly [name: string]: AnyEntry<A> & More }

/** The name a table's entry goes by: that of which the name is an alias, or the name itself. */
export const canonical = (table: Table<unknown>, name: string): string =>
  (Object.hasOwn(table, name) ? table[name]?.alias : undefined) ?? name

/** Whether an option may be left out. */
export const mayLack = (option: Option): boolean => option.default !== undefined || option.optional === true

const referring: ReadonlySet<Option["kind"]> = new Set(["activation", "initializer", "schedule"])

/** What stands for an option that was left out; a name stands for its entry with its own defaults. */
const defaultOf = (name: string, option: Option): unknown => {
  if (!mayLack(option)) throw new TypeError(`the option ${JSON.stringify(name)} has no default and was left out`)
  return referring.has(option.kind) ? { name: option.default, options: {} } : option.default
}

/** An entry's options with the defaults of those that were left out. Throws `TypeError` for one that has none. */
export const fill = (options: Options, given: { readonly [option: string]: unknown }): { readonly [option: string]: unknown } =>
  Object.fromEntries(
    Object.entries(options).map(([name, option]) => [
      name,
      Object.hasOwn(given, name) && given[name] !== undefined ? given[name] : defaultOf(name, option),
    ]),
  )

/**
 * What a use of a table's entry makes, with defaults for the options it leaves out. Throws `OptionError` for one that is out
 * of its bounds. The names are those of a schema that was read off the table, so a name that is not in it is a mistake of
 * the caller: `TypeError`.
 */
export const make = <A>(table: Table<A>, { name, options }: Use): A => {
  const found = Object.hasOwn(table, name) ? table[name] : undefined
  if (found === undefined) throw new TypeError(`${JSON.stringify(name)} is not one of ${Object.keys(table).join(", ")}`)
  const filled = fill(found.options, options)
  wantOptions(name, found.options, filled)
  wantRule(name, found.rule as Rule<object> | undefined, filled)
  const build = found.make as (options: object) => A
  return build(filled)
}
