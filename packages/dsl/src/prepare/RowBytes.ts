/** The rows of arrays as columns of text, by which equal rows are found. */
import * as PreprocessTree from "@adjoint/core/data/PreprocessTree"
import { isTable } from "@adjoint/core/data/Raw"
import { isInFile, type RawArray, rowsAtOnce } from "@adjoint/core/data/RawArray"
import type { TableColumn } from "@adjoint/core/data/TableColumn"
import * as Shape from "@adjoint/core/types/Shape"

/** Each byte as one character. */
const decoder = new TextDecoder("latin1")

const textOf = ({ buffer, byteLength, byteOffset }: ArrayBufferView): string =>
  decoder.decode(new Uint8Array(buffer, byteOffset, byteLength))

const columnOf = (array: RawArray): TableColumn => {
  const [size = 0, ...rest] = array.shape
  const width = Shape.size(rest)
  if (!isInFile(array)) return { size, text: (row) => textOf(array.data.subarray(row * width, (row + 1) * width)) }
  // Rows are asked for in rising order: those of the last block stay in memory.
  const together = rowsAtOnce(array)
  let first = -1
  let { data } = array.read([])
  return {
    size,
    text: (row) => {
      const begin = row - (row % together)
      if (begin !== first) {
        data = array.read(Int32Array.from({ length: Math.min(together, size - begin) }, (_, i) => begin + i)).data
        first = begin
      }
      return textOf(data.subarray((row - begin) * width, (row - begin + 1) * width))
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
