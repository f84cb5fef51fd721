/** Data that a model file describes and that cannot be used as it says. */
import { TaggedError } from "effect/Data"
import type { Finding } from "../diagnostic/Diagnostic.ts"

/** `findings` say what is wrong and where the model file speaks of it; they become diagnostics when they are located. */
export class PrepareError extends TaggedError("PrepareError")<{ readonly findings: ReadonlyArray<Finding> }> {
  override get message(): string {
    return this.findings.map(({ code, message }) => `${code} ${message}`).join("; ")
  }
}
