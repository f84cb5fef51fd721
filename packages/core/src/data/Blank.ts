/** The words for a missing value, the same in every kind of column. */

/** Cells that count as blank, besides those that are empty or only spaces. */
export const words: ReadonlyArray<string> = ["NA", "N/A", "n/a", "#N/A", "<NA>", "NaN", "nan", "null", "NULL", "?"]

const blanks: ReadonlySet<string> = new Set(["", ...words])

/** Whether a cell is blank. `[isBlank(" "), isBlank("NA"), isBlank("0")] // => [true, true, false]` */
export const isBlank = (cell: string): boolean => blanks.has(cell.trim())
