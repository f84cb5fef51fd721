/** The scores of a run that has ended, on the rows that its document evaluates it on. */
import { Engine } from "@adjoint/core/engines/Engine"
import { evaluate, predict } from "@adjoint/core/training/Evaluate"
import { findInScoring } from "@adjoint/core/training/findNonFinite"
import type { Scores } from "@adjoint/core/training/Progress"
import type { NonFiniteScore } from "@adjoint/core/training/TrainEvent"
import * as Effect from "effect/Effect"
import type { Summary } from "../json/Summary.ts"
import type { Training } from "../model/Training.ts"
import type { Ledger } from "../run/Ledger.ts"

/** The scores of the part that a run is evaluated on, and those of its groups. */
type JudgedScores = Pick<Summary, "slices"> & { readonly [part in "train" | "val" | "test"]?: Scores }

/** Scores a run; a loss that is not finite is traced and passed to `tell`. */
export const judge = <E, R>(
  { built, prepared, sound: { document } }: Training,
  { records, weights }: Ledger,
  tell: (event: NonFiniteScore) => Effect.Effect<void, E, R>,
) =>
  Effect.gen(function* () {
    const { split } = document.evaluate
    const dataset = prepared[split]
    if (dataset === undefined || weights === undefined) return {} satisfies JudgedScores
    const scores = yield* evaluate(built.net, weights, { data: dataset, loss: built.loss, scores: built.scores })
    if (!Number.isFinite(scores.loss)) {
      const { read } = yield* Engine
      const place = yield* findInScoring({ ...built, read }, weights, dataset)
      if (place !== undefined) yield* tell({ _tag: "NonFiniteScore", part: split, epoch: records.at(-1)?.epoch ?? 0, ...place })
    }
    const { slices } = prepared
    if (Object.keys(slices).length === 0) return { [split]: scores } as JudgedScores
    const { scored } = yield* Effect.promise(() => import("../evaluate/Groups.ts"))
    const { tableOf } = yield* Effect.promise(() => import("../evaluate/Judged.ts"))
    const predictions = yield* predict(built.net, weights, dataset.inputs)
    const groups = scored(tableOf(built, built.loss), { predictions, targets: dataset.targets, weights: dataset.weights }, slices)
    return { [split]: scores, slices: groups } as JudgedScores
  })
