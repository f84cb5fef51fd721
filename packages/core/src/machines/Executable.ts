/** What an engine makes of a program: something that holds state, takes numbers and gives numbers, and how it may fail. */
import { TaggedError } from "effect/Data"
import type { Program } from "../language/Program.ts"
import type { NDArray } from "../words/NDArray.ts"
import { printSpec, type Spec } from "../words/ShapeError.ts"

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

/** The cause of an `EngineError`: a program wants more memory than there is. Sizes are in bytes. */
export class OutOfMemory extends TaggedError("OutOfMemory")<{
  readonly wanted: number
  /** The most that can be had, where that is known. */
  readonly most?: number
  /** The largest tensors, the largest first. */
  readonly largest: ReadonlyArray<Spec & { readonly bytes: number }>
}> {
  override get message(): string {
    const { largest, most, wanted } = this
    const room = most === undefined ? "the host has not so much left" : `one memory holds ${most}`
    const tensors = largest.map((tensor) => `${printSpec(tensor)} of ${tensor.bytes} bytes`).join(", ")
    return `it needs ${wanted} bytes of memory and ${room}; the largest tensors are ${tensors}`
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

/**
 * A prepared program with the state that stays with it. What comes out, unless it is lent, is an immutable snapshot. After a run
 * that failed the state may be half the old and half the new, so all of these throw that run's `EngineError` from then on.
 */
export interface Executable {
  /** Replaces the state. */
  readonly load: (state: ReadonlyArray<NDArray>) => void
  /** Runs the program on the state and these inputs, keeps the new state and returns the other outputs. Throws `EngineError`. */
  readonly run: (inputs: ReadonlyArray<NDArray>) => ReadonlyArray<NDArray>
  /** The state as it is now. */
  readonly state: () => ReadonlyArray<NDArray>
  /** The state where it stands, for another executable to load: what runs next may write over these arrays. */
  readonly lend: () => ReadonlyArray<NDArray>
}
