/**
 * The document of a model file: plain data in which every short form is spelled out and every default is filled in. It is
 * itself a model file (written as YAML it decodes to itself), so what a run records is what can be run again.
 */
import type { TablePca } from "@adjoint/core/data/Pca"
import type { ArrayTarget, Column, Image, Scale } from "@adjoint/core/data/Preprocess"
import type { ArrayKind } from "@adjoint/core/data/Spec"
import type { Settings, Use, Values } from "@adjoint/core/learning/Entry"
import type * as OptimizerWrapper from "@adjoint/core/learning/OptimizerWrapper"
import type { stages } from "@adjoint/core/learning/Rbm"
import type * as Regularizer from "@adjoint/core/learning/Regularizer"

/** A named thing with its options, as a file spells it: `{ leaky_relu: { alpha: 0.1 } }`. It has exactly one key. */
export interface Named {
  readonly [name: string]: { readonly [option: string]: unknown }
}

/** One item of `model.layers`; `layerOf` says which kind it is. */
export interface Layer {
  readonly [key: string]: unknown
}

/** A number of rows (`55000`) or a share of them (`70%`). */
export type Amount = number | string

/** How rows are divided. A part that is left out has no rows, except `train`, which then has the rest. */
export interface Split {
  readonly train?: Amount
  readonly val?: Amount
  readonly test?: Amount
  /** Rows whose targets are not looked at: pre-training learns from them, beside the training rows. */
  readonly unlabelled?: Amount
  /** A column: every part has its values in the same proportions. */
  readonly stratify?: string
  /** The column whose rows of one value stay in one part; a column of the type `group` unless given. */
  readonly group?: string
  /** The parts follow each other in time: in the order of the rows, or of a column. */
  readonly by?: "order" | { readonly order: string }
  /** A column whose values say which part a row is in. */
  readonly column?: PartColumn
  /** Cross-validation: so many folds, of which each has the validation rows once. */
  readonly folds?: number
  /** How many times the rows are divided into folds. */
  readonly repeats?: number
  /** The one fold, and the repeat, that are meant; without `fold` all. */
  readonly fold?: number
  readonly repeat?: number
  readonly seed: number
}

/** A column that names the parts. Without values, its cells are the names of the parts. */
export interface PartColumn {
  readonly name: string
  readonly train?: ReadonlyArray<string>
  readonly val?: ReadonlyArray<string>
  readonly test?: ReadonlyArray<string>
  readonly unlabelled?: ReadonlyArray<string>
}

/** The columns that a split reads, with their places below `data.split`. */
export const columnsOf = ({
  by,
  column,
  group,
  stratify,
}: Split): ReadonlyArray<readonly [name: string, path: ReadonlyArray<string>]> => [
  ...(stratify === undefined ? [] : [[stratify, ["stratify"]] as const]),
  ...(group === undefined ? [] : [[group, ["group"]] as const]),
  ...(by === undefined || by === "order" ? [] : [[by.order, ["by", "order"]] as const]),
  ...(column === undefined ? [] : [[column.name, ["column"]] as const]),
]

/** Whether a split may have validation rows. */
export const mayHaveVal = ({ column, folds, val }: Split): boolean =>
  val !== undefined || folds !== undefined || column !== undefined

/** Whether data may have rows to test on. */
export const mayHaveTest = ({ split, test }: Pick<Data, "split" | "test">): boolean =>
  split.test !== undefined || split.column !== undefined || test !== undefined

/** The folds that a split is trained on one after the other: none, unless it has several and does not mean one. */
export const foldsOf = ({
  fold,
  folds,
  repeat,
  repeats = 1,
}: Split): ReadonlyArray<{ readonly repeat: number; readonly fold: number }> =>
  folds === undefined || fold !== undefined
    ? []
    : Array.from({ length: repeats }, (_, i) => i + 1)
        .filter((each) => repeat === undefined || each === repeat)
        .flatMap((each) => Array.from({ length: folds }, (_, i) => ({ repeat: each, fold: i + 1 })))

