/**
 * The interface between programs and engines. An engine prepares a program once and then runs it many times; no layer above
 * depends on which engine it is. The reference engine defines the right results.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import type { EngineError, Executable, Job } from "../backend/Executable.ts"
import type { Tensor } from "../language/Expr.ts"
import * as Reference from "../reference/Reference.ts"
import type { NDArray } from "../types/NDArray.ts"

export { EngineError, type Executable, type Job, OutOfMemory } from "../backend/Executable.ts"

/** What a program that needs an engine and is run without one reports, to the compiler and when it runs. */
const missing = "no engine: add Effect.provide(Wasm.layer())"
type Missing = typeof missing

/**
 * Runs programs. `Help` has no values: it is a sentence that the compiler prints where an engine is missing,
 * `Type 'Engine<"no engine: add Effect.provide(Wasm.layer())">' is not assignable to type 'never'`.
 */
export class Engine<out Help extends string = Missing> extends Context.Service<
  Engine,
  {
    /** Its name in run records and on the command line. */
    readonly name: string
    /** How it rounds: runs with other numerics have other bits. */
    readonly numerics: string
    /** How wide the vectors of its programs are, in bits, if it has vectors. No result depends on it. */
    readonly lanes?: 128 | 256
    readonly threads: number
    /** Prepares a program; its memory is released with the scope. */
    readonly prepare: (job: Job) => Effect.Effect<Executable, EngineError, Scope.Scope>
    /** Computes tensors outside a program, rounded as this engine rounds; each is computed once. Throws `ShapeError` inside a traced function. */
    readonly read: (targets: ReadonlyArray<Tensor>) => ReadonlyArray<NDArray>
  }
>()("@adjoint/core/Engine") {
  declare readonly help: Help

  /** The engine that is provided. `yield* Engine` gives it too; here its absence is a defect that says what to add. */
  static readonly current: Effect.Effect<Engine["Service"], never, Engine> = Effect.flatMap(
    Effect.serviceOption(Engine),
    Option.match({ onNone: () => Effect.die(new Error(missing)), onSome: Effect.succeed }),
  )
}

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

/** The engine that defines every result: plain loops over doubles, on one thread. */
export const layerReference: Layer.Layer<Engine> = Layer.succeed(Engine, {
  name: "reference",
  numerics: "doubles",
  threads: 1,
  prepare: (job) => Effect.sync(() => referenceExecutable(job)),
  read: Reference.read,
})
