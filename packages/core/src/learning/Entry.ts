/**
 * An entry of the catalogue: everything Adjoint knows of one named thing (an activation, an initializer, a layer, a
 * loss, an optimizer …) as plain data beside the function that makes it. The model file's schema, the reference pages
 * and the law tests are all read off these entries, so a new name is one new row.
 */

/** What an option of an entry may be, in plain data. A `default` makes the option one that may be left out. */
export type Option =
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
  | { readonly kind: "boolean"; readonly doc: string; readonly default?: boolean }
  | { readonly kind: "choice"; readonly doc: string; readonly of: ReadonlyArray<string>; readonly default?: string }
  /** A number for every axis alike, or a list of them. */
  | { readonly kind: "sizes"; readonly doc: string; readonly default?: number | ReadonlyArray<number> }
  /** The name of an entry of another table, alone or with its options: `relu`, `{ leaky_relu: { alpha: 0.1 } }`. */
  | { readonly kind: "activation" | "initializer" | "schedule"; readonly doc: string; readonly default?: string }

/** The options of an entry, by name. */
export type Options = { readonly [name: string]: Option }

/** A use of an entry of another table, every option filled in. */
export interface Use {
  readonly name: string
  readonly options: { readonly [option: string]: unknown }
}

type Value<O extends Option> = O extends { readonly kind: "number" | "integer" }
  ? number
  : O extends { readonly kind: "boolean" }
    ? boolean
    : O extends { readonly kind: "choice"; readonly of: ReadonlyArray<infer C> }
      ? C
      : O extends { readonly kind: "sizes" }
        ? number | ReadonlyArray<number>
        : Use

/** The values of an entry's options, every one filled in. */
export type Values<O extends Options> = { readonly [K in keyof O]: Value<O[K]> }

/** One named thing with its options, its documentation and the function that makes it. */
export interface Entry<O extends Options, A> {
  /** One sentence: what it is. */
  readonly doc: string
  /** The formula as textbooks write it. */
  readonly formula: string
  /** Paper and year. */
  readonly source: string
  /** When to use it and what to beware of. */
  readonly advice: string
  readonly options: O
  /** The option that a bare value sets: `dropout: 0.5` is `dropout: { rate: 0.5 }`. */
  readonly main?: keyof O & string
  readonly make: (options: Values<O>) => A
}

/** Infers an entry's options from its literal. */
export const entry = <const O extends Options, A>(definition: Entry<O, A>): Entry<O, A> => definition

/** An entry whatever its options are. */
export interface AnyEntry<out A> {
  readonly doc: string
  readonly formula: string
  readonly source: string
  readonly advice: string
  readonly options: Options
  readonly main?: string
  readonly make: (options: never) => A
}

/** Entries by name. */
export type Table<A> = { readonly [name: string]: AnyEntry<A> }

const referring: ReadonlySet<Option["kind"]> = new Set(["activation", "initializer", "schedule"])

/** What stands for an option that was left out; a name stands for its entry with its own defaults. */
const defaultOf = (name: string, option: Option): unknown => {
  if (option.default === undefined) throw new TypeError(`the option ${JSON.stringify(name)} has no default and was left out`)
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
 * What a use of a table's entry makes, with defaults for the options it leaves out. The names are those of a schema that
 * was read off the table, so a name that is not in it is a mistake of the caller: `TypeError`.
 */
export const make = <A>(table: Table<A>, { name, options }: Use): A => {
  const found = Object.hasOwn(table, name) ? table[name] : undefined
  if (found === undefined) throw new TypeError(`${JSON.stringify(name)} is not one of ${Object.keys(table).join(", ")}`)
  const build = found.make as (options: object) => A
  return build(fill(found.options, options))
}
