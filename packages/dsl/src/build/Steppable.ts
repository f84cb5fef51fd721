/** What a step of training is planned with, from a document and as much of its data as is known. */
import * as Result from "effect/Result"
import type { Report } from "../check/Check.ts"
import { checked } from "../check/Checked.ts"
import { kindOf } from "../check/Outputs.ts"
import type { ModelFile } from "../Document.ts"
import { type Facts, headsOf, sequencesOf } from "../prepare/Facts.ts"
import { type Built, build } from "./Build.ts"
import type * as Memory from "./Memory.ts"

/** What is built of a document to plan its step with, where enough is known of its data: the net may stand there before the rest does. */
export const steppable = (
  document: ModelFile,
  facts: Facts,
  report?: Report,
): { readonly built: Built; readonly data: Memory.Rows } | undefined => {
  const { rows, sample, target } = facts
  const isCounted = [...sequencesOf(facts).values()].every(
    (sequence) => sequence.of !== "tokens" || sequence.tokens !== undefined,
  )
  const isKnown = isCounted && headsOf(facts).every((head) => kindOf(head.target) !== undefined)
  if (sample === undefined || target === undefined || !isKnown) return undefined
  const data = { ...facts, sample, target }
  const right = checked(
    document,
    { ...data, rows: rows ?? { train: document.train.batch, val: 0, test: 0 } },
    report === undefined ? {} : { report },
  )
  return Result.isFailure(right) ? undefined : { built: build(right.success), data }
}
