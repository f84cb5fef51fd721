/** A prepared program on the calling thread, and the errors of preparing and running one. */
import { TaggedError } from "effect/Data"
import type { Program } from "../language/Program.ts"
import type { NDArray } from "../types/NDArray.ts"
import type { Pieces } from "../types/Pieces.ts"
import { printSpec, type Spec } from "../types/ShapeError.ts"

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

/** The cause of an `EngineError`: a program needs more memory than there is. Sizes are in bytes. */
export class OutOfMemory extends TaggedError("OutOfMemory")<{
  readonly wanted: number
  /** The largest possible memory, if that is known. */
  readonly limit?: number
  /** The largest tensors, the largest first. */
  readonly largest: ReadonlyArray<Spec & { readonly bytes: number }>
}> {
  override get message(): string {
    const { largest, limit, wanted } = this
    const room = limit === undefined ? "the host cannot provide it" : `one memory holds ${limit}`
    const tensors = largest.map((tensor) => `${printSpec(tensor)} of ${tensor.bytes} bytes`).join(", ")
    return `it needs ${wanted} bytes of memory and ${room}; the largest tensors are ${tensors}`
  }
}

/** The kernels of a program and the memory that it needs. */
export interface Footprint {
  /** Passes over memory. */
  readonly kernels: number
  /** All of its memory, in bytes. */
  readonly bytes: number
}

/**
 * A program to prepare. Its first `resident` inputs are state that stays with the engine, and its first `resident`
 * outputs, of the same dtypes and shapes, take their place after each run.
 */
export interface Job {
  readonly program: Program
  readonly resident: number
}

/** Whether a program returns its state as it was. */
export const keepsState = ({ program: { outputs }, resident }: Job): boolean =>
  outputs.slice(0, resident).every((output, i) => output === i)

/**
 * A prepared program with its state, on the calling thread. Results are immutable snapshots, unless they are lent. After a failed
 * run the state may be half old and half new, so all of these throw that run's `EngineError` from then on.
 */
export interface SyncExecutable {
  /** Replaces the state. */
  readonly load: (state: ReadonlyArray<NDArray>) => void
  /** Runs the program on the state and these inputs, keeps the new state and returns the other outputs. Throws `EngineError`. */
  readonly run: (inputs: ReadonlyArray<NDArray>) => ReadonlyArray<NDArray>
  /**
   * The same in pieces, if the next run takes long; the state changes with the last piece at the latest. No other call may come
   * between the first piece and the last one.
   */
  readonly pieces?: (inputs: ReadonlyArray<NDArray>) => Pieces<ReadonlyArray<NDArray>> | undefined
  /** The current state. */
  readonly state: () => ReadonlyArray<NDArray>
  /** Views of the state, for another executable to load: the next run may overwrite them. */
  readonly lend: () => ReadonlyArray<NDArray>
}
