/** A step of training, planned as the WebAssembly engine would do it: what it takes, before anything is computed. */
import { Engine, EngineError } from "@adjoint/core/engines/Engine"
import { type PlannedStep, plannedStep } from "@adjoint/core/training/plannedStep"
import type { Spec } from "@adjoint/core/words/ShapeError"
import type { Built } from "@adjoint/dsl/build/Build"
import type { Target } from "@adjoint/dsl/prepare/Facts"
import type { Known } from "@adjoint/dsl/prepare/Prepare"
import * as Effect from "effect/Effect"
import type { Training } from "./Training.ts"

/** How targets come to training. */
const targetOf = (target: Target): Spec =>
  target.type === "numbers" ? { dtype: "f32", shape: [target.names.length] } : { dtype: "i32", shape: [] }

/** The plan of a step on so many rows. Fails with `EngineError` where it does not fit into memory. */
export const planned = (
  built: Built,
  { sample, target }: Pick<Known, "sample" | "target">,
  rows: number,
): Effect.Effect<PlannedStep, EngineError> =>
  Effect.suspend(() => {
    const samples = { sample: { dtype: "f32", shape: sample }, target: targetOf(target) } as const
    try {
      return Effect.succeed(plannedStep({ ...built, batch: rows }, samples))
    } catch (error) {
      if (error instanceof EngineError) return Effect.fail(error)
      throw error
    }
  })

/** Fails with `EngineError` for a training whose steps the engine has no memory for. */
export const fits = ({ built, prepared }: Training): Effect.Effect<void, EngineError, Engine> =>
  Effect.flatMap(Engine, ({ name }) =>
    name === "wasm" ? Effect.asVoid(planned(built, prepared.facts, built.batch)) : Effect.void,
  )
