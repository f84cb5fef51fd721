/** The flags and arguments of `adjoint plot`. */
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import { json, output } from "./Flags.ts"
import { lazily } from "./Lazily.ts"

export const plot = Command.make(
  "plot",
  {
    activation: Argument.String("activation").pipe(Argument.withDescription("such as relu")),
    set: Flag.String("set").pipe(
      Flag.withMetavar("option=value"),
      Flag.atLeast(0),
      Flag.withDescription("set an option of the activation, as in alpha=0.1"),
    ),
    output: output("where the picture goes; the activation's name and .svg unless given"),
    range: Flag.String("range").pipe(
      Flag.withMetavar("low:high"),
      Flag.withDefault("-6:6"),
      Flag.withDescription("from where to where it is drawn; -6:6 unless given"),
    ),
    json,
  },
  lazily(() => import("../verbs/plot.ts")),
).pipe(
  Command.withDescription("Draw an activation and its derivative, in the terminal and as SVG"),
  Command.withExamples([{ command: "adjoint plot gelu" }, { command: "adjoint plot leaky_relu --set alpha=0.1 -o leaky.svg" }]),
)
