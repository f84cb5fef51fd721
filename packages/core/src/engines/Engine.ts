/**
 * The seam between what is to be computed and what computes it. An engine prepares a program once and then runs it many
 * times; nothing above this file knows which engine that is. Reference is the first one, and defines what is right.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import type { Tensor } from "../language/Expr.ts"
import type { EngineError, Executable, Job } from "../machines/Executable.ts"
import * as Reference from "../meaning/Reference.ts"
import type { NDArray } from "../words/NDArray.ts"

export { EngineError, type Executable, type Job, OutOfMemory } from "../machines/Executable.ts"

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
    /** The numbers of tensors outside a program, as it rounds: each is computed once. Throws `ShapeError` inside a traced function. */
    readonly read: (targets: ReadonlyArray<Tensor>) => ReadonlyArray<NDArray>
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
    lend: () => state,
  }
}

/** The engine that defines every answer: plain loops over doubles, on one thread. */
export const reference: Layer.Layer<Engine> = Layer.succeed(Engine, {
  name: "reference",
  numerics: "doubles",
  threads: 1,
  prepare: (job) => Effect.sync(() => referenceExecutable(job)),
  read: Reference.read,
})
