/** A search as lines: a row for a trial, the leaderboard, and the line that counts. */
import * as Leaderboard from "@adjoint/core/search/Leaderboard"
import type { Point } from "@adjoint/core/search/Space"
import type { Objective, Trial } from "@adjoint/core/search/Trial"
import { printable, columns as widthOf } from "@adjoint/dsl/diagnostic/Printable"
import { isFact } from "@adjoint/dsl/variables/Condition"
import { bar } from "../terminal/Bar.ts"
import { type Align, type Cell, cell, laid } from "../terminal/Cells.ts"
import * as Format from "../terminal/Format.ts"
import type { Style } from "../terminal/Style.ts"
import type { Definition } from "./Store.ts"
import type { TrialRecord } from "./TrialRecord.ts"

/** A dimension of the space as a column. */
export interface Column {
  /** The name in the space. */
  readonly name: string
  /** A short name that no other column has. */
  readonly title: string
  /** Whether its values are words. */
  readonly isChoice: boolean
  readonly print: (value: number) => string
}

/** What a search shows of itself. */
export interface Board {
  readonly columns: ReadonlyArray<Column>
  readonly objectives: ReadonlyArray<Objective>
}

/** A value of a dimension with few digits. */
const printNumber = (value: number): string => {
  const size = Math.abs(value)
  if (Number.isInteger(value) && size < 1e9) return String(value)
  return size < 0.01 || size >= 1e5 ? value.toExponential(1) : Format.decimal(value).replace(/(\.\d*?)0+$/, "$1")
}

/** The board of a study. */
export const boardOf = ({ dimensions, objectives }: Definition["board"]): Board => ({
  columns: dimensions.map(({ name, names, title }) => ({
    name,
    title: printable(title),
    isChoice: names !== undefined,
    print: (value) => (names === undefined ? printNumber(value) : printable(names[value] ?? String(value))),
  })),
  objectives,
})

/** The last words of names that still tell them apart: `units` and `dropout`, or `adam.lr` and `sgd.lr`. */
export const titles = (names: ReadonlyArray<string>): ReadonlyArray<string> =>
  names.map((name) => {
    const words = name.split(".")
    const ends = words.map((_, i) => words.slice(i).join("."))
    const isOwn = (end: string) => names.every((other) => other === name || (other !== end && !other.endsWith(`.${end}`)))
    return ends.findLast(isOwn) ?? name
  })

/** A value of an objective: a score, or a size, which is a whole number. */
const printValue = (name: string, value: number): string => (isFact(name) ? Format.count(value) : Format.score(name, value))

/** The values of a complete trial, or why it has none. */
const resultOf = ({ objectives }: Board, { state, values }: Trial): ReadonlyArray<string> =>
  objectives.map(({ name }, i) => {
    const value = state === "complete" ? values?.[i] : undefined
    return value === undefined ? (i === 0 ? state : "") : printValue(name, value)
  })

const timeOf = (seconds: number | undefined): string => (seconds === undefined ? "" : Format.duration(1000 * seconds))

/** A point with the words of its choices. */
export const pointOf = ({ columns }: Board, point: Point): { readonly [dimension: string]: number | string } =>
  Object.fromEntries(
    columns.flatMap(({ isChoice, name, print }) => {
      const value = point[name]
      return value === undefined ? [] : [[name, isChoice ? print(value) : value] as const]
    }),
  )

/** A trial with what its process recorded of it. */
export type Recorded = Trial & Partial<Pick<TrialRecord, "problem" | "seconds">>

/** A trial as `--json` prints it. */
export const record = (board: Board, { cost, number, point, problem, seconds, state, values }: Recorded) => ({
  number,
  point: pointOf(board, point),
  state,
  ...(values === undefined ? {} : { values }),
  ...(problem === undefined ? {} : { problem }),
  ...(cost === undefined ? {} : { cost }),
  ...(seconds === undefined ? {} : { seconds }),
})

/**
 * A trial in one line: `trial 17 · val.r2 0.5310 · units 32, lr 0.0021 · 0.4 s`. Where it is wider than `room`, the last values of its
 * point are left out.
 */
