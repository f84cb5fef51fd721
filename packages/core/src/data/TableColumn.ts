/**
 * One column of a table: its cells as texts and, where they are stored as numbers, as numbers too.
 *
 * A column is read by row, or by several rows at once, never as a whole, so that its cells may be anywhere: in memory, in
 * another column, or on disk.
 */

import type * as Result from "effect/Result"
import type { DataError } from "./DataError.ts"
import type { Format } from "./NumberFormat.ts"

/** Numbers of rows, from 0. */
export type Rows = ArrayLike<number>

/** The pixels of the image that the cell of a row is the path of, or why they cannot be read; `undefined` where it has none. */
export type Pixels = (row: number) => Result.Result<Uint8Array, DataError> | undefined

/** The cells of one column. */
export interface TableColumn {
  readonly size: number
  /** The text of the cell in a row, counted from 0. A cell that is stored as a number has the text `String(number)`. */
  readonly text: (row: number) => string
  /**
   * The numbers of the cells in some rows, in a new array; absent for a column of texts. NaN is a cell that is not stored as a
   * number: a blank, or a text that is not a finite number. `text` returns its original text.
   */
  readonly numbers?: (rows: Rows) => Float64Array
  /** How its file writes numbers; absent for a decimal point without marks between groups. */
  readonly format?: Format
  /** The pixels of a column of images. */
  readonly pixels?: Pixels
}

/** A column of texts in memory. `TableColumn.ofTexts(["a", "b"]).text(1) // => "b"` */
export const ofTexts = (texts: ReadonlyArray<string>): TableColumn => ({
  size: texts.length,
  text: (row) => texts[row] ?? "",
})

/**
 * A column of numbers in memory. NaN stands for a cell that is not a finite number; `exceptions` has its text, which is empty
 * (a blank) for a row that it lacks.
 *
 * `TableColumn.ofNumbers(Float64Array.of(1.5, NaN), new Map([[1, "n/a"]])).text(1) // => "n/a"`
 */
export const ofNumbers = (
  values: ArrayLike<number>,
  exceptions: Pick<ReadonlyMap<number, string>, "get"> = new Map(),
): TableColumn => ({
  size: values.length,
  text: (row) => {
    const value = values[row] ?? Number.NaN
    return Number.isNaN(value) ? (exceptions.get(row) ?? "") : String(value)
  },
  numbers: (rows) => {
    const out = new Float64Array(rows.length)
    for (let i = 0; i < out.length; i++) out[i] = values[rows[i] ?? -1] ?? Number.NaN
    return out
  },
})

/** Some rows of a column, in the given order. The cells stay where they are. */
export const take = (column: TableColumn, rows: Rows): TableColumn => {
  const { format, numbers, pixels } = column
  return {
    size: rows.length,
    text: (row) => column.text(rows[row] ?? -1),
    ...(numbers === undefined ? {} : { numbers: (some: Rows) => numbers(Int32Array.from(some, (row) => rows[row] ?? -1)) }),
    ...(format === undefined ? {} : { format }),
    ...(pixels === undefined ? {} : { pixels: (row) => pixels(rows[row] ?? -1) }),
  }
}

/** The cells of a column, and those of another one after them. `text` and `numbers` are those of the column that has the row. */
export const append = (first: TableColumn, second: TableColumn): TableColumn => {
  const { size } = first
  const both = first.numbers !== undefined && second.numbers !== undefined
  return {
    size: size + second.size,
    text: (row) => (row < size ? first.text(row) : second.text(row - size)),
    ...(both
      ? {
          numbers: (rows: Rows) => {
            const isFirst = (row: number): boolean => row < size
            const all = Array.from(rows)
            const own = first.numbers?.(all.filter(isFirst)) ?? new Float64Array()
            const other = second.numbers?.(all.filter((row) => !isFirst(row)).map((row) => row - size)) ?? new Float64Array()
            let [i, j] = [0, 0]
            return Float64Array.from(all, (row) => (isFirst(row) ? own[i++] : other[j++]) ?? Number.NaN)
          },
        }
      : {}),
    ...(first.format === undefined ? {} : { format: first.format }),
  }
}
