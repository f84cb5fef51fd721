/** What decides which rows a document has, what is predicted of them, and what its loss is: trials that differ in it cannot be compared. */
import { isDropping, roleOf } from "@adjoint/core/data/Column"
import type { Column } from "@adjoint/core/data/Preprocess"
import { arrayRole } from "@adjoint/core/data/Spec"
import type { Data, ModelFile } from "../Document.ts"
import type { Catalogue } from "../schema/Catalogue.ts"

/** What a column decides: that of an input is at most that rows are left out. */
const ofColumn = (column: Column): unknown => {
  const role = roleOf(column)
  if (role === undefined || role === "input") return isDropping(column)
  // Scores of a target are in its own unit, however it is scaled.
  const { scale: _, transform: __, ...rest } = { scale: undefined, transform: undefined, ...column }
  return rest
}

const entries = <T>(record: { readonly [name: string]: T } | undefined, of: (value: T) => unknown): unknown =>
  record === undefined ? undefined : Object.fromEntries(Object.entries(record).map(([name, value]) => [name, of(value)]))

/** The part of a data section that decides the rows and the target, as plain data to compare. */
export const decisive = (data: Data | undefined): unknown => {
  if (data === undefined) return undefined
  const { arrays, columns, series, source, split, target, test } = data
  return {
    source,
    test,
    split,
    series,
    target,
    arrays: entries(arrays, (kind) => arrayRole(kind) === "target" && kind),
    columns: entries(columns, ofColumn),
  }
}

/** How a target is scaled, in whose unit a loss is. */
const unitOf = (column: Column): unknown => {
  if (roleOf(column) !== "target") return undefined
  const { scale, transform } = { scale: undefined, transform: undefined, ...column }
  return { scale, transform }
}

/** The part of a document that decides what its loss is, as plain data to compare. */
export const decisiveOfLoss = (
  { data, train }: Pick<ModelFile, "data" | "train">,
  { regularizer }: Pick<Catalogue, "regularizer">,
): unknown => {
  const { loss, losses } = train
  const weights = Object.entries(train.regularize).filter(([name]) =>
    Object.values(regularizer[name]?.options ?? {}).some(({ kind }) => kind === "class_weights"),
  )
  return { loss, losses, weights, target: data?.target, columns: entries(data?.columns, unitOf) }
}
