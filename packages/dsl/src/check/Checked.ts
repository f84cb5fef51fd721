/** A document that passed the checks over its data, and what they found out: all that building needs. */
import * as Result from "effect/Result"
import type { ModelFile } from "../Document.ts"
import type { Finding } from "../diagnostic/Diagnostic.ts"
import type { Facts } from "../prepare/Facts.ts"
import { type Catalogue, standard } from "../schema/Catalogue.ts"
import { check, type Report } from "./Check.ts"
import { differences } from "./Differences.ts"
import { lossName } from "./Outputs.ts"

/** What must be known of the data before anything can be built. */
export type Needed = Facts & Required<Pick<Facts, "sample" | "target" | "rows">>

/** A right document over its data. */
export interface Checked {
  readonly document: ModelFile
  readonly facts: Needed
  readonly catalogue: Catalogue
  /** The name of the loss in force, which `auto` does not say. */
  readonly lossName: string
}

/** Whether a report was made of these facts; it may have been made of more. */
const isOf = (report: Report, facts: Facts): boolean =>
  Object.entries(facts).every(([key, fact]) => differences(fact, report.facts[key as keyof Facts]).length === 0)

/**
 * A document for building over its data. A report that was made of the same facts is taken as it is, and otherwise the
 * checks run here. Fails with what keeps the document from being trained; advice does not.
 */
export const checked = (
  document: ModelFile,
  facts: Needed,
  { catalogue = standard, report }: { readonly catalogue?: Catalogue; readonly report?: Report } = {},
): Result.Result<Checked, ReadonlyArray<Finding>> => {
  const { findings, shapes } = report !== undefined && isOf(report, facts) ? report : check(document, facts, catalogue)
  const allowed = new Set(document.lint.allow)
  const wrong = findings.filter(({ code }) => !code.startsWith("A") && !allowed.has(code))
  if (wrong.length > 0) return Result.fail(wrong)
  const { output } = shapes ?? {}
  const loss = lossName(catalogue.loss, document.train, facts.target, output?.length === 1 ? output[0] : undefined)
  if (loss === undefined) throw new TypeError("the classes of the target are not known")
  return Result.succeed({ document, facts, catalogue, lossName: loss })
}
