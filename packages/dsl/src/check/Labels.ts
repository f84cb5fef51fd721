/** Targets of arrays that are whole numbers held as floats: classes or quantities, which the numbers alone do not say. */
import type { Data } from "../Document.ts"
import type { Finding } from "../diagnostic/Diagnostic.ts"
import type { Facts } from "../prepare/Facts.ts"

/** Asks which of the two they are, unless the document says it. */
export const check = ({ target }: Data, { labels }: Facts): ReadonlyArray<Finding> => {
  if (target !== undefined || labels === undefined) return []
  const { count, greatest, least } = labels
  return [
    {
      code: "A630",
      message: `the targets are the ${count} whole numbers from ${least} to ${greatest}, stored as floats, and are treated as quantities: are they class labels?`,
      at: { path: ["data"], on: "key" },
      help: "add `target: class` to `data` if they are class labels, `target: number` if they are quantities",
    },
  ]
}
