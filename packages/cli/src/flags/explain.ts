/** The flags and arguments of `adjoint explain`. */
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import { json } from "./Flags.ts"
import { lazily } from "./Lazily.ts"

export const explain = Command.make(
  "explain",
  {
    name: Argument.String("name").pipe(
      Argument.withDescription("a word such as relu, lr or split, a code such as G401, or an exit code such as 3"),
    ),
    json,
  },
  lazily(() => import("../verbs/explain.ts")),
).pipe(
  Command.withDescription("Explain a word of model files, the code of a diagnostic, or an exit code"),
  Command.withExamples([{ command: "adjoint explain early_stop" }, { command: "adjoint explain A606" }]),
)
