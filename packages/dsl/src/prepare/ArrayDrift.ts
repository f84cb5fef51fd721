/** Whether the numbers of arrays differ between the training part and another part of the rows. */
import * as PreprocessTree from "@adjoint/core/data/PreprocessTree"
import { numbersDrift } from "@adjoint/core/data/profile/drift"
import { isTable, type Rows } from "@adjoint/core/data/Raw"
import { blocks, type RawArray } from "@adjoint/core/data/RawArray"
import * as Shape from "@adjoint/core/types/Shape"

/** An array whose rows differ: in the number at a position of a row, or in the mean of a row. */
export interface ArrayDrift {
  readonly array: string
  readonly position?: number
  readonly part: string
  /** The largest difference between the cumulative shares of the values, from 0 to 1. */
  readonly difference: number
}

/** The rows of a part, of the source or of a source of its own. */
export interface Part {
  readonly name: string
  readonly raw: PreprocessTree.TreeRaw
  readonly rows: Rows
}

/** Rows of a part that are compared, evenly spread over it. */
const compared = 20_000

/** Of rows with at most so many numbers each number is compared, of others the mean. */
const fewNumbers = 32

const spread = (rows: Rows): Int32Array => {
  const count = Math.min(compared, rows.length)
  return Int32Array.from({ length: count }, (_, i) => rows[Math.floor((i * rows.length) / count)] ?? 0)
}

/** The numbers of some rows: a list for each position, or one list of the means. */
const valuesOf = (array: RawArray, rows: Rows): ReadonlyArray<Float64Array> => {
  const size = Shape.size(array.shape.slice(1))
  const chosen = spread(rows)
  const isEach = size <= fewNumbers
  const values = Array.from({ length: isEach ? size : 1 }, () => new Float64Array(chosen.length))
  for (const { data, first, rows: own } of blocks(array, chosen))
    for (let i = 0; i < own.length; i++) {
      const start = (own[i] ?? 0) * size
      let sum = 0
      for (let k = 0; k < size; k++) {
        const value = Number(data[start + k] ?? 0)
        sum += value
        if (isEach) (values[k] as Float64Array)[first + i] = value
      }
      if (!isEach) (values[0] as Float64Array)[first + i] = sum / size
    }
  return values
}

/** The arrays of rows, by name. */
const arraysOf = (raw: PreprocessTree.TreeRaw): ReadonlyArray<readonly [name: string, array: RawArray]> => {
  if (isTable(raw)) return []
  if (PreprocessTree.hasNamedArrays(raw)) return Object.entries(raw.arrays).map(([name, { array }]) => [name, array])
  return [["inputs", raw.inputs], ...(raw.targets === undefined ? [] : [["targets", raw.targets] as const])]
}

/** The arrays that differ between the first part and the others, each in the number that differs most; none of a table. */
export const arrayDrift = (train: Part, others: ReadonlyArray<Part>): ReadonlyArray<ArrayDrift> =>
  arraysOf(train.raw).flatMap(([name, array]) => {
    const own = valuesOf(array, train.rows)
    return others.flatMap((part): ReadonlyArray<ArrayDrift> => {
      const [, other] = arraysOf(part.raw).find(([each]) => each === name) ?? []
      if (other === undefined || part.rows.length === 0) return []
      const values = valuesOf(other, part.rows)
      if (values.length !== own.length) return []
      const found = own.flatMap((numbers, k) => {
        const difference = numbersDrift(numbers, values[k] ?? new Float64Array(), own.length)
        return difference === undefined ? [] : [{ difference, position: k }]
      })
      const [most] = found.sort((a, b) => b.difference - a.difference)
      if (most === undefined) return []
      const isWhole = Shape.size(array.shape.slice(1)) > fewNumbers || own.length === 1
      return [{ array: name, part: part.name, difference: most.difference, ...(isWhole ? {} : { position: most.position }) }]
    })
  })
