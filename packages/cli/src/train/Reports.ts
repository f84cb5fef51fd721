/** The reports that `adjoint train` writes at its end. A run is complete without them: whatever goes wrong is a warning. */
import { join } from "node:path"
import { printable } from "@adjoint/dsl/diagnostic/Printable"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Lines from "../progress/Lines.ts"
import type { Ledger } from "../run/Ledger.ts"
import { openRun } from "../run/Run.ts"
import { files } from "../run/RunFolder.ts"
import type { Ready } from "./Ready.ts"

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** A report that cannot be written is a warning; an interruption stays one. `reference` names the run on the command line. */
const orWarning = (reference: string) =>
  Effect.catchCause((cause: Cause.Cause<unknown>) =>
    Cause.hasInterruptsOnly(cause)
      ? Effect.failCause(cause as Cause.Cause<never>)
      : Lines.warning(`the report was not written: ${printable(messageOf(Cause.squash(cause)))}`, `adjoint report ${reference}`),
  )

/** Draws the pictures of a run that has ended and writes its report. */
export const report = (
  { training: { built, checked, prepared, sound } }: Ready,
  folder: string,
  reference: string,
  weights: NonNullable<Ledger["weights"]>,
) =>
  Effect.gen(function* () {
    const { compose, referenceIn, save } = yield* Effect.promise(() => import("../page/Report.ts"))
    const { recordTimes } = yield* Effect.promise(() => import("../page/LayerFacts.ts"))
    const run = yield* openRun(folder)
    const trained = { run, document: sound.document, reading: sound.reading, checked, built, weights }
    yield* recordTimes(trained, prepared)
    yield* save(folder, join(folder, files.report), yield* compose(trained, prepared, referenceIn(folder)))
  }).pipe(orWarning(reference))

/** Writes the report of a cross-validation that has ended. */
export const reportFolds = (folder: string, reference: string) =>
  Effect.gen(function* () {
    const { composeFolds, referenceIn, save } = yield* Effect.promise(() => import("../page/Report.ts"))
    const out = join(folder, files.report)
    yield* save(folder, out, yield* composeFolds(yield* openRun(folder), out, referenceIn(folder)))
  }).pipe(orWarning(reference))
