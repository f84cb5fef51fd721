/** A step of training and the memory that it takes, before anything is computed. */
import { Engine, EngineError, OutOfMemory } from "@adjoint/core/engines/Engine"
import * as Memory from "@adjoint/dsl/build/Memory"
import { steppable } from "@adjoint/dsl/build/Steppable"
import type { Report } from "@adjoint/dsl/check/Check"
import type { ModelFile } from "@adjoint/dsl/Document"
import { type Finding, locate } from "@adjoint/dsl/diagnostic/Diagnostic"
import type { Facts } from "@adjoint/dsl/prepare/Facts"
import * as Effect from "effect/Effect"
import { Refused } from "../report/Failure.ts"
import type { Training } from "./Training.ts"

/** What the step of a document wants too much of, if anything, as far as it can be known of its data. */
export const check = (document: ModelFile, facts: Facts, report?: Report): ReadonlyArray<Finding> => {
  const step = steppable(document, facts, report)
  return step === undefined ? [] : Memory.check(document, step.built, step.data)
}

const refused = ({ sound: { reading } }: Training, findings: ReadonlyArray<Finding>): Refused =>
  new Refused({ diagnostics: findings.map((finding) => locate(finding, reading.positions)), source: reading.source })

const dataOf = ({ prepared: { facts } }: Training): Memory.Rows => facts

/** Fails with `Refused` for a training whose steps the engine has no memory for. */
export const fits = (training: Training): Effect.Effect<void, Refused, Engine> =>
  Effect.flatMap(Engine, ({ name }) => {
    const { built, sound } = training
    const found = name === "wasm" ? Memory.check(sound.document, built, dataOf(training)) : []
    return found.length === 0 ? Effect.void : Effect.fail(refused(training, found))
  })

/** A failure during training; where the engine ran out of memory, it points at the model file. */
export const located =
  (training: Training) =>
  <E>(error: E): E | Refused =>
    error instanceof EngineError && error.cause instanceof OutOfMemory
      ? refused(training, [
          Memory.shortageFinding(training.sound.document, training.built, dataOf(training), error.cause, "unknown"),
        ])
      : error
