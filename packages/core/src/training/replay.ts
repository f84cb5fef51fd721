/** Finds the step with the first non-finite value, and tells whether a state has one. */
import * as Effect from "effect/Effect"
import type * as Compile from "../engines/Compile.ts"
import { tensors } from "../language/TensorTree.ts"
import { readAll } from "../tensor/read.ts"
import type { ShapeError } from "../types/ShapeError.ts"
import type { Run, Snapshot } from "./LoopRun.ts"

/** Whether every number of a state is finite: NaN or infinity minus itself is not 0. */
export const allFinite = (state: unknown): boolean =>
  readAll(tensors(state)).every(({ data, dtype }) => {
    if (dtype === "f32")
      for (let i = 0; i < data.length; i++) {
        const x = data[i] as number
        if (x - x !== 0) return false
      }
    return true
  })

/**
 * Repeats the steps of an epoch since the last good state one at a time, which gives the same bits, and fails with the `NonFinite`
 * of the first step that leaves a non-finite value.
 */
export const replay = Effect.fnUntraced(function* <S, B, O, V, K, R>(
  run: Run<S, B, O, V, K, R>,
  step: Compile.Step<S, B, O>,
  { progress: { batch, epoch, step: done }, state }: Snapshot<S>,
) {
  const batchesFrom = yield* run.loader.epoch(epoch)
  yield* step.load(state)
  for (const [i, which] of batchesFrom(batch, run.loader.batches).entries()) {
    const before = yield* step.state
    const [value] = (yield* step.run(yield* run.inputs([which], epoch))).map(run.value)
    const after = yield* step.state
    if (value === undefined || (run.isFinite(value) && allFinite(after))) continue
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
