/** Arrays of rows as lines for a terminal: the numbers of each, and the classes of the target. */

import type { FittedTree } from "@adjoint/core/data/Fitted"
import { isTable } from "@adjoint/core/data/Preprocess"
import * as PreprocessTree from "@adjoint/core/data/PreprocessTree"
import type { NameCount } from "@adjoint/core/data/Profile"
import { blocks, type RawArray, take } from "@adjoint/core/data/RawArray"
import type { Table } from "@adjoint/core/data/Table"
import * as Shape from "@adjoint/core/types/Shape"
import { printable } from "@adjoint/dsl/diagnostic/Printable"
import type { Profiled } from "@adjoint/dsl/prepare/Profiled"
import * as Result from "effect/Result"
import { bar } from "../terminal/Bar.ts"
import * as Format from "../terminal/Format.ts"
import type { Style } from "../terminal/Style.ts"
import { shortened } from "../terminal/Text.ts"

/** The numbers of an array in the training rows. */
export interface ArraySummary {
  readonly name: string
  readonly dtype: string
  readonly shape: Shape.Shape
  readonly least: number
  readonly greatest: number
  readonly mean: number
}

type Arrays = Exclude<PreprocessTree.TreeRaw, Table>

/** The numbers of the given rows; with lengths, without the padding. */
const summarize = (name: string, array: RawArray, rows: ArrayLike<number>, lengths?: RawArray): ArraySummary => {
  const { dtype, shape } = array
  const size = Shape.size(shape.slice(1))
  const step = Shape.size(shape.slice(2))
  const steps = lengths === undefined ? undefined : take(lengths, rows).data
  let [least, greatest, sum, count] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, 0]
  for (const { data, first, rows: own } of blocks(array, rows))
    for (let i = 0; i < own.length; i++) {
      const start = (own[i] ?? 0) * size
      const end = start + (steps === undefined ? size : (steps[first + i] ?? 0) * step)
      count += end - start
      for (let at = start; at < end; at++) {
        const value = Number(data[at] ?? 0)
        least = Math.min(least, value)
        greatest = Math.max(greatest, value)
        sum += value
      }
    }
  return { name, dtype, shape: shape.slice(1), least, greatest, mean: sum / count }
}

/** The arrays of the rows, by name. */
export const arraysOf = (raw: Arrays, rows: ArrayLike<number>, fitted?: FittedTree): ReadonlyArray<ArraySummary> => {
  const lengths = new Map(
    (fitted === undefined ? [] : PreprocessTree.inputsOf(fitted)).flatMap(([, input]) =>
      input.type === "array" ? [[input.array, input.sequence?.lengths] as const] : [],
    ),
  )
  return PreprocessTree.hasNamedArrays(raw)
    ? Object.entries(raw.arrays).map(([name, { array }]) =>
        summarize(name, array, rows, raw.arrays[lengths.get(name) ?? ""]?.array),
      )
    : [summarize("inputs", raw.inputs, rows), ...(raw.targets === undefined ? [] : [summarize("targets", raw.targets, rows)])]
}

/** How many training rows each class of the one target has, in the order of the classes; undefined if it is none. */
export const classesOf = ({ fitted, parts, raw }: Profiled): ReadonlyArray<NameCount> | undefined => {
  if (fitted === undefined || isTable(raw)) return undefined
  const [head, ...others] = PreprocessTree.headsOf(fitted)
  if (head === undefined || others.length > 0) return undefined
  const [name, target] = head
  if (target.type !== "class" && target.type !== "binary") return undefined
  const targets = PreprocessTree.targets(fitted, raw, parts.train)
  if (Result.isFailure(targets)) return undefined
  const counts = target.classes.map((name) => ({ name, rows: 0 }))
  for (const label of PreprocessTree.arrayOf(targets.success, name).data) {
    const count = counts[Number(label)]
    if (count !== undefined) count.rows += 1
  }
  return counts
}

/** Classes that are listed. */
const listed = 20

const barWidth = 24

/** A line for each array, and one for each class. */
export const printArrays = (
  arrays: ReadonlyArray<ArraySummary>,
  classes: ReadonlyArray<NameCount> | undefined,
  width: number,
  style: Style,
): ReadonlyArray<string> => {
  const lines = arrays.map(
    ({ dtype, greatest, least, mean, name, shape }) =>
      `${printable(name)}  ${dtype}${Shape.print(shape)}  ${Format.decimal(least)} … ${Format.decimal(greatest)}, mean ${Format.decimal(mean)}`,
  )
  if (classes === undefined || classes.length === 0) return lines
  const most = Math.max(1, ...classes.map(({ rows }) => rows))
  const total = classes.reduce((sum, { rows }) => sum + rows, 0)
  const shown = classes.slice(0, listed)
  const names = shown.map(({ name }) => shortened(printable(name), Math.max(8, width - barWidth - 20)))
  const longest = Math.max(...names.map((name) => name.length))
  return [
    ...lines,
    "",
    style("faint", "classes of the training rows"),
    ...shown.map(({ rows }, i) => {
      const { done } = bar(rows / most, barWidth)
      return `${(names[i] ?? "").padEnd(longest)}  ${done.padEnd(barWidth)}  ${Format.count(rows)}  ${Format.percent(rows / total)}`
    }),
    ...(classes.length > listed ? [`… and ${classes.length - listed} more`] : []),
  ]
}
