/** Scores held against what the model file asks for. */

import type { Scores } from "@adjoint/core/training/Progress"
import type { ModelFile } from "@adjoint/dsl/Document"
import * as Effect from "effect/Effect"
import { FailUnder } from "./Failure.ts"

/** Fails with `FailUnder` when a score of the part that the document judges by is less than its `fail_under`. */
export const held = (
  { evaluate: { fail_under, split } }: Pick<ModelFile, "evaluate">,
  scores: { readonly [part in "train" | "val" | "test"]?: Scores | undefined },
): Effect.Effect<void, FailUnder> => {
  const got = scores[split]
  if (got === undefined) return Effect.void
  const missed = Object.entries(fail_under).flatMap(([score, wanted]) => {
    // A score that is not defined of these rows does not reach anything.
    const value = (Object.hasOwn(got, score) ? got[score] : undefined) ?? Number.NaN
    return value >= wanted ? [] : [{ score: `${split}.${score}`, got: value, wanted }]
  })
  return missed.length === 0 ? Effect.void : Effect.fail(new FailUnder({ missed }))
}
