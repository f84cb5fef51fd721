/**
 * Series: the rows of a table in time order as windows of past values, and what comes after each of them. A window is known by its
 * last row. It holds every input of its rows, and the targets of its rows too, which are known by then; what is predicted are the
 * targets some steps after it.
 */
import * as Result from "effect/Result"
import * as NDArray from "../types/NDArray.ts"
import * as Column from "./Column.ts"
import { type DataError, dataError } from "./DataError.ts"
import * as Dataset from "./Dataset.ts"
import type { FittedColumns, FittedHead, FittedSeries, FittedTarget } from "./Fitted.ts"
import * as Preprocess from "./Preprocess.ts"
import * as Split from "./Split.ts"
import { type Order, order, type Rows } from "./series/order.ts"
import type { Table } from "./Table.ts"
import * as TableInput from "./TableInput.ts"
import * as TableTarget from "./TableTarget.ts"
import * as UsedColumns from "./UsedColumns.ts"

export { type Order, order, type Rows } from "./series/order.ts"

/** Windows over series. */
export interface Series extends Rows {
  /** The rows of a window. */
  readonly window: number
  /** The steps after the last row of a window at which targets are predicted, rising, from 1. */
  readonly horizon: ReadonlyArray<number>
}

/** Which windows are taken. */
export interface Choice {
  /** The rows from one window to the next: 1 unless given. */
  readonly step?: number
  /** Times from the first up to, but without, the second: all unless given. A window's targets lie within. */
  readonly times?: readonly [first: number, end: number]
  /** Whether a window may begin before these times, in the rows of an earlier part. Its targets still lie within. */
  readonly overlap?: boolean
}

type DataResult<A> = Result.Result<A, DataError>

/**
 * The last row of each window, in the order of their series. No window crosses the end of a series, a gap or, unless `overlap`, the
 * end of a part; a stretch of n rows has ⌊(n - window - horizon) / step⌋ + 1 windows.
 *
 * ```ts
 * import { Series, Table } from "@adjoint/core"
 * import { Result } from "effect"
 *
 * const table = Table.make(["x"], [["1"], ["2"], ["3"], ["4"], ["5"]])
 * const ordered = Result.getOrThrow(Series.order(table, { gaps: "error" }))
 * Series.windows(ordered, { window: 2, horizon: [1] }) // => new Int32Array([1, 2, 3])
 * ```
 */
export const windows = (
  { end, rows, start, time, times }: Order,
  { horizon, window }: Pick<Series, "horizon" | "window">,
  { overlap = false, step = 1, times: [first, last] = [0, times] }: Choice = {},
): Int32Array => {
  const [nearest, furthest] = [Math.min(...horizon), Math.max(...horizon)]
  const found: Array<number> = []
  // The first window of each stretch decides where the next ones begin.
  let begin = -1
  let stretch = -1
  for (let place = 0; place < rows.length; place++) {
    const from = place - window + 1
    if (from < (start[place] ?? 0) || place + furthest >= (end[place] ?? 0)) continue
    if (!overlap && (time[from] ?? 0) < first) continue
    if ((time[place + nearest] ?? 0) < first || (time[place + furthest] ?? 0) >= last) continue
    if (stretch !== start[place]) {
      stretch = start[place] ?? 0
      begin = from
    }
    if ((from - begin) % step === 0) found.push(rows[place] ?? 0)
  }
  return Int32Array.from(found)
}

/** The parts of a split in time order: the times of each part, from the first up to, but without, the second. Fails with `BadSplit`. */
export const divide = <Name extends string>(
  { times }: Order,
  wanted: { readonly [P in Name]: Split.Part },
): DataResult<{ readonly [P in Name]: readonly [first: number, end: number] }> =>
  Result.map(Split.inOrder(times, wanted), (parts) => {
    const ends = Object.entries<Split.Rows>(parts).map(([name, all]) => [name, [all[0] ?? 0, (all.at(-1) ?? -1) + 1]] as const)
    return Object.fromEntries(ends) as unknown as { readonly [P in Name]: readonly [first: number, end: number] }
  })

