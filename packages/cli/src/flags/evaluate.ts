/** The flags and arguments of `adjoint evaluate`. */
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import { computing } from "./Computing.ts"
import { json, optional, run, runs } from "./Flags.ts"
import { lazily } from "./Lazily.ts"

export const evaluate = Command.make(
  "evaluate",
  {
    run,
    files: Argument.String("file").pipe(
      Argument.withDescription(
        "new labelled rows, in a file of any kind that train reads; those of the run's own data without one",
      ),
      Argument.atLeast(0),
    ),
    split: optional(
      Flag.Literals("split", ["train", "val", "test"]).pipe(
        Flag.withDescription("which rows; those of `evaluate.split` in the model file unless given"),
      ),
    ),
    runs,
    ...computing,
    json,
  },
  lazily(() => import("../verbs/evaluate.ts")),
).pipe(
  Command.withDescription("Score a run's model on rows that it was not trained on, of its own data or of new files"),
  Command.withExamples([
    { command: "adjoint evaluate digits/0001" },
    { command: "adjoint evaluate latest --split val" },
    { command: "adjoint evaluate titanic/0001 new-passengers.csv" },
  ]),
)
