/** Array targets that are whole numbers stored as floats: they may be class labels or quantities. */
import type { Data } from "../Document.ts"
import type { Finding } from "../diagnostic/Diagnostic.ts"
import type { Facts } from "../prepare/Facts.ts"

/** Advises to state which, unless the document does. */
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
