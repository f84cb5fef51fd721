/** Finds the step with the first non-finite value. */
import * as Effect from "effect/Effect"
import type { ShapeError } from "../types/ShapeError.ts"
import { allFinite } from "./allFinite.ts"
import type { LoopStep, Run, Snapshot } from "./LoopRun.ts"

/**
 * Repeats the steps of an epoch since the last good state one at a time, which gives the same bits, and fails with the `NonFinite`
 * of the first step that leaves a non-finite value.
 */
export const replay = Effect.fnUntraced(function* <S, B, O, V, K, R>(
  run: Run<S, B, O, V, K, R>,
  step: LoopStep<S, B, O>,
  { progress: { batch, epoch, step: done }, state }: Snapshot<S>,
) {
  const batchesFrom = yield* run.loader.epoch(epoch)
  yield* step.load(state)
  for (const [i, which] of batchesFrom(batch, run.loader.batches).entries()) {
    const before = yield* step.state
    const [value] = (yield* step.run(yield* run.inputs([which], epoch))).map(run.value)
    const after = yield* step.state
    if (value === undefined || (run.isFinite(value) && (yield* allFinite(after)))) continue
    const place = { epoch: epoch + 1, step: done + i + 1, rows: [...which] }
    // Mathematics counts rows within the batch.
    const inData = (error: ShapeError): ShapeError =>
      error.row === undefined ? error : error.with({ row: which[error.row] ?? error.row })
    return yield* yield* Effect.catchTag(run.blame({ before, after, value, which, place }), "ShapeError", (error) =>
      Effect.fail(inData(error)),
    )
  }
  return yield* Effect.die(
    new Error("a value was not finite, but replaying its steps gave finite ones: the engine is not deterministic"),
  )
})