export const line = (
  board: Board,
  trial: Recorded,
  isBest: boolean,
  style: Style,
  room: number = Number.POSITIVE_INFINITY,
): string => {
  const results = resultOf(board, trial).flatMap((text, i) => {
    if (text === "") return []
    return [trial.state === "complete" ? `${board.objectives[i]?.name ?? ""} ${text}` : text]
  })
  const point = board.columns.flatMap(({ name, print, title }) => {
    const value = trial.point[name]
    return value === undefined ? [] : [`${title} ${print(value)}`]
  })
  const time = timeOf(trial.seconds)
  const problem = trial.problem === undefined ? "" : `: ${printable(trial.problem)}`
  const textOf = (kept: number): string => {
    const values = [...point.slice(0, kept), ...(kept < point.length ? ["…"] : [])].join(", ")
    return `trial ${trial.number} · ${[`${results.join(", ")}${problem}`, values, ...(time === "" ? [] : [time])].join(" · ")}`
  }
  let kept = point.length
  while (kept > 0 && widthOf(textOf(kept)) + (isBest ? 2 : 0) > room) kept--
  return `${isBest ? `${style("good", "●")} ` : ""}${textOf(kept)}`
}

/** The room of a table that leaves out columns of dimensions from the right until it fits. */
const fitting = (rows: ReadonlyArray<ReadonlyArray<Cell>>, dimensions: number, room: number) => {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => widthOf(row[i]?.text ?? ""))))
  let kept = dimensions
  const width = () => widths.reduce((sum, each, i) => sum + (i >= 2 + kept && i < 2 + dimensions ? 0 : each + 2), -2)
  while (kept > 1 && width() > room) kept--
  return kept
}

/** The best trials as a table no wider than `room`, where it can be. */
export const leaderboard = (
  board: Board,
  trials: ReadonlyArray<Trial>,
  seconds: ReadonlyMap<number, number>,
  most: number,
  room: number,
  style: Style,
): ReadonlyArray<string> => {
  const rows = Leaderboard.of(trials, board.objectives).slice(0, most)
  if (rows.length === 0) return []
  const { columns, objectives } = board
  const header = ["", "trial", ...columns.map(({ title }) => title), ...objectives.map(({ name }) => name), "time"]
  const cells = [
    header.map((text) => cell(text, (shown) => style("faint", shown))),
    ...rows.map(({ place, trial }) => [
      cell(place === 1 ? "●" : "", (text) => style("good", text)),
      cell(String(trial.number)),
      ...columns.map(({ name, print }) => {
        const value = trial.point[name]
        return cell(value === undefined ? "–" : print(value))
      }),
      ...resultOf(board, trial).map((text) => cell(text, place === 1 ? (shown) => style("strong", shown) : undefined)),
      cell(timeOf(seconds.get(trial.number)), (text) => style("faint", text)),
    ]),
  ]
  const kept = fitting(cells, columns.length, room)
  const isKept = (_: unknown, i: number) => i < 2 + kept || i >= 2 + columns.length
  const aligns: ReadonlyArray<Align> = ["left", ...header.slice(1).map((): Align => "right")]
  return laid(
    cells.map((row) => row.filter(isKept)),
    aligns.filter(isKept),
  )
}

/** How many trials ended in which way. */
export const counts = (trials: ReadonlyArray<Trial>): string => {
  const of = (state: Trial["state"]) => trials.filter((trial) => trial.state === state).length
  const parts = (["pruned", "diverged", "failed", "refused"] as const).flatMap((state) => {
    const n = of(state)
    return n === 0 ? [] : [`${Format.count(n)} ${state}`]
  })
  return [Format.counted(trials.length - of("refused"), "trial"), ...parts].join(", ")
}

/** How far a search is. */
export interface Standing {
  readonly done: number
  readonly trials: number | undefined
  readonly running: number
  readonly best: Trial | undefined
  /** Milliseconds that are left, as far as can be said. */
  readonly left: number | undefined
}

/** The line that a terminal draws over and over. */
export const standing = (board: Board, { best, done, left, running, trials }: Standing, width: number, style: Style): string => {
  const drawn = trials === undefined ? undefined : bar(trials === 0 ? 1 : done / trials, width >= 100 ? 24 : 16)
  const value = best?.values?.[0]
  const name = board.objectives[0]?.name ?? ""
  const pieces = [
    `▸ ${Format.count(done)}${trials === undefined ? "" : `/${Format.count(trials)}`} trials`,
    ...(drawn === undefined ? [] : [drawn.done + drawn.left]),
    `${running} running`,
    ...(best === undefined || value === undefined ? [] : [`· best ${name} ${Format.score(name, value)}, trial ${best.number}`]),
    ...(left === undefined ? [] : [`· ${Format.duration(left)} left`]),
  ]
  let used = 0
  const shown: Array<string> = []
  for (const piece of pieces) {
    const wide = widthOf(piece)
    if (used + wide + 1 > width - 1) break
    used += wide + 1
    const isBar = drawn !== undefined && piece === drawn.done + drawn.left
    shown.push(isBar ? `${style("accent", drawn.done)}${style("faint", drawn.left)}` : piece)
  }
  return shown.join(" ")
}
