/** The flags and arguments of `adjoint schema`. */
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import { json } from "./Flags.ts"
import { lazily } from "./Lazily.ts"

export const schema = Command.make(
  "schema",
  {
    of: Argument.Literals("which", ["model", "events"]).pipe(
      Argument.withDefault("model" as const),
      Argument.withDescription("model, of model files, unless given, or events, of the lines that --json prints"),
    ),
    json,
  },
  lazily(() => import("../verbs/schema.ts")),
).pipe(
  Command.withDescription("Print the JSON Schema of model files, or of the events of --json"),
  Command.withExamples([
    { command: "adjoint schema > adjoint.schema.json" },
    { command: "adjoint schema events > events.schema.json" },
  ]),
)
