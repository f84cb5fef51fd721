/** The rows of series to predict: of each series the last ones, as many as a window has, so that what comes next is predicted. */
import { DataError, dataError, type Reason } from "@adjoint/core/data/DataError"
import type { FittedTree } from "@adjoint/core/data/Fitted"
import * as PreprocessTree from "@adjoint/core/data/PreprocessTree"
import * as Table from "@adjoint/core/data/Table"
import * as Result from "effect/Result"
import { mistakeOf } from "./fromTable.ts"
import { idOf } from "./Id.ts"
import type { Read, Reader, Rows } from "./Rows.ts"

/** A row with the cells of the columns that windows need. */
interface Row {
  readonly cells: ReadonlyArray<string>
  readonly line: number
  /** Its number in the file, from 1. */
  readonly row: number
}

/** The columns that windows are made of, and those that order and name series. */
export const columnsOf = (fitted: FittedTree): ReadonlyArray<string> => {
  const { group, time } = fitted.series ?? {}
  const inputs = (PreprocessTree.inputColumns(fitted) ?? []).map(({ name }) => name)
  return [...new Set([...inputs, ...[time, group].flatMap((name) => name ?? [])])]
}

/** The windows that the last rows of some series are. */
const windowsOf = (fitted: FittedTree, columns: ReadonlyArray<string>, series: ReadonlyArray<ReadonlyArray<Row>>) => {
  const all = series.flat()
  const table = Table.make(
    columns,
    all.map(({ cells }) => cells),
    (row) => all[row]?.line ?? row + 1,
  )
  let end = 0
  const ends = series.map((rows) => {
    end += rows.length
    return end - 1
  })
  return Result.mapError(PreprocessTree.inputs(fitted, table, ends), (error) => {
    const { reason } = error
    const row = "row" in reason ? all[reason.row - 1]?.row : undefined
    return row === undefined ? error : new DataError({ ...error, reason: { ...reason, row } as Reason })
  })
}

/**
 * Reads the rows of series with a reader of tables, and gives one row for each series in the end: its last window. What is held does
 * not grow with the file. Rows of a record without series are those of the reader.
 */
export const lastWindows = (fitted: FittedTree, reader: Reader): Reader => {
  const { series } = fitted
  if (series === undefined) return reader
  const columns = columnsOf(fitted)
  const at = (name: string | undefined): number => (name === undefined ? -1 : columns.indexOf(name))
  const [time, group] = [at(series.time), at(series.group)]
  const tails = new Map<string, Array<Row>>()
  let before = 0

  const keep = (rows: Rows): Result.Result<void, DataError> =>
    Result.gen(function* () {
      const places = Array.from({ length: rows.count }, (_, place) => place)
      const table = yield* rows.table?.(places) ??
        Result.fail(dataError({ _tag: "BadSpec", at: "the rows", got: "arrays", wanted: "a table, as in training", hint: "" }))
      const mistake = mistakeOf(table, places)
      if (mistake !== undefined) return yield* Result.fail(mistake)
      const texts: Array<(row: number) => string> = []
      for (const name of columns) texts.push((yield* Table.find(table, name)).text)
      for (const row of places) {
        const cells = texts.map((text) => text(row))
        const name = (cells[group] ?? "").trim()
        const own = tails.get(name) ?? []
        if (!tails.has(name)) tails.set(name, own)
        own.push({ cells, line: table.line(row), row: before + row + 1 })
        if (own.length > series.window) own.shift()
      }
      before += rows.count
    })

  const take = (read: Read): Read => Result.flatMap(read, (all) => Result.map(Result.all(all.map(keep)), () => []))

  const ended = (): Rows => {
    const all = [...tails.values()]
    const idOfSeries = (place: number) => {
      const { cells = [] } = all[place]?.at(-1) ?? {}
      const named = [group, time].flatMap((i) => (i < 0 ? [] : [[columns[i] ?? "", cells[i] ?? ""] as const]))
      return idOf(named)
    }
    return {
      count: all.length,
      ...(group < 0 && time < 0 ? {} : { id: idOfSeries }),
      isPlaced: true,
      inputs: (places) =>
        windowsOf(
          fitted,
          columns,
          places.map((place) => all[place] ?? []),
        ),
    }
  }

  return {
    push: (bytes) => take(reader.push(bytes)),
    end: async () => Result.map(take(await reader.end()), () => (tails.size === 0 ? [] : [ended()])),
  }
}
