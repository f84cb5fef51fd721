/** The facts that the document alone states about its data, before any file is opened. */
import * as Column from "@adjoint/core/data/Column"
import * as Dataset from "@adjoint/core/data/Dataset"
import { type Pca, type TablePca, widthAfter } from "@adjoint/core/data/Pca"
import { arrayLabel } from "@adjoint/core/data/Preprocess"
import { completed } from "@adjoint/core/data/PreprocessTree"
import { isSequence } from "@adjoint/core/data/SequenceArray"
import { arrayRole, imageShape } from "@adjoint/core/data/Spec"
import type { Use } from "@adjoint/core/learning/Entry"
import * as Entry from "@adjoint/core/learning/Entry"
import * as Key from "@adjoint/core/tensor/Key"
import type { Shape } from "@adjoint/core/types/Shape"
import * as Size from "@adjoint/core/types/Shape"
import { type Amount, type Data, horizonOf, type Model, type Split, useOf } from "../Document.ts"
import { type HeadAt, severalHeads } from "../net/Heads.ts"
import type { SequenceInput } from "../net/Nodes.ts"
import type { Facts, HeadFacts, HeadTarget, Rows, Target } from "../prepare/Facts.ts"
import type { Catalogue } from "../schema/Catalogue.ts"

/** The facts that a document states: all for toys, those written for tables and images, and `model.input` if no other shape is known. */
export const known = (
  data: Data | undefined,
  model: Pick<Model, "input" | "inputs" | "layers"> | undefined,
  catalogue: Catalogue,
): Facts => {
  const own = data === undefined ? {} : (toy(data, catalogue) ?? table(data, model))
  return { ...(model?.input === undefined || model.inputs !== undefined ? {} : { sample: model.input }), ...own }
}

/** Rows of a toy that are enough to know its shape. */
const enough = 1000

/** Some rows of a toy, and how many it has in all. */
const some = (
  catalogue: Catalogue,
  { name, options }: Use,
  seed: number,
): { readonly dataset: Dataset.Dataset; readonly rows: number } => {
  const { copies, count } = options
  const fewer = {
    ...options,
    ...(typeof count === "number" ? { count: Math.min(count, enough) } : {}),
    ...(typeof copies === "number" ? { copies: 1 } : {}),
  }
  const dataset = Entry.make(catalogue.toy, { name, options: fewer })(Key.make(seed))
  const rows = Dataset.size(dataset) * (typeof copies === "number" ? copies : 1)
  return { dataset, rows: typeof count === "number" ? count : rows }
}

const toy = (data: Data, catalogue: Catalogue): Facts | undefined => {
  const { name, options } = useOf(data.source)
  if (!Object.hasOwn(catalogue.toy, name)) return undefined
  const { dataset, rows } = some(catalogue, { name, options }, data.split.seed)
  const { classes, targets } = dataset
  const width = targets.shape[1] ?? 1
  const target: Target =
    classes === undefined
      ? { type: "numbers", names: Array.from({ length: width }, (_, i) => `y${i + 1}`) }
      : { type: "class", name: arrayLabel, classes }
  return { sample: Dataset.sample(dataset), target, rows: divided(rows, data.split, data.test === undefined) }
}

/** The shape of a sample after PCA, if the document says it. */
const afterPca = (pca: Pca | undefined, shape: Shape | undefined): Shape | undefined => {
  if (pca === undefined || shape === undefined || pca.whiten === "zca") return shape
  const width = widthAfter(pca, Size.size(shape))
  return width === undefined ? undefined : [width]
}

const table = (
  { arrays, columns, image, pca, series, target: said }: Data,
  model: Pick<Model, "inputs" | "layers"> | undefined,
): Facts => {
  if (arrays !== undefined) return ofArrays(arrays, model)
  const sample = image === undefined ? undefined : afterPca(pca, imageShape(image))
  if (columns === undefined)
    return {
      ...(sample === undefined ? {} : { sample }),
      ...(said?.type === "class"
        ? { target: { type: "class", name: arrayLabel, ...(said.names === undefined ? {} : { classes: said.names }) } }
        : {}),
    }
  const entries = Object.entries(columns)
  const heads = model === undefined ? undefined : severalHeads(model)
  const steps = series === undefined ? 1 : horizonOf(series.horizon).length
  const target = heads === undefined ? targetOf(entries, steps) : targetsOf(heads, columns, steps)
  const width = hasUnnamed(columns) ? undefined : widthAfterPca(entries, pca, series !== undefined)
  const sequences = sequencesOf(model?.inputs, columns)
  if (model?.inputs !== undefined) {
    const named = pca === undefined ? samplesOf(model.inputs, columns, series) : undefined
    return { ...(named === undefined ? {} : { sample: named }), ...(target === undefined ? {} : { target }), ...sequences }
  }
  return {
    ...sequences,
    ...(sample === undefined
      ? width === undefined
        ? {}
        : { sample: [...(series === undefined ? [] : [series.window]), width] }
      : { sample }),
    ...(target === undefined ? {} : { target }),
  }
}