/** How the rows of a table are windows of series. */
export interface Series {
  /** The rows of a window. */
  readonly window: number
  /** How many steps after a window are predicted, or which: `3` is 1, 2 and 3. */
  readonly horizon: number | ReadonlyArray<number>
  /** The rows from one window to the next. */
  readonly step: number
  /** The column of times. */
  readonly time?: string
  /** The column that tells series apart. */
  readonly group?: string
  readonly gaps: "error" | "split"
  /** Whether windows of the validation and test parts may begin in the rows before them. */
  readonly overlap: boolean
}

/** The steps ahead that are predicted. `horizonOf(3) // => [1, 2, 3]` */
export const horizonOf = (horizon: Series["horizon"]): ReadonlyArray<number> =>
  typeof horizon === "number" ? Array.from({ length: horizon }, (_, i) => i + 1) : horizon

export interface Data {
  readonly source: Named
  /** `"*"` stands for every column that is not named. */
  readonly columns?: { readonly [name: string]: Column }
  /** The kinds of arrays with names. */
  readonly arrays?: { readonly [name: string]: ArrayKind }
  readonly image?: Image
  readonly scale?: Scale
  /** Principal components of the prepared inputs: of an array, or of columns. */
  readonly pca?: TablePca
  /** The type of array targets. */
  readonly target?: ArrayTarget
  readonly series?: Series
  readonly split: Split
  readonly test?: Named
}

export interface Model {
  /** The shape of one input, where the data does not say it. */
  readonly input?: ReadonlyArray<number>
  /** The columns of each input, by its name; without names there is one input, of all columns. */
  readonly inputs?: { readonly [name: string]: ReadonlyArray<string> }
  readonly init: Named
  readonly layers: ReadonlyArray<Layer>
}

/** The regularizers in force, by name, each with the value of its one option. */
export type Regularize = Settings<typeof Regularizer.table>

/** The wrappers of the optimizer, by name: frozen layers, rates by layer, gradient accumulation … */
export type Arounds = Settings<typeof OptimizerWrapper.table>

/** The loss of a head as a file spells it, beside its weight: `{ huber: { delta: 1 }, weight: 0.3 }`, or `{ weight: 0.3 }` for `auto`. */
export interface WeightedLoss {
  readonly [key: string]: unknown
  readonly weight: number
}

export interface Train extends Arounds {
  readonly seed: number
  readonly epochs: number
  readonly batch: number
  /** Into how many shards a batch is cut; 1 if missing. */
  readonly shards?: number
  readonly loss: "auto" | Named
  /** The losses of several heads, by their names. */
  readonly losses?: { readonly [head: string]: WeightedLoss }
  readonly optimizer: Named
  readonly schedule: Named
  readonly regularize: Regularize
  /** Those of all heads, or those of each, by their names. */
  readonly metrics: "auto" | ReadonlyArray<Named> | { readonly [head: string]: ReadonlyArray<Named> }
  readonly callbacks: ReadonlyArray<Named>
}

/** A restricted Boltzmann machine whose weights a layer starts from, and how it learns. */
export interface Rbm extends Values<typeof stages.rbm.options> {
  readonly layer: string
  readonly method:
    | { readonly cd: { readonly steps: number } }
    | { readonly pcd: { readonly steps: number; readonly particles: number } }
  readonly momentum: number | readonly [from: number, to: number]
  readonly sparsity?: { readonly target: number; readonly cost: number }
}

/** The stages of pre-training, in order. */
export type Pretrain = ReadonlyArray<{ readonly rbm: Rbm }>

/** The parts of the data that can be scored. */
export type Part = "train" | "val" | "test"

