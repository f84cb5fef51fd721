/**
 * Numbers that are allowed but unusual: a learning rate of 10, or a batch-norm momentum in the convention of Keras. The
 * options of the catalogue define the usual range of each.
 */
import { type Option, type Options, settled, type Table } from "@adjoint/core/learning/Entry"
import { lossOf, type Model, type ModelFile, type Named, type Train, useOf } from "../Document.ts"
import type { Finding } from "../diagnostic/Diagnostic.ts"
import type { Catalogue } from "../schema/Catalogue.ts"
import type { Path } from "../source/Path.ts"
import { metricLists } from "./Outputs.ts"
import type { Step } from "./Weights.ts"

/** A number with at most three digits. */
const shown = (x: number): string => String(Number(x.toPrecision(3)))

/** The advice on a number outside its usual range. `label` names the number in the message, `key` in the help. */
const unusual = (label: string, key: string, option: Option, value: unknown, path: Path): ReadonlyArray<Finding> => {
  if (typeof value !== "number" || !("usual" in option) || option.usual === undefined) return []
  const [least, largest] = option.usual
  if (value >= least && value <= largest) return []
  if (value === 0 && option.zero !== undefined)
    return [
      {
        code: "A620",
        message: `${label} is 0: ${option.zero}`,
        at: { path },
        help: `leave \`${key}\` out for no limit, or try a number from ${shown(least)} to ${shown(largest)}`,
      },
    ]
  const help =
    typeof option.default === "number"
      ? `try \`${key}: ${option.default}\`, the default`
      : `try a number from ${shown(least)} to ${shown(largest)}`
  return [
    {
      code: "A620",
      message: `${label} is ${value}: from ${shown(least)} to ${shown(largest)} is usual`,
      at: { path },
      help,
    },
  ]
}

/** The unusual numbers among the options of an entry, nested entries included. */
const ofOptions = (
  catalogue: Catalogue,
  entry: string,
  options: Options,
  values: { readonly [option: string]: unknown },
  path: Path,
): ReadonlyArray<Finding> =>
  Object.entries(values).flatMap(([name, value]): ReadonlyArray<Finding> => {
    const option = Object.hasOwn(options, name) ? options[name] : undefined
    if (option === undefined) return []
    const at = [...path, name]
    switch (option.kind) {
      case "activation":
      case "initializer":
      case "schedule":
        return ofNamed(catalogue, catalogue[option.kind], value as Named, at)
      default:
        return unusual(`\`${name}\` of \`${entry}\``, name, option, value, at)
    }
  })

const ofNamed = (catalogue: Catalogue, table: Table<unknown>, named: Named, path: Path): ReadonlyArray<Finding> => {
  const { name, options } = useOf(named)
  const known = Object.hasOwn(table, name) ? table[name]?.options : undefined
  return known === undefined ? [] : ofOptions(catalogue, name, known, options, [...path, name])
}

/** The unusual numbers in a map from entries to their settings. */
const ofSettings = (catalogue: Catalogue, table: Table<unknown>, said: object, path: Path): ReadonlyArray<Finding> =>
  Object.entries(said).flatMap(([name, setting]) => {
    const entry = Object.hasOwn(table, name) ? table[name] : undefined
    if (entry === undefined || setting === undefined) return []
    const at = [...path, name]
    const values = settled(entry, setting)
    if (values === setting) return ofOptions(catalogue, name, entry.options, values, at)
    return Object.values(entry.options).flatMap((option) => unusual(`\`${name}\``, name, option, setting, at))
  })

const ofTraining = (catalogue: Catalogue, train: Train): ReadonlyArray<Finding> => {
  const { callbacks, loss, losses = {}, metrics, optimizer, regularize, schedule } = train
  const listed = (table: Table<unknown>, items: ReadonlyArray<Named>, path: Path) =>
    items.flatMap((item, i) => ofNamed(catalogue, table, item, [...path, i]))
  return [
    ...(loss === "auto" ? [] : ofNamed(catalogue, catalogue.loss, loss, ["train", "loss"])),
    ...Object.entries(losses).flatMap(([head, weighted]) => {
      const own = lossOf(weighted).loss
      return own === "auto" ? [] : ofNamed(catalogue, catalogue.loss, own, ["train", "losses", head])
    }),
    ...ofNamed(catalogue, catalogue.optimizer, optimizer, ["train", "optimizer"]),
    ...ofNamed(catalogue, catalogue.schedule, schedule, ["train", "schedule"]),
    ...ofSettings(catalogue, catalogue.regularizer, regularize, ["train", "regularize"]),
    ...ofSettings(catalogue, catalogue.around, train, ["train"]),
    ...metricLists(metrics).flatMap(([items, path]) => listed(catalogue.metric, items, path)),
    ...listed(catalogue.callback, callbacks, ["train", "callbacks"]),
  ]
}

const ofLayers = (catalogue: Catalogue, { init }: Model, steps: ReadonlyArray<Step>): ReadonlyArray<Finding> => [
  ...ofNamed(catalogue, catalogue.initializer, init, ["model", "init"]),
  ...steps.flatMap(({ content, kind, path }) => {
    const table: Table<unknown> = Object.hasOwn(catalogue.layer, kind) || kind === "head" ? catalogue.layer : catalogue.activation
    const options = table[kind === "head" ? "dense" : kind]?.options
    return options === undefined ? [] : ofOptions(catalogue, kind, options, content, path)
  }),
]

/** Advice on every unusual number of a document. */
export const check = (
  { model, pretrain = [], train }: Partial<Pick<ModelFile, "model" | "pretrain" | "train">>,
  steps: ReadonlyArray<Step>,
  catalogue: Catalogue,
): ReadonlyArray<Finding> => [
  ...(model === undefined ? [] : ofLayers(catalogue, model, steps)),
  ...pretrain.flatMap((stage, i) => ofNamed(catalogue, catalogue.stage, { ...stage } as unknown as Named, ["pretrain", i])),
  ...(train === undefined ? [] : ofTraining(catalogue, train)),
]
