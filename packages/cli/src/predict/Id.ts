/** What a row is called: the cells of columns of the type `id`, which predictions repeat. */
import { isBlank } from "@adjoint/core/data/Blank"

/** The name of a row; `null` for a blank. */
type Name = string | null

/** The name of a row, or several by their columns. */
export type Id = Name | { readonly [column: string]: Name }

/** The name of a row from the texts of its columns; `undefined` without columns. */
export const idOf = (cells: ReadonlyArray<readonly [column: string, text: string]>): Id | undefined => {
  const names = cells.map(([column, text]) => [column, isBlank(text) ? null : text.trim()] as const)
  const [first, second] = names
  if (first === undefined) return undefined
  return second === undefined ? first[1] : Object.fromEntries(names)
}
