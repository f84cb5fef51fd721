/** The rows of a table in the order of their series: one series after the other, each in time order. */
import * as Result from "effect/Result"
import { type Cell, type DataError, dataError, quote } from "../DataError.ts"
import * as Table from "../Table.ts"
import * as Moments from "./moments.ts"

/** How the rows of a table are series. */
export interface Rows {
  /** The column with the time of a row: numbers, or dates. Without it the rows of a series are in the order of the table. */
  readonly time?: string
  /** How the dates of `time` are written, as in a column of dates: ISO 8601, or numbers, unless given. */
  readonly format?: string
  /** The column that tells series apart. Without it all rows are one series. */
  readonly group?: string
  /** What an unequal step of time is: an error, or the end of a stretch that windows do not cross. */
  readonly gaps: "error" | "split"
}

/** Rows in the order of their series. A place is an index into `rows`. */
export interface Order {
  /** The row of the table at each place. */
  readonly rows: Int32Array
  /** The place of each row of the table. */
  readonly places: Int32Array
  /** The place at which the unbroken stretch of each place starts, and the one after its end. */
  readonly start: Int32Array
  readonly end: Int32Array
  /** The number of each place's time among all different times, in their order. */
  readonly time: Int32Array
  /** How many different times there are. */
  readonly times: number
  /** The last place of each series. */
  readonly last: ReadonlyArray<number>
}

type DataResult<A> = Result.Result<A, DataError>

/** The rows of each series, in the order of the table; without a column of groups all rows. */
const grouped = (table: Table.Table, group: string | undefined): DataResult<ReadonlyArray<Int32Array>> =>
  Result.gen(function* () {
    if (group === undefined) return table.size === 0 ? [] : [Int32Array.from({ length: table.size }, (_, row) => row)]
    const { text } = yield* Table.find(table, group)
    const numbers = new Map<string, number>()
    const sizes: Array<number> = []
    const groups = new Int32Array(table.size)
    for (let row = 0; row < table.size; row++) {
      const name = text(row).trim()
      const number = numbers.get(name) ?? sizes.length
      if (number === sizes.length) {
        numbers.set(name, number)
        sizes.push(0)
      }
      groups[row] = number
      sizes[number] = (sizes[number] ?? 0) + 1
    }
    const members = sizes.map((size) => new Int32Array(size))
    sizes.fill(0)
    for (const [row, number] of groups.entries()) {
      const at = sizes[number] ?? 0
      const own = members[number]
      if (own !== undefined) own[at] = row
      sizes[number] = at + 1
    }
    return members
  })

/** The times of all rows of a table. Fails with `BadCell` for a text that is no time. */
const momentsOf = (table: Table.Table, time: string, format: string | undefined): DataResult<Moments.Moments | undefined> =>
  Result.gen(function* () {
    const { format: marks, text } = yield* Table.find(table, time)
    const momentOf = Moments.reader(format, marks)
    const numbers = new Float64Array(table.size)
    let clocks: Float64Array | undefined
    let first: Moments.Moment | undefined
    for (let row = 0; row < table.size; row++) {
      const moment = momentOf(text(row))
      const isOther = moment !== undefined && first !== undefined && "number" in moment !== "number" in first
      if (moment === undefined || isOther)
        return yield* Result.fail(
          dataError({
            _tag: "BadCell",
            line: table.line(row),
            row: row + 1,
            column: time,
            got: text(row).trim() === "" ? "a blank" : quote(text(row)),
            wanted:
              first === undefined
                ? Moments.wanted(format)
                : `${"number" in first ? "a number" : "a date"}, as in the rows before`,
            hint: "every row of a series has a time",
          }),
        )
      first ??= moment
      numbers[row] = Moments.numberOf(moment)
      if ("date" in moment) {
        clocks ??= new Float64Array(table.size)
        clocks[row] = moment.date.clock
      }
    }
    return first === undefined ? undefined : { first, numbers, ...(clocks === undefined ? {} : { clocks }) }
  })

