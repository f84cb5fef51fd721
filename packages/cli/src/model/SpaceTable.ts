/** The space of a model file as a table and as plain data: what a search may choose, with the defaults. */
import * as Space from "@adjoint/core/search/Space"
import { type FileSpace, shown, shownValues } from "@adjoint/dsl/space/FileSpace"
import * as Format from "../terminal/Format.ts"
import type { Style } from "../terminal/Style.ts"
import { shortened } from "../terminal/Text.ts"

/** One dimension as plain data. */
export interface Dimension {
  readonly name: string
  readonly kind: "choice" | "int" | "float"
  /** The values of a choice in a few words. */
  readonly values?: ReadonlyArray<string>
  readonly low?: number
  readonly high?: number
  readonly log?: boolean
  readonly step?: number
  readonly default: string | number
  /** The dimension and its value that this one needs. */
  readonly when?: { readonly dimension: string; readonly value: string }
}

/** The space as plain data. Without a size it has infinitely many points. */
export interface SpaceData {
  readonly size?: number
  readonly dimensions: ReadonlyArray<Dimension>
}

const dimensionOf = (file: FileSpace, dimension: Space.Named): Dimension => {
  const { _tag, name, when } = dimension
  const usual = file.searched.get(name)?.standard ?? 0
  const condition =
    when === undefined ? {} : { when: { dimension: when.dimension, value: shown(file, when.dimension, when.choice) } }
  if (_tag === "Choice")
    return {
      name,
      kind: "choice",
      values: Array.from({ length: dimension.size }, (_, i) => shown(file, name, i)),
      default: shown(file, name, usual),
      ...condition,
    }
  const { high, log, low, step } = dimension
  return {
    name,
    kind: _tag === "Int" ? "int" : "float",
    low,
    high,
    ...(log === undefined ? {} : { log }),
    ...(step === undefined ? {} : { step }),
    default: usual,
    ...condition,
  }
}

/** The space of a file as plain data. */
export const spaceData = (file: FileSpace): SpaceData => {
  const size = Space.size(file.space)
  return {
    ...(Number.isFinite(size) ? { size } : {}),
    dimensions: file.space.map((dimension) => dimensionOf(file, dimension)),
  }
}

const gap = "  "

/** The dimensions with their depths, each above those that need one of its values. */
const nested = (space: Space.Space, condition?: Space.Condition, depth = 0): ReadonlyArray<readonly [Space.Named, number]> =>
  Space.under(space, condition).flatMap((dimension) => [
    [dimension, depth] as const,
    ...Array.from({ length: dimension._tag === "Choice" ? dimension.size : 0 }, (_, choice) =>
      nested(space, { dimension: dimension.name, choice }, depth + 1),
    ).flat(),
  ])

/** Values are not cut to fewer columns than this. */
const leastValues = 12

/** The space as lines: how large it is, and a line for each dimension. Where the lines have no room, the values are shortened. */
export const spaceLines = (file: FileSpace, width: number, style: Style): ReadonlyArray<string> => {
  const { dimensions, size } = spaceData(file)
  const rows = nested(file.space).map(([dimension, depth]) => {
    const { default: usual, name, when } = dimensionOf(file, dimension)
    return [gap.repeat(depth) + name, shownValues(file, name), String(usual), when === undefined ? "" : `with ${when.value}`]
  })
  const cells = [["dimension", "values", "default", ""], ...rows]
  const widths = [0, 1, 2, 3].map((i) => Math.max(...cells.map((row) => (row[i] ?? "").length)))
  const over = widths.reduce((sum, each) => sum + each + gap.length, -gap.length) - width
  const room = Math.max(leastValues, (widths[1] ?? 0) - Math.max(0, over))
  const laid = (row: ReadonlyArray<string>): string =>
    row
      .map((cell, i) => (i === 1 ? shortened(cell, room).padEnd(Math.min(room, widths[1] ?? 0)) : cell.padEnd(widths[i] ?? 0)))
      .join(gap)
      .trimEnd()
  const points = size === undefined ? "infinitely many points" : Format.counted(size, "point")
  return [
    `a search may choose among ${points}, in ${Format.counted(dimensions.length, "dimension")}`,
    ...cells.map((row, i) => (i === 0 ? style("faint", laid(row)) : laid(row))),
  ]
}
