/** What was found in a model file, as an event. */
import type { Diagnostic } from "@adjoint/dsl/diagnostic/Diagnostic"
import { report } from "@adjoint/dsl/diagnostic/Render"
import * as Effect from "effect/Effect"
import { emit } from "../json/Emit.ts"
import type { Said } from "../json/Events.ts"

/** The event of a file that was checked, and to which so many edits were written where that was asked for. */
export const checked = (
  file: string,
  diagnostics: ReadonlyArray<Diagnostic>,
  edits?: number,
): Extract<Said, { readonly event: "checked" }> => {
  const { errors, omitted, warnings, ...shown } = report(diagnostics)
  const counts = { errors, warnings, ...(omitted === undefined ? {} : { omitted }) }
  const written = edits === undefined ? {} : { edits }
  return { event: "checked", file, ...counts, ...written, diagnostics: shown.diagnostics }
}

/** Prints the warnings about a file, if there are any. */
export const warned = (file: string, diagnostics: ReadonlyArray<Diagnostic>) =>
  diagnostics.length === 0 ? Effect.void : emit(checked(file, diagnostics))