/** Where the stretches of one series start, as indices into its rows. Fails with `BadCell` for times that do not rise, or unequal steps. */
const stretches = (
  table: Table.Table,
  rows: Int32Array,
  moments: Moments.Moments,
  { gaps, group, time }: Rows & { readonly time: string },
): DataResult<ReadonlyArray<number>> =>
  Result.gen(function* () {
    const { text } = yield* Table.find(table, time)
    const numbers = Float64Array.from(rows, (row) => moments.numbers[row] ?? Number.NaN)
    const refuse = (i: number, got: string, wanted: string, hint: string): DataResult<never> => {
      const row = rows[i] ?? 0
      const place: Cell = { line: table.line(row), row: row + 1, column: time }
      return Result.fail(dataError({ _tag: "BadCell", ...place, got, wanted, hint }))
    }
    const textOf = (i: number): string => quote(text(rows[i] ?? 0))
    const lineOf = (i: number): number => table.line(rows[i] ?? 0)
    for (let i = 1; i < rows.length; i++) {
      const [before = 0, now = 0] = [numbers[i - 1], numbers[i]]
      const one =
        group === undefined
          ? "`group` names the column that tells several series apart"
          : `one row for each time of a \`${group}\``
      if (now === before) return yield* refuse(i, `${textOf(i)}, the time of line ${lineOf(i - 1)} too`, "a later time", one)
      if (now < before)
        return yield* refuse(
          i,
          textOf(i),
          `a time after ${textOf(i - 1)} of line ${lineOf(i - 1)}`,
          group === undefined ? `sort the rows by \`${time}\`; or ${one}` : `sort the rows of each \`${group}\` by \`${time}\``,
        )
    }
    const times = Moments.comparable(moments, rows)
    const usual = Moments.usualStep(times)
    const starts = [0]
    for (let i = 1; i < rows.length; i++) {
      const step = (times[i] ?? 0) - (times[i - 1] ?? 0)
      if (usual === undefined || Moments.isSame(step, usual, times[i] ?? 0)) continue
      const print = (each: number): string => Moments.printStep(each, moments.first, times[0] !== numbers[0])
      if (gaps === "error")
        return yield* refuse(
          i,
          `${textOf(i)}, which is ${print(step)} after line ${lineOf(i - 1)}`,
          `${print(usual)}, as between most rows`,
          "add the rows that are missing, or `gaps: split`, so that no window crosses the gap",
        )
      starts.push(i)
    }
    return starts
  })

/** The different times in rising order. */
const distinctOf = (times: Float64Array): Float64Array => {
  const sorted = times.slice().sort()
  let end = 0
  for (const time of sorted) if (end === 0 || time !== sorted[end - 1]) sorted[end++] = time
  return sorted.slice(0, end)
}

/** The index of a number in a list of rising ones that has it. */
const indexIn = (sorted: Float64Array, value: number): number => {
  let [low, high] = [0, sorted.length - 1]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((sorted[middle] ?? value) < value) low = middle + 1
    else high = middle
  }
  return low
}

const found = (table: Table.Table, series: Rows): DataResult<Order> =>
  Result.gen(function* () {
    const { time } = series
    const groups = yield* grouped(table, series.group)
    const moments = time === undefined ? undefined : yield* momentsOf(table, time, series.format)
    const rows = new Int32Array(table.size)
    const [places, start, end] = [new Int32Array(table.size), new Int32Array(table.size), new Int32Array(table.size)]
    const times = new Float64Array(table.size)
    const last: Array<number> = []
    let place = 0
    for (const own of groups) {
      const starts =
        moments === undefined || time === undefined ? [0] : yield* stretches(table, own, moments, { ...series, time })
      for (const [k, first] of starts.entries()) {
        const next = starts[k + 1] ?? own.length
        start.fill(place + first, place + first, place + next)
        end.fill(place + next, place + first, place + next)
      }
      for (const [i, row] of own.entries()) {
        rows[place] = row
        places[row] = place
        times[place] = moments?.numbers[row] ?? i
        place++
      }
      last.push(place - 1)
    }
    const distinct = distinctOf(times)
    return {
      rows,
      places,
      start,
      end,
      time: Int32Array.from(times, (each) => indexIn(distinct, each)),
      times: distinct.length,
      last,
    }
  })

/** The last order that was found of each table: windows, inputs and targets ask for the same one. */
const known = new WeakMap<Table.Table, { readonly of: string; readonly order: DataResult<Order> }>()

/**
 * The rows of a table in the order of their series. Fails with `NoColumn`, and with `BadCell` for a time that is no time, that does
 * not rise within its series, or, unless gaps split the series, that has another step than most.
 */
export const order = (table: Table.Table, series: Rows): DataResult<Order> => {
  const { format, gaps, group, time } = series
  const of = JSON.stringify([format, gaps, group, time])
  const before = known.get(table)
  if (before?.of === of) return before.order
  const now = found(table, series)
  known.set(table, { of, order: now })
  return now
}
