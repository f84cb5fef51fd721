/** Tables whose columns are the pixels of images, row by row. */
import type { ColumnProfile } from "@adjoint/core/data/Profile"

/** The size of the images, and what every column is in the model file. */
export interface Pixels {
  readonly size: readonly [height: number, width: number]
  readonly value: string
}

/** The shortest side of images in a table: fewer columns are rather measurements. */
const shortest = 5

/** Values that white has in such tables. */
const whites: ReadonlyArray<number> = [1, 15, 16, 31, 63, 255]

/**
 * The images whose pixels some columns are: a square number of columns, all whole numbers from 0 to one white, without blanks.
 * Some columns reach white, and many pixels are black.
 */
export const pixelsOf = (columns: ReadonlyArray<ColumnProfile>): Pixels | undefined => {
  const side = Math.round(Math.sqrt(columns.length))
  if (side < shortest || side * side !== columns.length) return undefined
  if (!columns.every(({ blanks, isWhole, spread }) => blanks === 0 && isWhole && (spread?.least ?? -1) >= 0)) return undefined
  const greatest = Math.max(...columns.map(({ spread }) => spread?.greatest ?? 0))
  const whitest = columns.filter(({ spread }) => spread?.greatest === greatest).length
  if (!whites.includes(greatest) || whitest < columns.length / 4) return undefined
  return { size: [side, side], value: `{ type: number, scale: { minmax: [0, 1] } }` }
}