/** The named arrays that are sequences of unequal length. */
const sequencesIn = (
  arrays: NonNullable<Data["arrays"]>,
  groups: { readonly [input: string]: ReadonlyArray<string> },
): Pick<Facts, "sequences"> => {
  const found = Object.entries(groups).flatMap(([input, [name = ""]]) => {
    const kind = Object.hasOwn(arrays, name) ? arrays[name] : undefined
    if (!isSequence(kind)) return []
    const tokens = kind?.type === "tokens" ? kind.tokens : undefined
    const sequence: SequenceInput =
      kind?.type === "tokens" ? { of: "tokens", ...(tokens === undefined ? {} : { tokens }) } : { of: "numbers" }
    return [[input, sequence] as const]
  })
  return found.length === 0 ? {} : { sequences: Object.fromEntries(found) }
}

/** The shapes of named arrays that are images, and which arrays are sequences. */
const ofArrays = (arrays: NonNullable<Data["arrays"]>, model: Pick<Model, "inputs" | "layers"> | undefined): Facts => {
  const shapeOf = (name: string | undefined): Shape | undefined => {
    const kind = name !== undefined && Object.hasOwn(arrays, name) ? arrays[name] : undefined
    return kind?.type === "image" ? afterPca(kind.pca, imageShape(kind)) : undefined
  }
  const inputs = Object.entries(arrays).flatMap(([name, kind]) => (arrayRole(kind) === "input" ? [name] : []))
  if (model?.inputs === undefined) {
    const sample = inputs.length === 1 ? shapeOf(inputs[0]) : undefined
    return { ...(sample === undefined ? {} : { sample }), ...sequencesIn(arrays, inputs.length === 1 ? { "": inputs } : {}) }
  }
  const groups = completed(model.inputs, inputs)
  const shapes = Object.entries(groups).flatMap(([name, [own]]) => {
    const shape = shapeOf(own)
    return shape === undefined ? [] : [[name, shape] as const]
  })
  const isWhole = shapes.length === Object.keys(model.inputs).length
  return { ...(isWhole ? { sample: Object.fromEntries(shapes) } : {}), ...sequencesIn(arrays, groups) }
}

type Columns = NonNullable<Data["columns"]>

/** Whether columns that are not named are inputs or targets. */
const hasUnnamed = (columns: Columns): boolean => Object.hasOwn(columns, "*") && columns["*"]?.type !== "ignore"

/** Columns by their names, as far as the document has them. */
const named = (columns: Columns, names: ReadonlyArray<string>): ReadonlyArray<readonly [string, Column.Column]> =>
  names.flatMap((name) => {
    const column = Object.hasOwn(columns, name) ? columns[name] : undefined
    return column === undefined ? [] : [[name, column] as const]
  })

/** The shapes of named inputs, if all are known. */
const samplesOf = (groups: NonNullable<Model["inputs"]>, columns: Columns, series: Data["series"]): Facts["sample"] => {
  if (hasUnnamed(columns)) return undefined
  const isSeries = series !== undefined
  const inputs = Object.entries(columns).flatMap(([name, column]) => (isChannel(column, isSeries) ? [name] : []))
  const shapes = Object.entries(completed(groups, inputs)).map(
    ([name, names]) => [name, widthOf(named(columns, names), isSeries)] as const,
  )
  const time = series === undefined ? [] : [series.window]
  return shapes.every(([, width]) => width !== undefined)
    ? Object.fromEntries(shapes.map(([name, width = 0]) => [name, [...time, width]] as const))
    : undefined
}

/** The inputs that are one column of tokens. */
const sequencesOf = (groups: Model["inputs"], columns: Columns): Pick<Facts, "sequences"> => {
  const inputs = Object.entries(columns).flatMap(([name, column]) => (Column.roleOf(column) === "input" ? [name] : []))
  const found = Object.entries(groups === undefined ? { "": inputs } : completed(groups, inputs)).flatMap(([input, names]) => {
    const [only, second] = named(columns, names)
    if (only === undefined || second !== undefined || !Column.hasTokens(only[1])) return []
    const tokens = Column.tokensOf(only[1])
    const sequence: SequenceInput = { of: "tokens", ...(tokens === undefined ? {} : { tokens }) }
    return [[input, sequence] as const]
  })
  return found.length === 0 ? {} : { sequences: Object.fromEntries(found) }
}

