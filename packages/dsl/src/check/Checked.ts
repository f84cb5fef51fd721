/** A document that passed the checks, with the facts of its data: the input of `build`. */
import * as Result from "effect/Result"
import type { ModelFile } from "../Document.ts"
import type { Finding } from "../diagnostic/Diagnostic.ts"
import { type Facts, type Head, headsOf } from "../prepare/Facts.ts"
import { type Catalogue, standard } from "../schema/Catalogue.ts"
import { check, type Report } from "./Check.ts"
import { differences } from "./Differences.ts"
import { lossName } from "./Outputs.ts"

/** The facts that building needs. */
export type Needed = Facts & Required<Pick<Facts, "sample" | "target" | "rows">>

/** A valid document with the facts of its data. */
export interface Checked {
  readonly document: ModelFile
  readonly facts: Needed
  readonly catalogue: Catalogue
  /** The heads of the target, each with the name of its loss; `auto` is resolved. */
  readonly heads: ReadonlyArray<CheckedHead>
}

/** A head with the name of its loss. */
export interface CheckedHead extends Head {
  readonly lossName: string
}

/** Whether a report was made from these facts, possibly with others. */
const isOf = (report: Report, facts: Facts): boolean =>
  Object.entries(facts).every(([key, fact]) => differences(fact, report.facts[key as keyof Facts]).length === 0)

/**
 * A document for building over its data. A report that was made of the same facts is taken as it is, and otherwise the
 * checks run here. Fails with all errors; advice is ignored.
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
  const heads = headsOf(facts).map((head): CheckedHead => {
    const made = head.name === undefined && output?.length === 1 ? output[0] : undefined
    const loss = lossName(catalogue.loss, document.train, head, made)
    if (loss === undefined) throw new TypeError("the classes of the target are not known")
    return { ...head, lossName: loss }
  })
  return Result.succeed({ document, facts, catalogue, heads })
}
