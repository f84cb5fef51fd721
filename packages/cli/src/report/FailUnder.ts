/** Scores held against what the model file asks for. */

import type { Scores } from "@adjoint/core/training/Progress"
import type { ModelFile } from "@adjoint/dsl/Document"
import * as Effect from "effect/Effect"
import { FailUnder } from "./Failure.ts"

/**
 * Fails with `FailUnder` when a score of the part that the document judges by is less than its `fail_under`, or more than its
 * `fail_above`.
 */
export const held = (
  { evaluate: { fail_above, fail_under, split } }: Pick<ModelFile, "evaluate">,
  scores: { readonly [part in "train" | "val" | "test"]?: Scores | undefined },
): Effect.Effect<void, FailUnder> => {
  const got = scores[split]
  if (got === undefined) return Effect.void
  const missing = (bounds: { readonly [score: string]: number }, bound: "minimum" | "maximum") =>
    Object.entries(bounds).flatMap(([score, wanted]) => {
      // A score that is not defined of these rows does not reach anything.
      const value = (Object.hasOwn(got, score) ? got[score] : undefined) ?? Number.NaN
      const isReached = bound === "minimum" ? value >= wanted : value <= wanted
      return isReached ? [] : [{ score: `${split}.${score}`, got: value, wanted, bound }]
    })
  const missed = [...missing(fail_under, "minimum"), ...missing(fail_above, "maximum")]
  return missed.length === 0 ? Effect.void : Effect.fail(new FailUnder({ missed }))
}
