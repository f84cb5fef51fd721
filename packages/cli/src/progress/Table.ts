/** The table of epochs: its columns, and as many of them as the terminal is wide. */
import type { EpochScored, Started } from "@adjoint/core/training/TrainEvent"
import * as Format from "../terminal/Format.ts"

interface Column {
  readonly name: string
  readonly width: number
  readonly cell: (event: EpochScored) => string
  /** Columns of higher rank go first when there is no room. */
  readonly rank: number
}

const scoreOf = ({ train, validation }: EpochScored, part: "train" | "val", name: string): string => {
  const scores = part === "train" ? train : (validation ?? {})
  return Object.hasOwn(scores, name) ? Format.score(name, scores[name] ?? Number.NaN) : ""
}

/** The columns for a run, known when its first epoch is scored. */
const columnsOf = (first: EpochScored, { epochs }: Pick<Started, "epochs">): ReadonlyArray<Column> => {
  const names = Object.keys(first.train)
  const score = (part: "train" | "val", name: string, rank: number): Column => ({
    name: `${part}.${name}`,
    width: Math.max(`${part}.${name}`.length, 8),
    cell: (event) => scoreOf(event, part, name),
    rank,
  })
  const validated = first.validation !== undefined
  const metrics = names.filter((name) => name !== "loss")
  return [
    { name: "epoch", width: Math.max(5, String(epochs).length), cell: ({ epoch }) => String(epoch), rank: 0 },
    score("train", "loss", 1),
    ...(validated ? [score("val", "loss", 1)] : []),
    ...metrics.map((name) => score(validated ? "val" : "train", name, 2)),
    { name: "lr", width: 7, cell: ({ learningRate }) => Format.rate(learningRate), rank: 4 },
    { name: "rows/s", width: 8, cell: ({ rowsPerSecond }) => Format.count(rowsPerSecond), rank: 5 },
    { name: "time", width: 6, cell: ({ milliseconds }) => Format.duration(milliseconds), rank: 3 },
  ]
}

const widthOf = (columns: ReadonlyArray<Column>): number => columns.reduce((sum, { width }) => sum + width + 2, 2)

/** As many columns as fit, those of the least rank first. */
const fitting = (columns: ReadonlyArray<Column>, width: number): ReadonlyArray<Column> => {
  let left = columns
  while (widthOf(left) > width && left.length > 2) {
    const worst = left.reduce((a, b) => (b.rank > a.rank ? b : a))
    left = left.filter((column) => column !== worst)
  }
  return left
}

export interface Table {
  readonly header: string
  readonly row: (event: EpochScored) => string
}

/** A table for a run in a terminal of some width. */
export const table = (first: EpochScored, started: Pick<Started, "epochs">, width: number): Table => {
  const columns = fitting(columnsOf(first, started), width)
  const laid = (cell: (column: Column) => string) => columns.map((column) => cell(column).padStart(column.width)).join("  ")
  return { header: laid(({ name }) => name), row: (event) => laid(({ cell }) => cell(event)) }
}
