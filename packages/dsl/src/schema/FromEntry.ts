/** Derives the schema of options from a catalogue entry. */
import {
  type AnyEntry,
  type Defaulted,
  isOptional,
  type Option,
  type Rule,
  type Setting,
  type Table,
} from "@adjoint/core/learning/Entry"
import * as Schema from "effect/Schema"
import { type Codec, type ElsewhereTable, note } from "./Annotation.ts"
import type { Catalogue } from "./Catalogue.ts"
import * as Fields from "./Fields.ts"
import { type Member, oneOf, options } from "./OneOf.ts"
import * as Synonyms from "./Synonyms.ts"
import * as Vocabulary from "./Vocabulary.ts"

/** The choices by name that options may refer to. */
export interface Choices {
  readonly activation: Codec
  readonly initializer: Codec
  readonly schedule: Codec
}

type Kind = Option["kind"]

/** How each kind of option is written in a file. */
const codecs: { readonly [K in Kind]: (option: Extract<Option, { readonly kind: K }>, choices: Choices) => Codec } = {
  number: (option) => Fields.float(option),
  integer: (option) => Fields.integer(option),
  duration: (option) =>
    note(Schema.Union([Fields.float(option), Fields.epochs(Fields.float(option)), Fields.share]), {
      wanted: `a number of epochs${Fields.range(option)} such as 3 or 3 epochs, or a share of the run such as 5%`,
      mend: Vocabulary.duration,
    }),
  boolean: () => Fields.boolean,
  text: () => Fields.text,
  epochs: () =>
    note(Schema.Union([Fields.count, Fields.epochs(Fields.count)]), {
      wanted: "a whole number of epochs > 0, such as 5 or 5 epochs",
    }),
  choice: (option) => Fields.choice(option.of),
  choices: ({ of }) =>
    note(Schema.Array(Fields.choice(of)).check(Schema.isMinLength(1)), {
      wanted: `a list of ${of.map((word) => `\`${word}\``).join(" and ")}`,
    }),
  layer: () => note(Fields.name, { wanted: "the name of a layer above, or of an input" }),
  layers: () => note(Schema.Array(Fields.text).check(Schema.isMinLength(1)), { wanted: "a list of one layer or more" }),
  factors: () =>
    note(Schema.Record(Schema.String, Fields.float({ minimum: 0 })), {
      wanted: "a map from layers to factors",
    }),
  class_weights: () =>
    note(Schema.Union([Schema.Literal("balanced"), Schema.Array(Fields.float({ minimum: 0 })).check(Schema.isMinLength(2))]), {
      wanted: "`balanced`, or a list with one weight per class",
      mend: Vocabulary.classWeights,
    }),
  sizes: ({ minimum = 1 }) => {
    const size = Fields.integer({ minimum })
    return note(Schema.Union([size, Schema.Array(size).check(Schema.isMinLength(1))]), {
      wanted: `a whole number ${minimum === 1 ? "> 0" : `>= ${minimum}`}, or a list of them`,
    })
  },
  padding: () => {
    const size = Fields.integer({ minimum: 0 })
    const ends = Schema.Array(size).check(Schema.isMinLength(2), Schema.isMaxLength(2))
    const each = [Schema.Array(size), Schema.Array(ends)].map((list) => list.check(Schema.isMinLength(1)))
    return note(Schema.Union([Schema.Literals(["valid", "same"]), size, ...each]), {
      wanted: "`valid`, `same`, a whole number >= 0, or a number or [before, after] per axis",
    })
  },
  group: ({ options: inner }, choices) =>
    options(fields({ options: inner }, choices), undefined, { synonyms: Synonyms.ofOptions({ options: inner }) }),
  activation: (_, choices) => choices.activation,
  initializer: (_, choices) => choices.initializer,
  schedule: (_, choices) => choices.schedule,
}

const codecOf = <K extends Kind>(option: Extract<Option, { readonly kind: K }>, choices: Choices): Codec => {
  const make = codecs[option.kind as K]
  return make(option, choices)
}

const refersToTable = (option: Option): boolean =>
  option.kind === "activation" || option.kind === "initializer" || option.kind === "schedule"

/** One option, with its documentation and its default. */
const field = (option: Option, choices: Choices): Codec => {
  const codec = codecOf(option, choices)
  const value = option.default
  if (value === undefined) {
    const needed = note(codec, { description: option.doc })
    return isOptional(option) ? Schema.optionalKey(needed) : needed
  }
  const described = note(codec, {
    description: Fields.saying(option.doc, value),
  })
  // The default of a choice by name is a bare name: the name with its own defaults.
  const decoded = refersToTable(option) ? () => Schema.decodeSync(codec)(value) : () => value
  return Fields.withDefault(described, decoded)
}

/** The same options, with a rule that relates them. */
const ruled = (content: Codec, rule: Rule<never> | undefined): Codec => {
  if (rule === undefined) return content
  const holds = rule.holds as (options: unknown) => boolean
  return content.check(Schema.makeFilter(holds, { wanted: `options with ${rule.wanted}` })) as Codec
}

/** The schemas of an entry's options, by name. */
export const fields = (entry: Pick<AnyEntry<unknown>, "options">, choices: Choices): { readonly [name: string]: Codec } =>
  Object.fromEntries(Object.entries(entry.options).map(([name, option]) => [name, field(option, choices)] as const))

/** An entry as one form of a choice by name. */
export const member = (entry: AnyEntry<unknown>, choices: Choices, elsewhere: ElsewhereTable = {}): Member => ({
  doc: entry.doc,
  content: ruled(
    note(options(fields(entry, choices), entry.main, { synonyms: Synonyms.ofOptions(entry), elsewhere }), {
      description: entry.doc,
    }),
    entry.rule,
  ),
  bare: Object.values(entry.options).every(isOptional),
  synonyms: Synonyms.ofEntry(entry),
})

/** The entries of a table as forms of a choice; `elsewhere` knows the options that have their place elsewhere. */
export const members = (
  table: Table<unknown>,
  choices: Choices,
  elsewhere?: ElsewhereTable,
): { readonly [name: string]: Member } =>
  Object.fromEntries(Object.entries(table).map(([name, entry]) => [name, member(entry, choices, elsewhere)] as const))

/** The entries of a table as keys of a map, each with its setting: the value of its one option, or its options. */
export type SettingFields<T extends Table<unknown>> = {
  readonly [N in Defaulted<T>]: Schema.withDecodingDefaultTypeKey<Codec<Setting<T[N]["options"]>>>
} & {
  readonly [N in Exclude<keyof T, Defaulted<T>>]: Schema.optionalKey<Codec<Setting<T[N]["options"]>>>
}

/** The schemas of the settings of a table, by name. */
export const settings = <T extends Table<unknown>>(table: Table<unknown>, choices: Choices): SettingFields<T> =>
  Object.fromEntries(
    Object.entries(table).map(([name, entry]) => {
      const [only, ...others] = Object.values(entry.options)
      if (only === undefined || others.length > 0)
        return [name, Schema.optionalKey(note(member(entry, choices).content, { description: entry.doc }))]
      const one = field({ ...only, doc: entry.doc }, choices)
      return [name, only.default === undefined ? Schema.optionalKey(one) : one]
    }),
  ) as unknown as SettingFields<T>

/** The three choices that options refer to. Schedules may hold schedules, so the record is read late. */
export const choices = (catalogue: Catalogue): Choices => {
  const late: Choices = {
    activation: Schema.suspend(() => record.activation),
    initializer: Schema.suspend(() => record.initializer),
    schedule: Schema.suspend(() => record.schedule),
  }
  const record: Choices = {
    activation: oneOf("activation", members(catalogue.activation, late), {
      identifier: "Activation",
      elsewhere: Vocabulary.activationNames,
    }),
    initializer: oneOf("initializer", members(catalogue.initializer, late), {
      identifier: "Initializer",
      elsewhere: Vocabulary.initializerNames,
    }),
    schedule: oneOf("learning-rate schedule", members(catalogue.schedule, late, Vocabulary.scheduleOptions), {
      identifier: "Schedule",
      elsewhere: Vocabulary.scheduleNames,
    }),
  }
  return late
}