/** The targets of several heads, if the document has them all. */
const targetsOf = (heads: ReadonlyArray<HeadAt>, columns: Columns, steps: number): Target | undefined => {
  const each = heads.flatMap(({ columns: names, name }): ReadonlyArray<HeadFacts> => {
    const own = named(columns, names)
    const target = own.length === names.length ? targetOf(own, steps) : undefined
    return target === undefined ? [] : [{ name, target }]
  })
  return each.length === heads.length ? { type: "heads", heads: each } : undefined
}

const targetOf = (columns: ReadonlyArray<readonly [string, Column.Column]>, steps: number): HeadTarget | undefined => {
  const targets = columns.filter(([, column]) => Column.isTarget(column))
  const [first, second] = targets
  if (first === undefined) return undefined
  const [name, column] = first
  const type = Column.targetOf(column)
  const isAll = targets.every(([, other]) => Column.targetOf(other) === type)
  if (type === "numbers") {
    const names = targets.map(([each]) => each)
    if (!isAll) return undefined
    return steps === 1
      ? { type, names }
      : { type, names: names.flatMap((each) => Array<string>(steps).fill(each)), columns: names }
  }
  if (type === "binary" && second !== undefined && isAll) return { type: "labels", names: targets.map(([each]) => each) }
  // The names of a set are in the data.
  if (second !== undefined || type === undefined || type === "labels") return undefined
  const classes = Column.classesOf(column)
  return { type, name, ...(classes === undefined ? {} : { classes }) }
}

/** Whether a column is an input, or, of a series, a target whose past is one. */
const isChannel = (column: Column.Column, isSeries: boolean): boolean =>
  Column.roleOf(column) === "input" || (isSeries && Column.isTarget(column) && Column.targetOf(column) !== "class")

/** The number of inputs of a prepared row, with PCA of some columns. */
const widthAfterPca = (
  columns: ReadonlyArray<readonly [string, Column.Column]>,
  pca: TablePca | undefined,
  isSeries: boolean,
): number | undefined => {
  if (pca === undefined) return widthOf(columns, isSeries)
  const isTaken = ([name, column]: readonly [string, Column.Column]): boolean =>
    pca.columns === undefined ? column.type === "number" : pca.columns.includes(name)
  const [taken, others] = [columns.filter(isTaken), columns.filter((each) => !isTaken(each))].map((own) => widthOf(own, isSeries))
  const made = taken === undefined ? undefined : widthAfter(pca, taken)
  return made === undefined || others === undefined ? undefined : made + others
}

/** The number of inputs of a prepared row; unknown with category columns, whose names are in the data. */
const widthOf = (columns: ReadonlyArray<readonly [string, Column.Column]>, isSeries: boolean): number | undefined => {
  let width = 0
  for (const [, column] of columns) {
    if (!isChannel(column, isSeries)) continue
    const own = Column.widthOf(column)
    if (own === undefined) return undefined
    width += own
  }
  return width
}

const rowsOf = (amount: Amount | undefined, total: number): number =>
  amount === undefined ? 0 : typeof amount === "number" ? amount : Math.round((Number.parseFloat(amount) / 100) * total)

/** The rows of each part of a total. Without `train`, it has the rest; of folds they are those of the fold that is meant. */
const divided = (total: number, split: Split, ownTest: boolean): Rows => {
  const { fold = 1, folds } = split
  if (folds !== undefined) {
    const all = Math.max(0, total - rowsOf(split.test, total) - rowsOf(split.unlabelled, total))
    const test = ownTest ? rowsOf(split.test, total) : 0
    if (split.by !== undefined) {
      const end = (section: number) => Math.round((section * all) / (folds + 1))
      return { train: end(fold), val: end(fold + 1) - end(fold), test }
    }
    const val = Math.round((fold * all) / folds) - Math.round(((fold - 1) * all) / folds)
    return { train: all - val, val, test }
  }
  const val = rowsOf(split.val, total)
  const test = ownTest ? rowsOf(split.test, total) : 0
  const train =
    split.train === undefined
      ? Math.max(0, total - val - rowsOf(split.test, total) - rowsOf(split.unlabelled, total))
      : rowsOf(split.train, total)
  return { train, val, test }
}
