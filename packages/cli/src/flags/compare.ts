/** The flags and arguments of `adjoint compare`. */
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import { json, runs } from "./Flags.ts"
import { lazily } from "./Lazily.ts"

export const compare = Command.make(
  "compare",
  {
    all: Argument.String("run").pipe(Argument.withDescription("runs, or a name for all of its runs"), Argument.atLeast(1)),
    runs,
    json,
  },
  lazily(() => import("../verbs/compare.ts")),
).pipe(
  Command.withDescription("Show runs side by side: their scores, and what differs in their model files and data"),
  Command.withExamples([{ command: "adjoint compare digits/1 digits/2" }, { command: "adjoint compare digits" }]),
)
