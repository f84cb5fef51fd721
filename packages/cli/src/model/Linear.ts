/** The linear model beside a run: what the inputs tell without any hidden layer. */
import type { Arrays, Values } from "@adjoint/core/data/PreprocessTree"
import { linear } from "@adjoint/core/diagnosis/Diagnosis"
import { Engine } from "@adjoint/core/engines/Engine"
import type { Params } from "@adjoint/core/learning/Params"
import type { Scores } from "@adjoint/core/training/Progress"
import * as Effect from "effect/Effect"
import type { Training } from "./Training.ts"

/** Multiply-adds that the reference engine may take for it, which is some thousand times slower. */
const mostOfReference = 2e7

/**
 * The scores of a linear model that learned from the training rows, on the rows that baselines are scored on; `undefined` where it
 * would take long, or has no finite loss. It never keeps a run from being trained.
 */
export const linearOf = (training: Training): Effect.Effect<Scores | undefined, never, Engine> =>
  Effect.gen(function* () {
    const { name } = yield* Engine
    const { loss, net, scores, seed } = training.built
    const { test, train: data, val } = training.prepared
    const on = val ?? test
    const found = yield* linear<Params, Params, Values, Values, Arrays>(
      { data, loss, net, scores, seed, ...(on === undefined ? {} : { validation: on }) },
      name === "reference" ? mostOfReference : undefined,
    )
    return Number.isFinite(found?.loss) ? found : undefined
  }).pipe(Effect.catch(() => Effect.succeed(undefined)))
