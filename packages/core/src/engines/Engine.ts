/**
 * The interface between programs and engines. An engine prepares a program once and then runs it many times, on the calling
 * thread or elsewhere; no layer above depends on which engine it is. The reference engine defines the right results.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import type { EngineError, Footprint, Job, SyncExecutable } from "../backend/Executable.ts"
import type { Tensor } from "../language/Expr.ts"
import * as Reference from "../reference/Reference.ts"
import type { NDArray } from "../types/NDArray.ts"
import * as Shape from "../types/Shape.ts"
import { bytesOf, type ShapeError } from "../types/ShapeError.ts"
import type { Arrays, Executable } from "./Executable.ts"
import { inProcess, reading } from "./inProcess.ts"

export { EngineError, type Footprint, type Job, OutOfMemory } from "../backend/Executable.ts"
export type { Arrays, Executable } from "./Executable.ts"

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
    /** The kernels and the memory of a program on one thread, without preparing it. Fails when it does not fit. */
    readonly plan: (job: Job) => Effect.Effect<Footprint, EngineError>
    /** Prepares a program; its memory is released with the scope. */
    readonly prepare: (job: Job) => Effect.Effect<Executable, EngineError, Scope.Scope>
    /** Computes tensors outside a program, rounded as this engine rounds; each is computed once. Fails with `ShapeError` inside a traced function. */
    readonly read: (targets: ReadonlyArray<Tensor>) => Effect.Effect<Arrays, EngineError | ShapeError>
  }
>()("@adjoint/core/Engine") {
  declare readonly help: Help

  /** The engine that is provided. `yield* Engine` gives it too; here its absence is a defect that says what to add. */
  static readonly current: Effect.Effect<Engine["Service"], never, Engine> = Effect.flatMap(
    Effect.serviceOption(Engine),
    Option.match({ onNone: () => Effect.die(new Error(missing)), onSome: Effect.succeed }),
  )
}

const referenceExecutable = ({ program, resident }: Job): SyncExecutable => {
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

/** Reference keeps every value of a program, and floats as doubles. */
const referenceFootprint = ({ program: { constants, equations, inputs } }: Job): Footprint => ({
  kernels: equations.length,
  bytes: [...inputs, ...constants, ...equations.map(({ out }) => out)].reduce(
    (sum, spec) => sum + (spec.dtype === "f32" ? 8 * Shape.size(spec.shape) : bytesOf(spec)),
    0,
  ),
})

/** The engine that defines every result: plain loops over doubles, on one thread. */
export const layerReference: Layer.Layer<Engine> = Layer.succeed(Engine, {
  name: "reference",
  numerics: "doubles",
  threads: 1,
  plan: (job) => Effect.sync(() => referenceFootprint(job)),
  prepare: (job) => Effect.sync(() => inProcess(referenceExecutable(job))),
  read: (targets) => reading(() => Reference.read(targets)),
})
