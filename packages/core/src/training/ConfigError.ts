/** The error of an invalid configuration, found before anything is computed. */
import { TaggedError } from "effect/Data"

/**
 * An argument of a run cannot be used: `argument` is its path in the configuration, `got` its value, `wanted` what is
 * allowed there and `hint` what to try.
 */
export class ConfigError extends TaggedError("ConfigError")<{
  readonly argument: string
  readonly got: string
  readonly wanted: string
  readonly hint: string
}> {
  override get message(): string {
    return `${this.argument}: got ${this.got}, wanted ${this.wanted}; try: ${this.hint}`
  }
}
