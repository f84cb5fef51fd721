/** The summary that a run ends with, and how it compares with the baselines. */
import type { Scores } from "@adjoint/core/training/Progress"
import type { Summary } from "../json/Summary.ts"
import * as Lines from "../progress/Lines.ts"
import * as Ledger from "../run/Ledger.ts"
import { endsWith } from "../run/Run.ts"
import type { Ready } from "./Ready.ts"

/** The result of a run so far; `linear` are the scores of a linear model on the same rows. */
export const summaryOf = (
  { config, job: { parent }, training }: Ready,
  ledger: Ledger.Ledger,
  linear: Scores | undefined,
  rest: Pick<Summary, "seconds" | "status"> & Partial<Summary>,
): Summary => {
  const { units } = training.built
  const summary = Ledger.summarize(ledger, {
    weights: ledger.kept ?? (ledger.best === undefined ? "last" : endsWith(config)),
    baseline: Lines.baselineRecord(training.prepared),
    ...(linear === undefined ? {} : { linear }),
    ...(units === undefined ? {} : { units }),
    ...(parent === undefined ? {} : { parent: parent.directory }),
    ...rest,
  })
  const [worse] = Lines.worseThanBaseline(training, summary)
  const behind = Lines.worseThanLinear(training, summary)
  return {
    ...summary,
    ...(worse === undefined ? {} : { worseThanBaseline: worse.name }),
    ...(behind === undefined ? {} : { worseThanLinear: behind.name }),
  }
}

/** The fields of a summary that are not on every line of JSON. */
export const withoutVersion = ({ version: _, ...summary }: Summary): Omit<Summary, "version"> => summary
