/** What the loop logs of its epochs and events. */
import type * as Effect from "effect/Effect"
import { type Attributes, logged } from "../engines/observe.ts"
import type { LoopEvent } from "./LoopRun.ts"
import type { EpochRecord } from "./Progress.ts"

/** The numbers of an epoch as attributes of its span and its log. */
export const epochAttributes = ({ epoch, learningRate, step, train, validation = {} }: EpochRecord): Attributes => ({
  "adjoint.epoch": epoch,
  "adjoint.step": step,
  "adjoint.learning_rate": learningRate,
  ...Object.fromEntries(Object.entries(train).map(([score, value]) => [`adjoint.train.${score}`, value])),
  ...Object.fromEntries(Object.entries(validation).map(([score, value]) => [`adjoint.val.${score}`, value])),
})

/** Logs an event besides the epochs. */
export const logEvent = (name: string, event: LoopEvent): Effect.Effect<void> => {
  switch (event._tag) {
    case "CheckpointWritten":
      return logged("Debug", `${name}.run: the ${event.kind} checkpoint is written`, {
        "adjoint.checkpoint.kind": event.kind,
        "adjoint.checkpoint.directory": event.directory,
        "adjoint.epoch": event.epoch,
        "adjoint.step": event.step,
      })
    case "OldCheckpointKept":
      return logged("Warn", `${name}.run: an old ${event.kind} checkpoint cannot be deleted: ${event.reason}`, {
        "adjoint.checkpoint.kind": event.kind,
        "adjoint.checkpoint.directory": event.path,
      })
    case "Rewound":
      return logged("Warn", `${name}.run: went back after a non-finite value`, {
        "adjoint.epoch": event.epoch,
        "adjoint.step": event.step,
        "adjoint.tensor": event.tensor,
        "adjoint.layer": event.layer,
        "adjoint.learning_rate.factor": event.factor,
      })
    case "StoppedEarly":
      return logged("Debug", `${name}.run: stopped early`, { "adjoint.epoch": event.epoch, "adjoint.monitor": event.monitor })
  }
}
