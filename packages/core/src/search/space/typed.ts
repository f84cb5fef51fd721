/** Spaces with types: parts that know the dimensions they add and the value of a point. */
import type { Dimension } from "./Dimension.ts"
import { type Condition, type Named, numberOf, type Point, type Space } from "./Flat.ts"

/** A part of a space: its dimensions under a name, and its value in a point. */
export interface Part<out A> {
  readonly dimensionsAt: (name: string, when?: Condition) => Space
  readonly valueAt: (point: Point, name: string) => A
}

/** A whole space with types. */
export interface Struct<out A> extends Part<A> {
  /** The space as plain data, which `Search.run` takes. */
  readonly dimensions: Space
  /** The value of a point. */
  readonly decode: (point: Point) => A
}

/** The value of a part: `Space.Value<typeof space>`. */
export type Value<P> = P extends Part<infer A> ? A : never

/** Parts by name. */
export type Fields = { readonly [name: string]: Part<unknown> }

/** The values of parts by name. */
export type Values<F extends Fields> = { readonly [K in keyof F]: Value<F[K]> }

const named = (dimension: Dimension, name: string, when: Condition | undefined): Named => ({
  name,
  ...dimension,
  ...(when === undefined ? {} : { when }),
})

/** The number of a dimension. A point of another space has none. */
const numberAt = (point: Point, name: string): number => {
  const value = numberOf(point, name)
  if (value === undefined) throw new TypeError(`the point has no ${JSON.stringify(name)}: it is of another space`)
  return value
}

const leaf = <A>(dimension: Dimension, valueOfNumber: (x: number) => A): Part<A> => ({
  dimensionsAt: (name, when) => [named(dimension, name, when)],
  valueAt: (point, name) => valueOfNumber(numberAt(point, name)),
})

const asItIs = (x: number): number => x

/** Options of a range. */
export interface RangeOptions {
  readonly step?: number
}

/** Numbers from `low` to `high`. */
export const float = (low: number, high: number, options: RangeOptions = {}): Part<number> =>
  leaf({ _tag: "Float", low, high, ...options }, asItIs)

/** Numbers from `low` to `high` whose logarithms are searched evenly: learning rates, penalties. */
export const log = (low: number, high: number): Part<number> => leaf({ _tag: "Float", low, high, log: true }, asItIs)

/** Whole numbers from `low` to `high`. */
export const int = (low: number, high: number, options: RangeOptions & { readonly log?: boolean } = {}): Part<number> =>
  leaf({ _tag: "Int", low, high, ...options }, asItIs)

/** One of some values, without an order. */
export const choice = <const A>(values: ReadonlyArray<A>): Part<A> =>
  leaf({ _tag: "Choice", size: values.length }, (index) => values[index] as A)

/** One of some values in their order: neighbours are alike, as those of `[16, 32, 64]` are. */
export const ordered = <const A>(values: ReadonlyArray<A>): Part<A> =>
  leaf({ _tag: "Choice", size: values.length, ordered: true }, (index) => values[index] as A)

/** A value that is not searched. */
export const constant = <const A>(value: A): Part<A> => ({ dimensionsAt: () => [], valueAt: () => value })

const join = (name: string, field: string): string => (name === "" ? field : `${name}.${field}`)

const fieldsAt = (fields: Fields, name: string, when?: Condition): Space =>
  Object.entries(fields).flatMap(([field, part]) => part.dimensionsAt(join(name, field), when))

const valuesAt = <F extends Fields>(fields: F, point: Point, name: string): Values<F> =>
  Object.fromEntries(
    Object.entries(fields).map(([field, part]) => [field, part.valueAt(point, join(name, field))]),
  ) as unknown as Values<F>

/** The value of a branch: its name as `_tag`, with the values of its fields. */
export type Branch<B extends { readonly [name: string]: Fields }> = {
  readonly [N in keyof B & string]: { readonly _tag: N } & Values<B[N]>
}[keyof B & string]

/** One of some branches. The fields of a branch exist only with it. */
export const branch = <const B extends { readonly [name: string]: Fields }>(branches: B): Part<Branch<B>> => {
  const all = Object.entries<Fields>(branches)
  return {
    dimensionsAt: (name, when) => [
      named({ _tag: "Choice", size: all.length }, name, when),
      ...all.flatMap(([own, fields], index) => fieldsAt(fields, join(name, own), { dimension: name, choice: index })),
    ],
    valueAt: (point, name) => {
      const [own = "", fields = {}] = all[numberAt(point, name)] ?? []
      return { _tag: own, ...valuesAt(fields, point, join(name, own)) } as unknown as Branch<B>
    },
  }
}

/** Parts by name, side by side. A struct may be a part of another. */
export const struct = <const F extends Fields>(fields: F): Struct<Values<F>> => ({
  dimensionsAt: (name, when) => fieldsAt(fields, name, when),
  valueAt: (point, name) => valuesAt(fields, point, name),
  dimensions: fieldsAt(fields, ""),
  decode: (point) => valuesAt(fields, point, ""),
})
