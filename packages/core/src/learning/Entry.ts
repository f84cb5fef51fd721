/**
 * An entry of the catalogue: everything Adjoint knows of one named thing (an activation, an initializer, a layer, a
 * loss, an optimizer …) as plain data beside the function that makes it. The model file's schema, the reference pages
 * and the law tests are all read off these entries, so a new name is one new row.
 */
import type { Pad } from "../tensor/linear.ts"
import { wantOptions, wantRule } from "./OptionError.ts"

/** What every option has. */
interface Named {
  /** Other names that people type for it, such as those of Keras and PyTorch; messages propose this one in their place. */
  readonly synonyms?: ReadonlyArray<string>
}

/** What an option of an entry may be, in plain data. A `default` makes the option one that may be left out. */
export type Option = Named & Kind

type Kind =
  | {
      readonly kind: "number" | "integer"
      readonly doc: string
      readonly default?: number
      readonly minimum?: number
      readonly maximum?: number
      /** The bounds themselves are left out. */
      readonly exclusiveMinimum?: number
      readonly exclusiveMaximum?: number
    }
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
  /** A number for every axis alike, or a list of them. */
  | {
      readonly kind: "sizes"
      readonly doc: string
      readonly default?: number | ReadonlyArray<number>
      /** The least each may be: 1 unless given. */
      readonly minimum?: number
      /** May be left out without a number standing for it. */
      readonly optional?: true
    }
  /** What is laid around images: `valid`, `same`, a number for both ends of every axis, or a number or [before, after] for each. */
  | { readonly kind: "padding"; readonly doc: string; readonly default?: Pad }
  /** The name of an entry of another table, alone or with its options: `relu`, `{ leaky_relu: { alpha: 0.1 } }`. */
  | { readonly kind: "activation" | "initializer" | "schedule"; readonly doc: string; readonly default?: string }

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
  readonly choice: O extends { readonly of: ReadonlyArray<infer C> } ? C : never
  readonly sizes: number | ReadonlyArray<number>
  readonly padding: Pad
}

/** What each kind of option comes to when all is filled in. */
interface Filled<O extends Option> extends Omit<Plain<O>, "sizes"> {
  readonly sizes: Plain<O>["sizes"] | (O extends { readonly optional: true } ? undefined : never)
  readonly activation: Use
  readonly initializer: Use
  readonly schedule: Use
}

type Value<O extends Option> = Filled<O>[O["kind"]]

/** The values of an entry's options, every one filled in that can be. */
export type Values<O extends Options> = { readonly [K in keyof O]: Value<O[K]> }

/** What options must be to each other, where each alone may be right. */
export interface Rule<V> {
  /** In words, after "options with": `min` below `max`. */
  readonly wanted: string
  readonly holds: (options: V) => boolean
}

/** One named thing with its options, its documentation and the function that makes it. */
export interface Entry<O extends Options, A> {
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
  readonly main?: keyof O & string
  readonly rule?: Rule<Values<O>>
  readonly make: (options: Values<O>) => A
}

/** Infers an entry's options from its literal. */
export const entry = <const O extends Options, A>(definition: Entry<O, A>): Entry<O, A> => definition

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

/** Entries by name. */
export type Table<A> = { readonly [name: string]: AnyEntry<A> }

/** The name a table's entry goes by: that of which the name is an alias, or the name itself. */
export const canonical = (table: Table<unknown>, name: string): string =>
  (Object.hasOwn(table, name) ? table[name]?.alias : undefined) ?? name

/** Whether an option may be left out. */
export const mayLack = (option: Option): boolean =>
  option.default !== undefined || (option.kind === "sizes" && option.optional === true)

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
