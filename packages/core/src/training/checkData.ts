/** Checks of datasets and of single arguments. */
import type * as Dataset from "../data/Dataset.ts"
import { type Bounds, isWithin, wantedOf } from "../learning/OptionError.ts"
import type { Spec } from "../types/ShapeError.ts"
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
  isWithin(value, bounds) ? undefined : problem(argument, String(value), wantedOf(bounds), `${argument}: ${bounds.default ?? 1}`)

const counted = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? "" : "s"}`

/** Rows along the first axis, at least one. */
export const rows = (argument: string, { shape }: Spec): Problem => {
  if (shape.length === 0)
    return problem(argument, "an array without axes", "rows along the first axis", "reshape it to [rows, …]")
  return shape[0] === 0 ? problem(argument, "no rows", "one row or more", "check how the data was read and split") : undefined
}

/** As many inputs as targets, at least one row, and class numbers within the list of classes. */
export const dataset = (argument: string, { classes, inputs, targets }: Dataset.Dataset): Problem => {
  const [n, m] = [inputs.shape[0] ?? 0, targets.shape[0] ?? 0]
  return (
    firstOf([
      inputs.shape.length === 0 ? rows(`${argument}.inputs`, inputs) : undefined,
      targets.shape.length === 0 ? rows(`${argument}.targets`, targets) : undefined,
    ]) ??
    (n === m
      ? undefined
      : problem(
          argument,
          `${counted(n, "input")} and ${counted(m, "target")}`,
          "one target for each input",
          "create it with Dataset.make, and split inputs and targets together",
        )) ??
    rows(argument, inputs) ??
    (classes === undefined || targets.dtype !== "i32" ? undefined : labels(`${argument}.targets`, targets.data, classes.length))
  )
}

const labels = (argument: string, data: ArrayLike<number>, classes: number): Problem => {
  for (let row = 0; row < data.length; row++) {
    const label = data[row] ?? 0
    if (label < 0 || label >= classes)
      return problem(
        argument,
        `class ${label} in row ${row}`,
        `class numbers from 0 to ${classes - 1}`,
        "number the classes from 0",
      )
  }
  return undefined
}

/** Score names that do not hide the loss. */
export const scoreTable = (scores: object): Problem =>
  Object.hasOwn(scores, "loss")
    ? problem("scores.loss", "a score called loss", "another name", "the loss is always among the scores, under this name")
    : undefined