/** The rows of the table at these times. */
export const rowsAt = ({ rows, time }: Order, [first, end]: readonly [first: number, end: number]): Int32Array =>
  rows.filter((_, place) => (time[place] ?? 0) >= first && (time[place] ?? 0) < end).sort()

/** What is learned of a series: how its columns become numbers. */
export interface Fitted {
  readonly input: FittedColumns
  readonly target: FittedTarget
  readonly series: FittedSeries
}

const refuse = (at: string, got: string, wanted: string, hint: string): DataResult<never> =>
  Result.fail(dataError({ _tag: "BadSpec", at, got, wanted, hint }))

/** A target at each step ahead. Fails with `BadSpec` for a class at several. */
export const ahead = (target: FittedHead, horizon: ReadonlyArray<number>): DataResult<FittedHead> => {
  if (target.type === "numbers")
    return Result.succeed({
      ...target,
      columns: target.columns.flatMap((column) => horizon.map((steps) => ({ ...column, ahead: steps }))),
    })
  return horizon.length === 1
    ? Result.succeed(target)
    : refuse(
        `column \`${target.type === "labels" ? (target.columns[0]?.name ?? "") : target.name}\``,
        `a class at ${horizon.length} steps ahead`,
        "one step ahead for a class; several are for numbers",
        `\`horizon: [${horizon[0] ?? 1}]\``,
      )
}

/** The columns of a window: the inputs, then the targets that are numbers or one of two names. */
export const channels = (used: ReadonlyArray<UsedColumns.Used>): ReadonlyArray<UsedColumns.Used> => [
  ...used.filter(UsedColumns.isInput),
  ...used.filter((each) => UsedColumns.isTarget(each) && Column.targetOf(each.column) !== "class"),
]

/** Learns the columns of windows and targets from the given rows, which are those of the training part. Fails as `Preprocess.fit` does. */
export const fit = (columns: Column.Columns, series: Series, table: Table, rows: ArrayLike<number>): DataResult<Fitted> =>
  Result.gen(function* () {
    const used = yield* UsedColumns.resolve(columns, table)
    const input = yield* TableInput.fitInputs(channels(used), table, rows)
    const target = yield* TableTarget.fitTarget(used.filter(UsedColumns.isTarget), table, rows)
    return { input, target: target === null ? null : yield* ahead(target, series.horizon), series: recorded(series) }
  })

/** What reading and predicting rows need to know of series. */
export const recorded = ({ format, gaps, group, horizon, time, window }: Series): FittedSeries => ({
  window,
  horizon,
  gaps,
  ...(time === undefined ? {} : { time }),
  ...(format === undefined ? {} : { format }),
  ...(group === undefined ? {} : { group }),
})

/** Fails for a window that does not lie within its series. */
const checked = (table: Table, series: FittedSeries, { places, start }: Order, ends: ArrayLike<number>): DataResult<void> => {
  for (let i = 0; i < ends.length; i++) {
    const row = ends[i] ?? 0
    const place = places[row] ?? 0
    const before = place - (start[place] ?? 0) + 1
    if (before < series.window)
      return Result.fail(
        dataError({
          _tag: "BadCell",
          line: table.line(row),
          row: row + 1,
          column: series.time ?? table.columns[0] ?? "",
          got: `${before} row${before === 1 ? "" : "s"} of its series up to here`,
          wanted: `${series.window}, as many as a window has`,
          hint: "give the rows before it too",
        }),
      )
  }
  return Result.succeed(undefined)
}

/** The rows that windows are made of. */
export interface Spread {
  /** The rows of the table, those of each series in time order: the rows of a window are neighbours. */
  readonly rows: Int32Array
  /** The index of the first row of each window among them. */
  readonly first: Int32Array
}

