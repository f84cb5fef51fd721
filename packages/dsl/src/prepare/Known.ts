/** The facts that the document alone states about its data, before any file is opened. */
import * as Column from "@adjoint/core/data/Column"
import * as Dataset from "@adjoint/core/data/Dataset"
import { arrayLabel } from "@adjoint/core/data/Preprocess"
import { imageShape } from "@adjoint/core/data/Spec"
import type { Use } from "@adjoint/core/learning/Entry"
import * as Entry from "@adjoint/core/learning/Entry"
import * as Key from "@adjoint/core/tensor/Key"
import { type Amount, type Data, type Model, type Split, useOf } from "../Document.ts"
import type { Facts, Rows, Target } from "../prepare/Facts.ts"
import type { Catalogue } from "../schema/Catalogue.ts"

/** The facts that a document states: all for toys, those written for tables and images, and `model.input` if no other shape is known. */
export const known = (data: Data | undefined, model: Pick<Model, "input"> | undefined, catalogue: Catalogue): Facts => {
  const own = data === undefined ? {} : (toy(data, catalogue) ?? table(data))
  return { ...(model?.input === undefined ? {} : { sample: model.input }), ...own }
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

const table = ({ columns, image, target: said }: Data): Facts => {
  const sample = image === undefined ? undefined : imageShape(image)
  if (columns === undefined)
    return {
      ...(sample === undefined ? {} : { sample }),
      ...(said?.type === "class"
        ? { target: { type: "class", name: arrayLabel, ...(said.names === undefined ? {} : { classes: said.names }) } }
        : {}),
    }
  const entries = Object.entries(columns)
  const target = targetOf(entries)
  const width = Object.hasOwn(columns, "*") && columns["*"]?.type !== "ignore" ? undefined : widthOf(entries)
  return {
    ...(sample === undefined ? (width === undefined ? {} : { sample: [width] }) : { sample }),
    ...(target === undefined ? {} : { target }),
  }
}

const targetOf = (columns: ReadonlyArray<readonly [string, Column.Column]>): Target | undefined => {
  const targets = columns.filter(([, column]) => Column.isTarget(column))
  const [first, second] = targets
  if (first === undefined) return undefined
  const [name, column] = first
  const type = Column.targetOf(column)
  if (type === "numbers") return { type, names: targets.map(([each]) => each) }
  return second !== undefined || type === undefined ? undefined : { type, name }
}

/** The number of inputs of a prepared row; unknown with category columns, whose names are in the data. */
const widthOf = (columns: ReadonlyArray<readonly [string, Column.Column]>): number | undefined => {
  let width = 0
  for (const [, column] of columns) {
    if (Column.roleOf(column) !== "input") continue
    const own = Column.widthOf(column)
    if (own === undefined) return undefined
    width += own
  }
  return width
}

const rowsOf = (amount: Amount | undefined, total: number): number =>
  amount === undefined ? 0 : typeof amount === "number" ? amount : Math.round((Number.parseFloat(amount) / 100) * total)

/** The rows of each part of a total. Without `train`, it has the rest. */
const divided = (total: number, split: Split, ownTest: boolean): Rows => {
  const val = rowsOf(split.val, total)
  const test = ownTest ? rowsOf(split.test, total) : 0
  const train =
    split.train === undefined
      ? Math.max(0, total - val - rowsOf(split.test, total) - rowsOf(split.unlabelled, total))
      : rowsOf(split.train, total)
  return { train, val, test }
}