export interface Evaluate {
  readonly split: Part
  /** The columns by whose values the rows are scored in groups too. */
  readonly slices: ReadonlyArray<string>
  /** The minimum of scores that are better the higher, and the maximum of those that are better the lower. */
  readonly fail_under: { readonly [score: string]: number }
  readonly fail_above: { readonly [score: string]: number }
}

/** What a search looks for, and how. */
export interface Search {
  /** Scores of the run, or sizes known before it, on the side where they are better. */
  readonly maximize: ReadonlyArray<string>
  readonly minimize: ReadonlyArray<string>
  readonly sampler: Named
  readonly trials?: number
  readonly seed: number
  readonly pending: number
  /** The folds over which the score of a trial is averaged. */
  readonly folds?: number
  /** The trainings of each trial, of seeds that follow each other. */
  readonly seeds: number
  readonly pruner: Named
  /** Conditions on sizes, as they are written. */
  readonly where: ReadonlyArray<string>
  readonly parallel?: number
  readonly store?: string
}

export interface ModelFile {
  readonly schema: 1
  readonly name: string
  readonly data?: Data
  readonly model: Model
  readonly pretrain?: Pretrain
  readonly train: Train
  readonly evaluate: Evaluate
  readonly lint: { readonly allow: ReadonlyArray<string> }
}

/** The name and the options of a named thing. `useOf({ relu: {} }) // => { name: "relu", options: {} }` */
export const useOf = (named: Named): Use => {
  const [entry] = Object.entries(named)
  if (entry === undefined) throw new TypeError("a named thing has a name")
  const [name, options] = entry
  return { name, options }
}

/** How layers are joined by name. */
export const joins = ["add", "multiply", "concat"] as const

/** A way of joining. */
export type Join = (typeof joins)[number]

/** The name of the input of the layers, in joins and `from`. */
export const inputName = "input"

/** Keys beside a layer: its name, and the name of its input layer, if that is not the layer above. */
interface Beside {
  readonly name?: string
  readonly from?: string
}

/** An item of `model.layers` by its kind. */
export type LayerKind =
  | ({ readonly _tag: "Use"; readonly use: Use } & Beside)
  | ({ readonly _tag: "Block"; readonly layers: ReadonlyArray<Layer> } & Beside)
  | ({ readonly _tag: "Repeat"; readonly times: number; readonly layers: ReadonlyArray<Layer> } & Beside)
  | { readonly _tag: "Join"; readonly how: Join; readonly of: ReadonlyArray<string>; readonly name?: string }
  | ({ readonly _tag: "Head"; readonly head: Head } & Beside)

/** The outputs, as many as the target needs. */
export interface Head {
  /** The column that it predicts, or several of numbers or of yes and no. */
  readonly target: string | ReadonlyArray<string>
  readonly activation: Named
  readonly init: Named
}

/** The loss of a head, `auto` where none is named, and its weight. */
export const lossOf = ({ weight, ...rest }: WeightedLoss): { readonly loss: "auto" | Named; readonly weight: number } => ({
  loss: Object.keys(rest).length === 0 ? "auto" : (rest as unknown as Named),
  weight,
})

/** Which kind of layer an item is. */
export const layerOf = (layer: Layer): LayerKind => {
  const { from, name, ...rest } = layer
  const named = typeof name === "string" ? { name } : {}
  const beside = typeof from === "string" ? { ...named, from } : named
  const use = useOf(rest as unknown as Named)
  const content: unknown = use.options
  const join = joins.find((how) => how === use.name)
  if (join !== undefined) return { _tag: "Join", how: join, of: content as ReadonlyArray<string>, ...named }
  if (use.name === "repeat")
    return { _tag: "Repeat", ...(content as { readonly times: number; readonly layers: ReadonlyArray<Layer> }), ...beside }
  if (use.name === "block") return { _tag: "Block", ...(content as { readonly layers: ReadonlyArray<Layer> }), ...beside }
  if (use.name === "head") return { _tag: "Head", head: content as Head, ...beside }
  return { _tag: "Use", use, ...beside }
}
