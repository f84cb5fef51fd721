/**
 * The seam between what is to be computed and what computes it. An engine prepares a program once and then runs it many
 * times; nothing above this file knows which engine that is. Reference is the first one, and defines what is right.
 */
import { Context, Effect, Layer, type Scope } from "effect"
import { TaggedError } from "effect/Data"
import type { Program } from "../language/Program.ts"
import * as Reference from "../meaning/Reference.ts"
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

/** Runs programs. */
export class Engine extends Context.Service<
  Engine,
  {
    /** What it is called in run records and on the command line. */
    readonly name: string
    /** How it rounds: part of what makes two runs equal. */
    readonly numerics: string
    readonly threads: number
    /** Makes a program ready to run; what it holds is released with the scope. */
    readonly prepare: (job: Job) => Effect.Effect<Executable, EngineError, Scope.Scope>
  }
>()("@adjoint/core/Engine") {}

const referenceExecutable = ({ program, resident }: Job): Executable => {
  let state: ReadonlyArray<NDArray> = []
  return {
    load: (next) => {
      state = next
    },
    run: (inputs) => {
      const outputs = Reference.run(program, [...state, ...inputs])
      state = outputs.slice(0, resident)
      return outputs.slice(resident)
    },
    state: () => state,
  }
}

/** The engine that defines every answer: plain loops over doubles, on one thread. */
export const reference: Layer.Layer<Engine> = Layer.succeed(Engine, {
  name: "reference",
  numerics: "doubles",
  threads: 1,
  prepare: (job) => Effect.sync(() => referenceExecutable(job)),
})
