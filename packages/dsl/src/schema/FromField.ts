/** Derives the schema of the options of a source or a column kind from core's entries. */
import { defaultOf, type Field, type Fields, isOptional, type Rule, scales, whites } from "@adjoint/core/data/Field"
import * as Schema from "effect/Schema"
import { type Codec, note } from "./Annotation.ts"
import * as F from "./Fields.ts"
import * as Synonyms from "./Synonyms.ts"
import { tokens } from "./TokenKind.ts"
import * as Vocabulary from "./Vocabulary.ts"

type Kind = Field["kind"]

const inOrder = (what: string) =>
  F.rule(([low, high]: readonly [number, number]) =>
    low < high ? undefined : `expected the lower ${what} first, below the upper`,
  )

const range = Schema.Tuple([Schema.Finite, Schema.Finite]).check(inOrder("bound"))
const share = Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1 }))
const quantiles = Schema.Tuple([share, share]).check(inOrder("share"))
/** A bound of values. A share is no value: `1%` means a quantile, and as 0.01 it would clip almost every value. */
const bound = note(Schema.Finite, {
  mend: (value) =>
    typeof value === "string" && /^\d+(?:\.\d+)? ?%$/u.test(value)
      ? { help: "shares of the training rows are quantiles: `{ quantiles: [0.01, 0.99] }`" }
      : undefined,
})
const bounds = Schema.Tuple([bound, bound]).check(inOrder("bound"))
const extent = Schema.Int.check(Schema.isGreaterThan(0))

/** How quantities are scaled. */
export const scale = Schema.Union([
  Schema.Literals(scales),
  Schema.Struct({ minmax: F.described(range as unknown as Codec, "The range of the scaled training values: [low, high].") }),
]).annotate({
  expected: `${scales.join(", ")} or { minmax: [low, high] }`,
  synonyms: Vocabulary.scale,
  identifier: "Scale",
}) as unknown as Codec

/** What to do with blanks: one of these words, or a constant. */
const missing = (of: ReadonlyArray<string>, constant: "number" | "text" | undefined): Codec => {
  const words = F.choice(of)
  if (constant === undefined) return words
  const value = constant === "number" ? F.number() : F.text
  const whole = Schema.Struct({ constant: F.described(value as Codec, "What replaces a blank.") })
  const union = constant === "number" ? Schema.Union([Schema.Finite, words, whole]) : Schema.Union([words, whole])
  const names = of.map((word) => `\`${word}\``)
  const [last = "", ...others] = (
    constant === "number" ? ["a number", ...names] : [...names, "{ constant: a text }"]
  ).toReversed()
  return note(union, { wanted: `${others.toReversed().join(", ")} or ${last}` }) as unknown as Codec
}

const rising = F.rule((edges: ReadonlyArray<number>) =>
  edges.every((edge, i) => edge > (edges[i - 1] ?? Number.NEGATIVE_INFINITY)) ? undefined : "expected rising edges",
)

/** A number of intervals: two or more. */
const intervals = F.integer({ minimum: 2 })

/** Intervals, by their number or by their edges. */
const bins = note(
  Schema.Union([
    intervals,
    Schema.Array(Schema.Finite).check(Schema.isMinLength(1, { message: "expected one edge or more" }), rising),
    Schema.Struct({
      quantiles: F.described(intervals as Codec, "How many intervals, with as many training rows each."),
    }),
  ]),
  { wanted: "a number of bins, a list of rising edges or { quantiles: a number of bins }" },
) as unknown as Codec

/** One character, or one of these words. */
const character = (words: ReadonlyArray<string>): Codec => {
  const one = Schema.String.check(Schema.isPattern(/^[^"\r\n]$/u))
  return note(words.length === 0 ? one : Schema.Union([Schema.Literals(words), one]), {
    wanted: `one character${words.map((word) => `, or \`${word}\``).join("")}`,
  }) as unknown as Codec
}

const words = Schema.Array(Schema.Union([F.text, Schema.Finite]))

/** How each kind of option is written in a file. */
const codecs: { readonly [K in Kind]: (field: Extract<Field, { readonly kind: K }>) => Codec } = {
  path: () => F.path,
  folder: () => F.folder,
  text: () => F.text,
  boolean: () => F.boolean,
  character: ({ words }) => character(words),
  choice: ({ of }) => F.choice(of),
  missing: ({ constant, of }) => missing(of, constant),
  count: () => extent as unknown as Codec,
  nonNegative: () => F.number({ minimum: 0 }),
  share: () =>
    note(Schema.Union([F.number({ exclusiveMinimum: 0, maximum: 1 }), F.share]), {
      wanted: "a share such as 95%",
    }) as unknown as Codec,
  options: ({ fields, rule }) => options(fields, rule),
  choices: ({ of }) =>
    Schema.Array(F.choice(of)).check(
      Schema.isMinLength(1, { message: "expected one word or more" }),
      F.rule((words: ReadonlyArray<string>) => (new Set(words).size === words.length ? undefined : "expected every word once")),
    ) as unknown as Codec,
  amount: () =>
    note(Schema.Union([extent, F.share]), { wanted: "a number of rows, or a share of them such as 1%" }) as unknown as Codec,
  bins: () => bins,
  names: ({ least = 2 }) =>
    Schema.Array(F.text).check(
      Schema.isMinLength(least, { message: `expected ${least === 1 ? "one name" : "two names"} or more` }),
      F.rule((names: ReadonlyArray<string>) => (new Set(names).size === names.length ? undefined : "expected every name once")),
    ) as unknown as Codec,
  words: () =>
    note(Schema.Union([words, Schema.Record(Schema.String, words)]), {
      wanted: 'a list of words, or such lists by the names of columns, as in `{ Age: [-1], "*": [unknown] }`',
    }) as unknown as Codec,
  bounds: () =>
    Schema.Union([
      bounds,
      Schema.Struct({
        quantiles: F.described(quantiles as unknown as Codec, "The bounds as fractions of the training rows: [0.01, 0.99]."),
      }),
    ]) as unknown as Codec,
  scale: () => F.reference(scale),
  size: () => Schema.Tuple([extent, extent]) as unknown as Codec,
  white: () =>
    Schema.Union([
      Schema.Literals(whites),
      Schema.Struct({
        max: F.described(F.number({ exclusiveMinimum: 0 }), "The value of white, by which all values are divided."),
      }),
    ]) as unknown as Codec,
  tokens: () => tokens,
  length: () =>
    note(Schema.Union([F.integer({ minimum: 1, maximum: 2 ** 16 }), F.share]), {
      wanted: "a whole number from 1 to 65536, or the share of the training rows that fit, such as 95%",
    }) as unknown as Codec,
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
  return value === undefined ? field.doc : `${field.doc} Default: ${typeof value === "object" ? JSON.stringify(value) : value}.`
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
