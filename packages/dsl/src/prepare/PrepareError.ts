/** Data that does not match its model file. */
import { TaggedError } from "effect/Data"
import type { Finding } from "../diagnostic/Diagnostic.ts"

/** `findings` have the errors with their paths in the model file; `locate` converts them to diagnostics. */
export class PrepareError extends TaggedError("PrepareError")<{ readonly findings: ReadonlyArray<Finding> }> {
  override get message(): string {
    return this.findings.map(({ code, message }) => `${code} ${message}`).join("; ")
  }
}
