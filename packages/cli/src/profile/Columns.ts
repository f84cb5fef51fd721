/** The columns of a table as lines for a terminal. */
import { printClock } from "@adjoint/core/data/Calendar"
import * as Column from "@adjoint/core/data/Column"
import * as PreprocessTree from "@adjoint/core/data/PreprocessTree"
import type { ColumnProfile, NameCount, Profile, Relation } from "@adjoint/core/data/Profile"
import { percent } from "@adjoint/core/data/percent"
import type { Data } from "@adjoint/dsl/Document"
import { printable, columns as widthOf } from "@adjoint/dsl/diagnostic/Printable"
import type { Profiled } from "@adjoint/dsl/prepare/Profiled"
import * as Format from "../terminal/Format.ts"
import { sparkBar } from "../terminal/Sparkline.ts"
import type { Style } from "../terminal/Style.ts"
import { shortened } from "../terminal/Text.ts"

/** A column with the type that the model file declares. */
export interface DeclaredColumn extends ColumnProfile {
  readonly type: string
}

/** The columns of a profile with their types. */
export const columnsOf = ({ columns: declared = {} }: Data, { columns }: Profile): ReadonlyArray<DeclaredColumn> =>
  columns.map((column) => {
    const own = Column.declared(declared, column.name)
    return { ...column, type: own === undefined ? "" : Column.whole(own).type }
  })

/** A column as an event has it: its dates as texts. */
export const columnEvent = ({ period, ...column }: DeclaredColumn) =>
  period === undefined
    ? column
    : { ...column, period: { ...period, first: printClock(period.first), last: printClock(period.last) } }

/** The names of the numbers that the net is given, if the rows can be prepared. */
export const inputNames = ({ fitted }: Pick<Profiled, "fitted">): ReadonlyArray<string> =>
  fitted === undefined ? [] : PreprocessTree.inputsOf(fitted).flatMap(([, input]) => PreprocessTree.columnNames(input) ?? [])

/** Counts as bars, the largest full. */
const barsOf = (counts: ReadonlyArray<number>): string => {
  const most = Math.max(1, ...counts)
  return counts.map((count) => sparkBar(count / most)).join("")
}

/** A number short. */
const short = (x: number): string => (Number.isInteger(x) && Math.abs(x) < 1e6 ? String(x) : String(Number(x.toPrecision(3))))

const wholePercent = (rows: number, of: number): string => (of === 0 ? "" : percent(rows / of))

const nameOf = (name: string): string => shortened(printable(name), 16)

/** As many parts as there is room for, and how many are left out. */
const fitted = (parts: ReadonlyArray<string>, all: number, room: number): string => {
  for (let shown = parts.length; shown > 0; shown--) {
    const more = all - shown
    const text = [...parts.slice(0, shown), ...(more > 0 ? [`${Format.count(more)} more`] : [])].join(" · ")
    if (widthOf(text) <= room) return text
  }
  return ""
}

const printNames = (names: ReadonlyArray<NameCount>, distinct: number, rows: number, room: number): string =>
  fitted(
    names.map(({ name, rows: own }) => `${nameOf(name)} ${wholePercent(own, rows)}`),
    distinct,
    room,
  )

/** Numbers with fewer distinct values are shown as names. */
const fewNames = 6

const content = ({ blanks, distinct, names, period, spread }: DeclaredColumn, rows: number, room: number): string => {
  if (distinct === 0) return "only blanks"
  if (period !== undefined && distinct >= fewNames) {
    const between = (print: (clock: number) => string): string => `${print(period.first)} … ${print(period.last)}`
    const [bars, whole] = [barsOf(period.histogram), between(printClock)]
    const dates = widthOf(`${bars}  ${whole}`) <= room ? whole : between((clock) => printClock(clock).split(" ")[0] ?? "")
    return `${bars}  ${dates}`
  }
  if (spread !== undefined && distinct >= fewNames) {
    const range = `${barsOf(spread.histogram)}  ${short(spread.least)} … ${short(spread.greatest)}`
    const whole = `${range}, mean ${short(spread.mean)}`
    return widthOf(whole) <= room ? whole : range
  }
  const isUnique = names[0]?.rows === 1 && distinct > 1
  const shown = isUnique ? "" : printNames(names, distinct, rows - blanks, room)
  return shown === "" ? `${Format.counted(distinct, "name")}${isUnique ? ", one a row" : ""}` : shown
}

