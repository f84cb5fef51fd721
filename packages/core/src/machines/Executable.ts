/** What an engine makes of a program: something that holds state, takes numbers and gives numbers, and how it may fail. */
import { TaggedError } from "effect/Data"
import type { Program } from "../language/Program.ts"
import type { NDArray } from "../words/NDArray.ts"

/** An engine could not prepare or run a program: it ran out of memory, a worker died, the host lacks something. */
export class EngineError extends TaggedError("EngineError")<{
  readonly engine: string
  readonly doing: string
  readonly cause: unknown
}> {
  override get message(): string {
    return `the ${this.engine} engine failed to ${this.doing}: ${this.cause instanceof Error ? this.cause.message : String(this.cause)}`
  }
}

/**
 * A program to prepare. Its first `resident` inputs are state that stays with the engine, and its first `resident`
 * outputs, of the same kinds and shapes, take their place after each run.
 */
export interface Job {
  readonly program: Program
  readonly resident: number
}

/** A prepared program with the state that stays with it. Everything that comes out is an immutable snapshot. */
export interface Executable {
  /** Replaces the state. */
  readonly load: (state: ReadonlyArray<NDArray>) => void
  /** Runs the program on the state and these inputs, keeps the new state and returns the other outputs. Throws `EngineError`. */
  readonly run: (inputs: ReadonlyArray<NDArray>) => ReadonlyArray<NDArray>
  /** The state as it is now. */
  readonly state: () => ReadonlyArray<NDArray>
}
