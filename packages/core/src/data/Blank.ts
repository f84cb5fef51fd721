/** Words for a missing value: the one list that every kind of column reads. */

/** Cells that say there is no value, besides cells of nothing but spaces. */
export const words: ReadonlyArray<string> = ["NA", "N/A", "n/a", "#N/A", "<NA>", "NaN", "nan", "null", "NULL", "?"]

const blanks: ReadonlySet<string> = new Set(["", ...words])

/** Whether a cell is blank. `[isBlank(" "), isBlank("NA"), isBlank("0")] // => [true, true, false]` */
export const isBlank = (cell: string): boolean => blanks.has(cell.trim())
