/** Writes a checkpoint of a run of the loop. */
import * as Effect from "effect/Effect"
import { spanned } from "../engines/observe.ts"
import type { CheckpointError } from "./CheckpointError.ts"
import type { Saving, Snapshot } from "./LoopRun.ts"
import type { CheckpointWritten, OldCheckpointKept } from "./TrainEvent.ts"

/** Saves a snapshot in a span of its own, and returns the events that report it. `name` is the kind of run. */
export const saveSnapshot = <S, R>(
  name: string,
  saving: Saving<S, R>,
  kind: "best" | "last",
  snapshot: Snapshot<S>,
): Effect.Effect<ReadonlyArray<CheckpointWritten | OldCheckpointKept>, CheckpointError, R> => {
  const { epoch, step } = snapshot.progress
  return Effect.map(
    spanned(
      saving.save(kind, snapshot),
      `${name}.checkpoint`,
      () => ({ "adjoint.checkpoint.kind": kind, "adjoint.epoch": epoch, "adjoint.step": step }),
      ({ directory }) => ({ "adjoint.checkpoint.directory": directory }),
    ),
    ({ directory, undeleted }) => [
      { _tag: "CheckpointWritten", kind, directory, epoch, step },
      ...(undeleted === undefined ? [] : [{ _tag: "OldCheckpointKept", kind, ...undeleted } as const]),
    ],
  )
}
