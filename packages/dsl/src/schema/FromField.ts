/** Derives the schema of the options of a source or a column kind from core's entries. */
import { defaultOf, type Field, type Fields, isOptional, type Rule, scales, whites } from "@adjoint/core/data/Field"
import * as Schema from "effect/Schema"
import { type Codec, note } from "./Annotation.ts"
import * as F from "./Fields.ts"
import * as Synonyms from "./Synonyms.ts"
import * as Vocabulary from "./Vocabulary.ts"

type Kind = Field["kind"]

const inOrder = (what: string) =>
  F.rule(([low, high]: readonly [number, number]) =>
    low < high ? undefined : `expected the lower ${what} first, below the upper`,
  )

const range = Schema.Tuple([Schema.Finite, Schema.Finite]).check(inOrder("bound"))
const share = Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1 }))
const quantiles = Schema.Tuple([share, share]).check(inOrder("share"))
const extent = Schema.Int.check(Schema.isGreaterThan(0))

/** How quantities are scaled. */
export const scale = Schema.Union([
  Schema.Literals(scales),
  Schema.Struct({ minmax: F.described(range as unknown as Codec, "The range of the scaled training values: [low, high].") }),
]).annotate({
  expected: "standard, minmax, center or { minmax: [low, high] }",
  synonyms: Vocabulary.scale,
}) as unknown as Codec

/** One character, or one of these words. */
const character = (words: ReadonlyArray<string>): Codec => {
  const one = Schema.String.check(Schema.isPattern(/^[^"\r\n]$/u))
  return note(words.length === 0 ? one : Schema.Union([Schema.Literals(words), one]), {
    wanted: `one character${words.map((word) => `, or \`${word}\``).join("")}`,
  }) as unknown as Codec
}

/** How each kind of option is written in a file. */
const codecs: { readonly [K in Kind]: (field: Extract<Field, { readonly kind: K }>) => Codec } = {
  path: () => F.path,
  text: () => F.text,
  boolean: () => F.boolean,
  character: ({ words }) => character(words),
  choice: ({ of }) => F.choice(of),
  numberOr: ({ of }) => Schema.Union([Schema.Finite, Schema.Literals(of)]) as unknown as Codec,
  count: () => extent as unknown as Codec,
  nonNegative: () => F.number({ minimum: 0 }),
  share: () =>
    note(Schema.Union([F.number({ exclusiveMinimum: 0, maximum: 1 }), F.share]), {
      wanted: "a share such as 95%",
    }) as unknown as Codec,
  options: ({ fields, rule }) => options(fields, rule),
  names: () =>
    Schema.Array(F.text).check(
      Schema.isMinLength(2),
      F.rule((names: ReadonlyArray<string>) => (new Set(names).size === names.length ? undefined : "expected every name once")),
    ) as unknown as Codec,
  bounds: () =>
    Schema.Union([
      range,
      Schema.Struct({
        quantiles: F.described(quantiles as unknown as Codec, "The bounds as fractions of the training rows: [0.01, 0.99]."),
      }),
    ]) as unknown as Codec,
  scale: () => scale,
  size: () => Schema.Tuple([extent, extent]) as unknown as Codec,
  white: () =>
    Schema.Union([
      Schema.Literals(whites),
      Schema.Struct({
        max: F.described(F.number({ exclusiveMinimum: 0 }), "The value of white, by which all values are divided."),
      }),
    ]) as unknown as Codec,
}

/** A map of options. */
export const options = (all: Fields, rule?: Rule): Codec => {
  const map = Schema.Struct(fields(all, { defaults: false }))
  const ruled =
    rule === undefined
      ? map
      : map.check(
          F.rule((value: { readonly [name: string]: unknown }) => (rule.holds(value) ? undefined : `expected ${rule.wanted}`)),
        )
  return note(ruled, { synonyms: Synonyms.of(all) }) as unknown as Codec
}

const codecOf = <K extends Kind>(field: Extract<Field, { readonly kind: K }>): Codec => codecs[field.kind as K](field)

/** The documentation of an option, with its default. */
const documentation = (field: Field): string => {
  const value = defaultOf(field)
  return value === undefined ? field.doc : `${field.doc} Default: ${value}.`
}

/** The options by name. With `defaults`, omitted options are filled in; otherwise they stay absent, and their defaults are read where they are used. */
export const fields = (all: Fields, { defaults }: { readonly defaults: boolean }): { readonly [name: string]: Codec } =>
  Object.fromEntries(
    Object.entries(all).map(([name, field]): readonly [string, Codec] => {
      const codec = F.described(codecOf(field), documentation(field))
      if (!isOptional(field)) return [name, codec]
      const value = defaultOf(field)
      return [
        name,
        (value === undefined || !defaults ? Schema.optionalKey(codec) : F.withDefault(codec, () => value)) as unknown as Codec,
      ]
    }),
  )
