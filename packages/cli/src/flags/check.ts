/** The flags and arguments of `adjoint check`. */
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import { json, model, optional, set, switchOf } from "./Flags.ts"
import { lazily } from "./Lazily.ts"

export const check = Command.make(
  "check",
  {
    files: model.pipe(Argument.atLeast(1)),
    set,
    fix: optional(
      Flag.Literals("fix", ["errors", "advice"]).pipe(
        Flag.withOptionalValue("errors" as const),
        Flag.withDescription("apply the fixes of errors, or with --fix=advice those of advice too"),
      ),
    ),
    strict: switchOf("strict", "make warnings errors"),
    json,
  },
  lazily(() => import("../verbs/check.ts")),
).pipe(
  Command.withDescription("Report everything that is wrong with model files, and what could be better"),
  Command.withExamples([
    { command: "adjoint check digits.yaml moons.yaml" },
    { command: "adjoint check digits.yaml --fix" },
    { command: "adjoint check digits.yaml --fix=advice" },
  ]),
)
