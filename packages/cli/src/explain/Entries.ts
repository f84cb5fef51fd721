/** The entries of the catalogue: what each is, its formulas, its options, when to use it, and how a file says it. */
import { type AnyEntry, isOptional, type Option, type Options, type Table } from "@adjoint/core/learning/Entry"
import * as Regularizer from "@adjoint/core/learning/Regularizer"
import * as Score from "@adjoint/core/learning/Score"
import { standard } from "@adjoint/dsl/schema/Catalogue"
import { range } from "@adjoint/dsl/schema/Fields"
import type { EntryFound, OptionFound } from "./Found.ts"

type Any = AnyEntry<unknown>

/** One table of the catalogue. */
interface Section {
  /** What its entries are. */
  readonly noun: string
  readonly entries: Table<unknown>
  /** Where a model file says one, `said` being how it is written there; reports are not said in files. */
  readonly place?: (said: string, entry: Any) => string
}

/** A model whose first layer is pre-trained. */
const machine = (stage: string): string =>
  `model: { layers: [{ dense: { units: 64, activation: sigmoid }, name: h1 }, { head: label }] }\npretrain: [{ ${stage} }]`

/** Every table that has entries to explain. */
export const sections: ReadonlyArray<Section> = [
  {
    noun: "activation",
    entries: standard.activation,
    place: (said) => `model: { layers: [{ dense: { units: 64, activation: ${said} } }] }`,
  },
  {
    noun: "initializer",
    entries: standard.initializer,
    place: (said) => `model: { layers: [{ dense: { units: 64, init: ${said} } }] }`,
  },
  { noun: "layer", entries: standard.layer, place: (said) => `model: { layers: [${said}] }` },
  { noun: "loss", entries: standard.loss, place: (said) => `train: { loss: ${said} }` },
  { noun: "optimizer", entries: standard.optimizer, place: (said) => `train: { optimizer: ${said} }` },
  { noun: "learning-rate schedule", entries: standard.schedule, place: (said) => `train: { schedule: ${said} }` },
  { noun: "metric", entries: standard.metric, place: (said) => `train: { metrics: [${said}] }` },
  { noun: "pre-training stage", entries: standard.stage, place: (said) => machine(`${said}: h1`) },
  {
    noun: "sampling method",
    entries: standard.method,
    place: (said) => machine(`rbm: { layer: h1, method: ${said} }`),
  },
  { noun: "generated data set", entries: standard.toy, place: (said) => `data: { source: ${said} }` },
  {
    noun: "regularizer",
    entries: { ...standard.regularizer, ...Regularizer.combinations },
    // What has several strengths is said by theirs: the elastic net is l1 and l2.
    place: (said, { main, options }) => `train: { regularize: ${main === undefined ? all(options) : said} }`,
  },
  {
    noun: "setting of a training",
    entries: standard.around,
    place: (said, { main, options }) => `train: ${main === undefined ? `{ ${said}: ${all(options)} }` : said}`,
  },
  { noun: "callback", entries: standard.callback, place: (said) => `train: { callbacks: [${said}] }` },
  { noun: "sampler", entries: standard.sampler, place: (said) => `search: { maximize: val.accuracy, sampler: ${said} }` },
  { noun: "pruner", entries: standard.pruner, place: (said) => `search: { maximize: val.accuracy, pruner: ${said} }` },
  { noun: "report", entries: Score.reports },
]

/** An entry and the table it stands in. */
export interface Found {
  readonly name: string
  readonly section: Section
  readonly entry: Any
}

/** The entries of a name, one for each table that has it. */
export const find = (name: string): ReadonlyArray<Found> =>
  sections.flatMap((section) => {
    const entry = Object.hasOwn(section.entries, name) ? section.entries[name] : undefined
    return entry === undefined ? [] : [{ name, section, entry }]
  })

/** Every name there is. */
export const names: ReadonlyArray<string> = [...new Set(sections.flatMap(({ entries }) => Object.keys(entries)))]

const kinds: { readonly [K in Option["kind"]]: (option: Extract<Option, { readonly kind: K }>) => string } = {
  number: (option) => `a number${range(option)}`,
  integer: (option) => `a whole number${range(option)}`,
  duration: (option) => `a number of epochs${range(option)} such as 3 or 3 epochs, or a share of the run such as 5%`,
  boolean: () => "true or false",
  text: () => "text",
  epochs: () => "a whole number of epochs > 0 such as 5 or 5 epochs",
  choice: ({ of }) => of.join(" | "),
  choices: ({ of }) => `a list of ${of.join(" and ")}`,
  layer: () => "the name of a layer or an input",
  layers: () => "a list of layers by their names",
  factors: () => "a number >= 0 for each of some layers",
  class_weights: () => "balanced, or a number for each class",
  sizes: () => "a whole number, or one for each axis",
  padding: () => "valid | same, or how many for each axis",
  group: ({ options: own }) => `a map of ${Object.keys(own).join(" and ")}`,
  activation: () => "an activation",
  initializer: () => "an initializer",
  schedule: () => "a learning-rate schedule",
}

