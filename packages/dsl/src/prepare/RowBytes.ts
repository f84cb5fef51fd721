/** The rows of arrays as columns of text, by which equal rows are found. */
import * as PreprocessTree from "@adjoint/core/data/PreprocessTree"
import { isTable } from "@adjoint/core/data/Raw"
import type { TableColumn } from "@adjoint/core/data/TableColumn"
import type { NDArray } from "@adjoint/core/types/NDArray"
import * as Shape from "@adjoint/core/types/Shape"

/** Each byte as one character. */
const decoder = new TextDecoder("latin1")

const columnOf = ({ data, shape: [size = 0, ...rest] }: NDArray): TableColumn => {
  const width = Shape.size(rest)
  return {
    size,
    text: (row) => {
      const { buffer, byteLength, byteOffset } = data.subarray(row * width, (row + 1) * width)
      return decoder.decode(new Uint8Array(buffer, byteOffset, byteLength))
    },
  }
}

/** A column for each array; none for a table. */
export const columns = (raw: PreprocessTree.TreeRaw): ReadonlyArray<TableColumn> => {
  if (isTable(raw)) return []
  const arrays = PreprocessTree.hasNamedArrays(raw)
    ? Object.values(raw.arrays).map(({ array }) => array)
    : [raw.inputs, ...(raw.targets === undefined ? [] : [raw.targets])]
  return arrays.map(columnOf)
}
