/** A program that an engine has prepared, on the calling thread or elsewhere. */
import type * as Effect from "effect/Effect"
import type { EngineError } from "../backend/Executable.ts"
import type { NDArray } from "../types/NDArray.ts"

/** Arrays in the order of a program's inputs or outputs. */
export type Arrays = ReadonlyArray<NDArray>

/**
 * A prepared program with its state, which stays with the engine. Calls take effect in the order in which they are made. After a
 * failed run the state may be half old and half new, so all of these fail with that run's error from then on.
 */
export interface Executable {
  /** Replaces the state. */
  readonly load: (state: Arrays) => Effect.Effect<void, EngineError>
  /** Replaces the state by that of another executable of the same engine, which need not leave the engine. */
  readonly take: (from: Executable) => Effect.Effect<void, EngineError>
  /**
   * Runs the program once for each of these inputs, in order, and keeps the new state. Succeeds when the engine has the inputs,
   * with an effect that reads the outputs: immutable snapshots, which an engine hands out when they are asked for. An engine on the
   * calling thread yields every few milliseconds, also within a run that takes long. An interrupted call may have done some of its
   * runs, each of them whole.
   */
  readonly run: (inputs: ReadonlyArray<Arrays>) => Effect.Effect<Effect.Effect<ReadonlyArray<Arrays>, EngineError>, EngineError>
  /** The current state: an immutable snapshot. */
  readonly state: Effect.Effect<Arrays, EngineError>
  /**
   * Gives up the runs that are not done, of an engine that can: succeeds with whether it did. Then the state is what it was before
   * them, and reading their outputs fails. Otherwise they are done.
   */
  readonly abort?: Effect.Effect<boolean>
}
