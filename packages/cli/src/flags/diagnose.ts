/** The flags and arguments of `adjoint diagnose`. */
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import { computing } from "./Computing.ts"
import { json, modelOrRun, optional, runs, set } from "./Flags.ts"
import { lazily } from "./Lazily.ts"

export const diagnose = Command.make(
  "diagnose",
  {
    subject: modelOrRun,
    only: optional(
      Flag.String("only").pipe(
        Flag.withMetavar("a,b"),
        Flag.withDescription("some diagnoses, such as layers,dead_units; all that fit the weights unless given"),
      ),
    ),
    plot: optional(
      Flag.String("plot").pipe(
        Flag.withMetavar("DIR"),
        Flag.withDescription("write a picture of each diagnosis into this folder"),
      ),
    ),
    set,
    runs,
    ...computing,
    json,
  },
  lazily(() => import("../verbs/diagnose.ts")),
).pipe(
  Command.withDescription("Measure why a net does or does not learn: rates, layers, gradients, dead units, baselines"),
  Command.withExamples([
    { command: "adjoint diagnose digits.yaml" },
    { command: "adjoint diagnose digits/0001 --only layers,dead_units --plot plots" },
  ]),
)