const kindOf = <K extends Option["kind"]>(option: Extract<Option, { readonly kind: K }>): string => {
  const say = kinds[option.kind as K]
  return say(option)
}

const written = (value: unknown): string => (Array.isArray(value) ? `[${value.map(written).join(", ")}]` : String(value))

/** A value for an option that must be said. */
const example = (option: Option): string => {
  if ("example" in option && option.example !== undefined) return written(option.example)
  if (option.default !== undefined) return written(option.default)
  switch (option.kind) {
    case "integer":
      return String(Math.max(8, option.minimum ?? 0))
    case "layer":
      return "dense1"
    case "layers":
      return "[dense1]"
    case "factors":
      return "{ dense1: 0.1 }"
    case "class_weights":
      return "balanced"
    case "group":
      return all(option.options)
    default:
      return "4"
  }
}

/** Options by their names, each with a value. */
const all = (options: Options): string =>
  `{ ${Object.entries(options)
    .map(([key, option]) => `${key}: ${example(option)}`)
    .join(", ")} }`

/** An entry as a file says it, with no more than is needed to show its main option. */
const spelled = ({ entry, name }: Found): string => {
  const { main, options } = entry
  // An option may be left out in some places alone: its example is for the others.
  const isShown = (option: Option): boolean =>
    !isOptional(option) || (option.optional === true && "example" in option && option.example !== undefined)
  const required = Object.entries(options).filter(([, option]) => isShown(option))
  const only = main === undefined ? undefined : options[main]
  if (only !== undefined && required.every(([key]) => key === main)) return `{ ${name}: ${example(only)} }`
  if (required.length === 0) return name
  return `{ ${name}: ${all(Object.fromEntries(required))} }`
}

/** How a model file says an entry, where it can. */
export const inFile = (found: Found): string | undefined => found.section.place?.(spelled(found), found.entry)

const aliases = ({ name, section: { entries } }: Found): ReadonlyArray<string> =>
  Object.entries(entries).flatMap(([other, { alias }]) => (alias === name ? [other] : []))

/** An entry as data: all but the function that makes it. An alias has what it stands for. */
export const data = (found: Found): EntryFound => {
  const { entry, name, section } = found
  const own = entry.alias === undefined ? undefined : find(entry.alias).find((other) => other.section === section)
  if (own !== undefined) return { ...data(own), name, alias: own.name }
  const example = inFile(found)
  return {
    kind: "entry",
    table: section.noun,
    name,
    aliases: aliases(found),
    doc: entry.doc,
    formula: entry.formula,
    ...(entry.derivative === undefined ? {} : { derivative: entry.derivative }),
    advice: entry.advice,
    source: entry.source,
    options: Object.fromEntries(Object.entries(entry.options).map(([key, option]) => [key, optionData(option)] as const)),
    ...(entry.main === undefined ? {} : { main: entry.main }),
    ...(entry.rule === undefined ? {} : { rule: entry.rule.wanted }),
    ...(example === undefined ? {} : { example }),
  }
}

const optionData = (option: Option): EntryFound["options"][string] => ({
  wanted: kindOf(option),
  doc: option.doc,
  ...(option.default === undefined ? {} : { default: option.default }),
  required: !isOptional(option),
})

/** The options of a name: one for each description and kind, with the entries that have it. */
export const options = (name: string): ReadonlyArray<OptionFound> => {
  const found = new Map<string, OptionFound>()
  for (const { entries, noun } of sections)
    for (const [entryName, entry] of Object.entries(entries)) {
      const option = Object.hasOwn(entry.options, name) ? entry.options[name] : undefined
      if (option === undefined || entry.alias !== undefined) continue
      const { required: _, ...what } = optionData(option)
      const key = JSON.stringify([what.doc, what.wanted])
      const before = found.get(key)
      const place = { table: noun, name: entryName, ...("default" in what ? { default: what.default } : {}) }
      const entriesOf = [...(before?.entries ?? []), place]
      found.set(key, { kind: "option", name, doc: what.doc, wanted: what.wanted, entries: entriesOf })
    }
  return [...found.values()]
}

/** The names of all options. */
export const optionNames: ReadonlyArray<string> = [
  ...new Set(sections.flatMap(({ entries }) => Object.values(entries).flatMap(({ options: own }) => Object.keys(own)))),
]

/** The other names that people type for entries and for options. */
export const synonyms: ReadonlyArray<{ readonly name: string; readonly others: ReadonlyArray<string> }> = sections.flatMap(
  ({ entries }) =>
    Object.entries(entries).flatMap(([name, { alias, options: own, synonyms: others = [] }]) => [
      ...(alias === undefined ? [{ name, others }] : []),
      ...Object.entries(own).map(([option, { synonyms: those = [] }]) => ({ name: option, others: those })),
    ]),
)
