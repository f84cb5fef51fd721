/** The arguments of `adjoint help`. It never runs: its arguments become those of `--help`. */
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import { json } from "./Flags.ts"

export const help = Command.make(
  "help",
  { verb: Argument.String("verb").pipe(Argument.withDescription("one of the verbs"), Argument.optional), json },
  () => Effect.void,
).pipe(
  Command.withDescription("Show the help of the command or of a verb"),
  Command.withExamples([{ command: "adjoint help" }, { command: "adjoint help train" }]),
)
