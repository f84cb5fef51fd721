/** Checks of datasets and of single arguments. */
import type { RowCount } from "../data/DataError.ts"
import * as Dataset from "../data/Dataset.ts"
import { type Bounds, isWithin, refusalOf } from "../learning/OptionError.ts"
import { NDArray } from "../types/NDArray.ts"
import * as Shape from "../types/Shape.ts"
import type { Spec } from "../types/ShapeError.ts"
import * as Tree from "../types/Tree.ts"
import { ConfigError } from "./ConfigError.ts"

/** What is wrong, or `undefined`. */
export type Problem = ConfigError | undefined

/** A problem with an argument. */
export const problem = (argument: string, got: string, wanted: string, hint: string): ConfigError =>
  new ConfigError({ argument, got, wanted, hint })

/** The first problem of a list. */
export const firstOf = (problems: Iterable<Problem>): Problem => {
  for (const each of problems) if (each !== undefined) return each
  return undefined
}

/** A whole number, at least `min`. */
export const count = (argument: string, value: number, min: number): Problem =>
  Number.isSafeInteger(value) && value >= min
    ? undefined
    : problem(argument, String(value), `a whole number from ${min}`, `${argument}: ${Math.max(min, 1)}`)

/** A number within the bounds of a catalogue option. */
export const bounded = (argument: string, value: number, bounds: Bounds & { readonly default?: number }): Problem =>
  isWithin(value, bounds)
    ? undefined
    : problem(argument, String(value), refusalOf(value, bounds), `${argument}: ${bounds.default ?? 1}`)

const counted = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? "" : "s"}`

/** Rows along the first axis, at least one. */
export const rows = (argument: string, { shape }: Spec): Problem => {
  if (shape.length === 0)
    return problem(argument, "an array without axes", "rows along the first axis", "reshape it to [rows, …]")
  return shape[0] === 0 ? problem(argument, "no rows", "one row or more", "check how the data was read and split") : undefined
}

/** Arrays of a tree with rows, one or more. */
export const inputs = (argument: string, tree: unknown): Problem => {
  const entries = Tree.entries(tree)
  if (entries.length === 0) return problem(argument, "no array", "one array or more", "Dataset.make")
  return firstOf(entries.map(([path, array]) => rows(Tree.printPath([argument, ...path]), array as NDArray)))
}

/** Arrays with equal numbers of rows, at least one row, and class numbers within the list of classes. */
export const dataset = <X, T>(argument: string, data: Dataset.Dataset<X, T>): Problem => {
  const { classes, inputs: x, targets: t } = data
  const entries = Dataset.entries(data)
  const flat = entries.find(([, { shape }]) => shape.length === 0)
  if (flat !== undefined) return rows(`${argument}.${flat[0]}`, flat[1])
  const differing = Dataset.differingRows(data)
  if (differing !== undefined) return unequal(argument, differing)
  return (
    weights(`${argument}.weights`, data.weights) ??
    inputs(Tree.isLeaf(x) ? argument : `${argument}.inputs`, x) ??
    (classes === undefined || !(t instanceof NDArray) || t.dtype !== "i32"
      ? undefined
      : labels(`${argument}.targets`, t, classes.length, "number the classes from 0"))
  )
}

/** Weights of rows: one finite number of 0 or more for each, and not all of them 0. */
const weights = (argument: string, array: NDArray | undefined): Problem => {
  if (array === undefined) return undefined
  const hint = "Preprocess.dataset makes them of a column of the type `weight`"
  if (array.shape.length !== 1 || array.dtype !== "f32")
    return problem(argument, `${array.dtype}${Shape.print(array.shape)}`, "a number for each row, f32[rows]", hint)
  const wrong = array.data.findIndex((weight) => !(weight >= 0 && weight < Number.POSITIVE_INFINITY))
  if (wrong >= 0)
    return problem(argument, `a weight of ${array.data[wrong]} in row ${wrong}`, "finite numbers of 0 or more", hint)
  return array.data.every((weight) => weight === 0) ? problem(argument, "weights of 0 alone", "one above 0", hint) : undefined
}

/** Arrays of a tree with equal numbers of rows. */
export const equalRows = (argument: string, tree: unknown): Problem => {
  const differing = Dataset.differingArrays(tree)
  return differing && unequal(argument, differing)
}

const unequal = (argument: string, { first, other }: { readonly first: RowCount; readonly other: RowCount }): Problem =>
  first.array === "inputs" && other.array === "targets"
    ? problem(
        argument,
        `${counted(first.rows, "input")} and ${counted(other.rows, "target")}`,
        "one target for each input",
        "create it with Dataset.make, and split inputs and targets together",
      )
    : problem(
        argument,
        `${counted(first.rows, "row")} in ${first.array} and ${counted(other.rows, "row")} in ${other.array}`,
        "as many rows in every array",
        "create it with Dataset.make, and split all arrays together",
      )

/** The first class number outside 0 to `classes` - 1. */
export const labels = (argument: string, { data, shape }: NDArray, classes: number, hint: string): Problem => {
  const perRow = data.length / Math.max(1, shape[0] ?? 1)
  for (let i = 0; i < data.length; i++) {
    const label = data[i] ?? 0
    if (label < 0 || label >= classes)
      return problem(argument, `class ${label} in row ${Math.floor(i / perRow)}`, `class numbers from 0 to ${classes - 1}`, hint)
  }
  return undefined
}

/** Score names that do not hide a loss. `taken` are the names under which the loss is reported. */
export const scoreTable = (scores: object, taken: ReadonlyArray<string>): Problem => {
  const hidden = taken.find((name) => Object.hasOwn(scores, name))
  return hidden === undefined
    ? undefined
    : problem(
        `scores.${hidden}`,
        `a score called ${hidden}`,
        "another name",
        "the loss is always among the scores, under this name",
      )
}
