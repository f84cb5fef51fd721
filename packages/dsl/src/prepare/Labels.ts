/** Float targets that may be class labels. */
import { isTable } from "@adjoint/core/data/Preprocess"
import { hasNamedArrays, type TreeRaw } from "@adjoint/core/data/PreprocessTree"
import type { Facts } from "./Facts.ts"

/** More distinct values than this are quantities. */
const mostClasses = 100

/** The targets of arrays, if they are few whole numbers from 0 on, each of them several times, held as floats. */
export const labelsOf = (raw: TreeRaw): Facts["labels"] | undefined => {
  if (hasNamedArrays(raw) || isTable(raw) || raw.targets?.dtype !== "f32") return undefined
  const { data } = raw.targets
  if (data.length !== (raw.targets.shape[0] ?? 1)) return undefined
  const seen = new Set<number>()
  for (const x of data) {
    if (!Number.isInteger(x) || x < 0) return undefined
    seen.add(x)
    if (seen.size > mostClasses) return undefined
  }
  if (seen.size < 2 || data.length < 2 * seen.size) return undefined
  return { count: seen.size, least: Math.min(...seen), greatest: Math.max(...seen) }
}