/** A column that tells the target in this share of the rows. */
const telling = 0.995

const printRelation = ({ correlation, groups, strength, told = 0 }: Relation, distinct: number, room: number): string => {
  if (groups !== undefined && distinct <= fewNames) {
    const isShare = groups.every(({ mean = -1 }) => mean >= 0 && mean <= 1)
    const parts = groups.map(({ mean = Number.NaN, name }) => `${nameOf(name)} ${isShare ? percent(mean) : short(mean)}`)
    const text = fitted(parts, distinct, room)
    if (text !== "") return text
  }
  if (told >= telling) return "tells it"
  return correlation === undefined ? strength.toFixed(2) : `r ${correlation.toFixed(2)}`
}

const heads = ["column", "type", "blank", "what it holds"] as const

/** The least columns for what a column holds and for its relation with the target, which share what the names leave. */
const least = 24

/** A table of the columns, as wide as the terminal. */
export const printColumns = (
  columns: ReadonlyArray<DeclaredColumn>,
  target: string | undefined,
  width: number,
  style: Style,
): ReadonlyArray<string> => {
  const rows = Math.max(0, ...columns.map(({ blanks, names }) => blanks + names.reduce((sum, { rows: own }) => sum + own, 0)))
  const names = columns.map(({ name }) => shortened(printable(name), 24))
  const blanks = columns.map(({ blanks: count }) => (count === 0 ? "" : Format.count(count)))
  const widest = (texts: ReadonlyArray<string>): number => Math.max(...texts.map(widthOf))
  const [w0, w1, w2] = [
    widest([heads[0], ...names]),
    widest([heads[1], ...columns.map(({ type }) => type)]),
    widest([heads[2], ...blanks]),
  ]
  const left = width - w0 - w1 - w2 - 8
  const half = Math.max(least, Math.floor(left / 2))
  const relations = columns.map(({ distinct, name, relation }) =>
    name === target ? "is the target" : relation === undefined ? "" : printRelation(relation, distinct, half),
  )
  const head = target === undefined ? "" : shortened(printable(target), half)
  const room = Math.max(least, left - (target === undefined ? 0 : widest([head, ...relations])))
  const contents = columns.map((column) => shortened(content(column, rows, room), room))
  const w3 = widest([heads[3], ...contents])
  const [strongest] = columns
    .filter(({ isInput, relation }) => isInput && (relation?.strength ?? 0) > 0)
    .sort((a, b) => (b.relation?.strength ?? 0) - (a.relation?.strength ?? 0))
  const pad = (text: string, to: number): string => text + " ".repeat(Math.max(0, to - widthOf(text)))
  const line = (cells: readonly [string, string, string, string, string]): string =>
    `${pad(cells[0], w0)}  ${pad(cells[1], w1)}  ${" ".repeat(Math.max(0, w2 - widthOf(cells[2])))}${cells[2]}  ${pad(cells[3], w3)}  ${cells[4]}`.trimEnd()
  return [
    style("faint", line([...heads, head])),
    ...columns.map(({ isInput, name, type }, i) => {
      const text = line([names[i] ?? "", type, blanks[i] ?? "", contents[i] ?? "", relations[i] ?? ""])
      return isInput || name === target ? text : style("faint", text)
    }),
    ...(strongest?.relation === undefined
      ? []
      : [
          "",
          `goes with ${printable(target ?? "")} most: ${printable(strongest.name)}, ${strongest.relation.strength.toFixed(2)} of 1`,
        ]),
  ]
}
