/** The failures that are expected: a closed union. `Report` has the exit code and the message of each. */
import type { DataError } from "@adjoint/core/data/DataError"
import type { ScratchError } from "@adjoint/core/data/ScratchError"
import type { EngineError } from "@adjoint/core/engines/Engine"
import type { CheckpointError } from "@adjoint/core/training/CheckpointError"
import type { ConfigError } from "@adjoint/core/training/ConfigError"
import type { NonFinite } from "@adjoint/core/training/NonFinite"
import type { ShapeError } from "@adjoint/core/types/ShapeError"
import type { Diagnostic } from "@adjoint/dsl/diagnostic/Diagnostic"
import type { Source } from "@adjoint/dsl/source/Source"
import { TaggedError } from "effect/Data"
import type * as PlatformError from "effect/PlatformError"

/** The command line asks for something that is not there or makes no sense. */
export class UsageError extends TaggedError("UsageError")<{ readonly message: string; readonly hint?: string }> {}

/** A model file, or the data it describes, cannot be used as it is. */
export class Refused extends TaggedError("Refused")<{
  readonly diagnostics: ReadonlyArray<Diagnostic>
  readonly source?: Source
  /** They are a result that was printed already. */
  readonly isTold?: boolean
}> {}

/** A run's folder, or what is in it, does not fit what is asked of it. */
export class RunError extends TaggedError("RunError")<{ readonly message: string; readonly hint?: string }> {}

/** A public dataset cannot be had: no address gives it, or it cannot be written. */
export class FetchError extends TaggedError("FetchError")<{
  readonly message: string
  readonly hint: string
  readonly isUnwritten?: boolean
}> {}

/** A file of a run could not be written; `reference` is how the run is named on the command line. */
export class Unsaved extends TaggedError("Unsaved")<{
  readonly cause: CheckpointError | PlatformError.PlatformError
  readonly reference: string
}> {}

/** A run is to be resumed with another model file than it began with; the diagnostics are the keys that differ. */
export class Changed extends TaggedError("Changed")<{
  readonly diagnostics: ReadonlyArray<Diagnostic>
  readonly source: Source
}> {}

/** A place in a file: lines and columns count from 1. */
export interface Place {
  readonly file: string
  readonly line: number
  readonly column: number
}

/** A place as editors and terminals take it: `model.yaml:3:5`. */
export const printPlace = ({ column, file, line }: Place): string => `${file}:${line}:${column}`

/** A run diverged. `place` is that of the layer in the model file, where there is one. */
export class Diverged extends TaggedError("Diverged")<{
  readonly cause: NonFinite
  readonly rows: string
  readonly place?: Place
  readonly hint: string
}> {
  override get message(): string {
    return `${this.cause.message}${this.rows}${this.place === undefined ? "" : `\n  --> ${printPlace(this.place)}`}`
  }
}

/** A worker cannot join a run, or the run has ended otherwise than by its own end. */
export class JoinFailed extends TaggedError("JoinFailed")<{ readonly message: string; readonly hint: string }> {}

/** Scores that are less or more than the model file asks for. */
export class FailUnder extends TaggedError("FailUnder")<{
  readonly missed: ReadonlyArray<{
    readonly score: string
    readonly got: number
    readonly wanted: number
    readonly bound: "minimum" | "maximum"
  }>
}> {}

/** The self-test found wrong answers and printed them. */
export class Unwell extends TaggedError("Unwell")<{ readonly wrong: ReadonlyArray<string> }> {}

/** Rows that have no prediction; the first of them were named. */
export class Unanswered extends TaggedError("Unanswered")<{
  readonly failed: number
  readonly rows: number
  readonly named: number
}> {}

export type Failure =
  | UsageError
  | Refused
  | RunError
  | FetchError
  | Unsaved
  | Changed
  | Diverged
  | JoinFailed
  | FailUnder
  | Unwell
  | Unanswered
  | DataError
  | ScratchError
  | CheckpointError
  | ConfigError
  | EngineError
  | ShapeError
  | PlatformError.PlatformError
