/** A step of training and the memory that it takes, before anything is computed. */
import { Engine, EngineError, OutOfMemory } from "@adjoint/core/engines/Engine"
import { type Built, build } from "@adjoint/dsl/build/Build"
import * as Memory from "@adjoint/dsl/build/Memory"
import type { Report } from "@adjoint/dsl/check/Check"
import { checked } from "@adjoint/dsl/check/Checked"
import { kindOf } from "@adjoint/dsl/check/Outputs"
import type { ModelFile } from "@adjoint/dsl/Document"
import { type Finding, locate } from "@adjoint/dsl/diagnostic/Diagnostic"
import { type Facts, headsOf, sequencesOf } from "@adjoint/dsl/prepare/Facts"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { Refused } from "../report/Failure.ts"
import type { Training } from "./Training.ts"

/** What is built of a document to plan its step with, where enough is known of its data: the net may stand there before the rest does. */
export const steppable = (
  document: ModelFile,
  facts: Facts,
  report?: Report,
): { readonly built: Built; readonly data: Memory.Rows } | undefined => {
  const { rows, sample, target } = facts
  const isCounted = [...sequencesOf(facts).values()].every((tokens) => tokens !== undefined)
  const isKnown = isCounted && headsOf(facts).every((head) => kindOf(head.target) !== undefined)
  if (sample === undefined || target === undefined || !isKnown) return undefined
  const data = { ...facts, sample, target }
  const right = checked(
    document,
    { ...data, rows: rows ?? { train: document.train.batch, val: 0, test: 0 } },
    report === undefined ? {} : { report },
  )
  return Result.isFailure(right) ? undefined : { built: build(right.success), data }
}

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
