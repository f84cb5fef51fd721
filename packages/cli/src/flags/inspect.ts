/** The flags and arguments of `adjoint inspect`. */
import * as Command from "effect/cli/Command"
import { json, modelOrRun, runs, set } from "./Flags.ts"
import { lazily } from "./Lazily.ts"

export const inspect = Command.make(
  "inspect",
  { subject: modelOrRun, set, runs, json },
  lazily(() => import("../verbs/inspect.ts")),
).pipe(
  Command.withDescription("Show a model's layers with their shapes, parameters and multiply-adds"),
  Command.withExamples([{ command: "adjoint inspect digits.yaml" }, { command: "adjoint inspect digits/0001" }]),
)