/** The rows of the windows that end with these rows of a table. Fails as `inputs` does. */
export const spread = (series: FittedSeries, table: Table, ends: ArrayLike<number>): DataResult<Spread> =>
  Result.gen(function* () {
    const own = yield* order(table, series)
    yield* checked(table, series, own, ends)
    const { window } = series
    /** Whether the row at a place is in a window; then its index among those that are, from 1. */
    const index = new Int32Array(table.size)
    for (let i = 0; i < ends.length; i++) {
      const place = own.places[ends[i] ?? 0] ?? 0
      index.fill(1, place - window + 1, place + 1)
    }
    let count = 0
    for (let place = 0; place < index.length; place++) if (index[place] === 1) index[place] = ++count
    const rows = new Int32Array(count)
    for (let place = 0; place < index.length; place++) {
      const at = index[place] ?? 0
      if (at > 0) rows[at - 1] = own.rows[place] ?? 0
    }
    const first = Int32Array.from(ends, (end) => (index[(own.places[end] ?? 0) - window + 1] ?? 1) - 1)
    return { rows, first }
  })

/**
 * The windows that end with these rows of a table: `f32` [windows, window, columns]. Fails with `BadCell` for a window that does not
 * lie within its series, and as `Preprocess.inputs` and `order` do.
 */
export const inputs = ({ input, series }: Pick<Fitted, "input" | "series">, table: Table, ends: ArrayLike<number>) =>
  Result.gen(function* () {
    const { window } = series
    const { first, rows: placed } = yield* spread(series, table, ends)
    const width = input.columns.flatMap(TableInput.columnNames).length
    const size = ends.length * window * width
    if (size > most)
      return yield* Result.fail(
        dataError({ _tag: "TooLarge", what: "the windows", got: BigInt(size), limit: most, unit: "numbers" }),
      )
    const rows = placed.slice().sort()
    const index = new Int32Array(table.size)
    for (const [i, row] of rows.entries()) index[row] = i
    const { data } = yield* TableInput.inputs(input, table, rows)
    const out = new Float32Array(size)
    for (let i = 0; i < ends.length; i++)
      for (let step = 0; step < window; step++) {
        const from = (index[placed[(first[i] ?? 0) + step] ?? 0] ?? 0) * width
        out.set(data.subarray(from, from + width), (i * window + step) * width)
      }
    return NDArray.make("f32", [ends.length, window, width], out)
  })

/** The most numbers of one array. */
const most = 2 ** 31 - 1

/** The targets after the windows that end with these rows: those of `Preprocess.targets`, with a number for each column and each step ahead. */
export const targets = (
  target: FittedHead,
  series: FittedSeries,
  table: Table,
  ends: ArrayLike<number>,
): DataResult<NDArray.NDArray> =>
  Result.gen(function* () {
    const own = yield* order(table, series)
    const at = (steps: number): Int32Array =>
      Int32Array.from({ length: ends.length }, (_, i) => own.rows[(own.places[ends[i] ?? 0] ?? 0) + steps] ?? -1)
    const { horizon } = series
    if (target.type !== "numbers") return yield* TableTarget.targets(target, table, at(horizon[0] ?? 1))
    const width = target.columns.length
    const out = new Float32Array(ends.length * width)
    for (const steps of horizon) {
      const columns = target.columns.flatMap((column, i) => (column.ahead === steps ? [{ column, i }] : []))
      const head: FittedHead = { type: "numbers", columns: columns.map(({ column }) => column) }
      const { data } = yield* TableTarget.targets(head, table, at(steps))
      for (let row = 0; row < ends.length; row++)
        for (const [k, { i }] of columns.entries()) out[row * width + i] = data[row * columns.length + k] ?? 0
    }
    return NDArray.make("f32", [ends.length, width], out)
  })

/** The windows that end with these rows, with their targets. Fails as `inputs` and `targets` do. */
export const dataset = (fitted: Fitted, table: Table, ends: ArrayLike<number>): DataResult<Dataset.Dataset> =>
  Result.gen(function* () {
    if (fitted.target === null) return yield* refuse("columns", "no target", "a column to predict", "`role: target`")
    const names = Preprocess.names({ version: 1, input: { type: "columns", columns: [] }, target: fitted.target })
    const made = yield* targets(fitted.target, fitted.series, table, ends)
    return yield* Dataset.make(yield* inputs(fitted, table, ends), made, names)
  })
