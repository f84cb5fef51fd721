/** One value for each row: the cells of a column, or the numbers of an array, and where a cell is. */
import { type DataError, dataError } from "@adjoint/core/data/DataError"
import { nearest } from "@adjoint/core/data/Nearest"
import { arrayLabel, isTable } from "@adjoint/core/data/Preprocess"
import { hasNamedArrays, type TreeRaw } from "@adjoint/core/data/PreprocessTree"
import { type RawArray, whole } from "@adjoint/core/data/RawArray"
import { find } from "@adjoint/core/data/Table"
import * as Shape from "@adjoint/core/types/Shape"
import * as Result from "effect/Result"

type DataResult<A> = Result.Result<A, DataError>

/** The label of a row, by its number. */
export type Label = (row: number) => string | number

/** The label of each row. Fails with `NoColumn`. */
export const labelsOf = (raw: TreeRaw, name: string): DataResult<Label> => {
  const of = (array: RawArray): Label => {
    const { data } = whole(array)
    return (row) => data[row] ?? ""
  }
  if (hasNamedArrays(raw)) {
    const flat = Object.entries(raw.arrays).flatMap(([own, { array }]) => (Shape.size(array.shape.slice(1)) === 1 ? [own] : []))
    const found = flat.includes(name) ? raw.arrays[name] : undefined
    return found === undefined
      ? Result.fail(dataError({ _tag: "NoColumn", column: name, nearest: nearest(name, flat), columns: flat }))
      : Result.succeed(of(found.array))
  }
  if (isTable(raw)) return Result.map(find(raw, name), ({ text }) => text)
  if (name === arrayLabel && raw.targets !== undefined) return Result.succeed(of(raw.targets))
  const columns = [arrayLabel]
  return Result.fail(dataError({ _tag: "NoColumn", column: name, nearest: nearest(name, columns), columns }))
}

/** Fails with `BadCell` about the cell of a row. */
export const badCell = (raw: TreeRaw, row: number, column: string, got: string, wanted: string, hint = ""): DataResult<never> => {
  const line = !hasNamedArrays(raw) && isTable(raw) ? { line: raw.line(row) } : {}
  return Result.fail(dataError({ _tag: "BadCell", ...line, row: row + 1, column, got, wanted, hint }))
}
