/** The flags and arguments of `adjoint data`. */
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import { json, model, optional, set } from "./Flags.ts"
import { fetch } from "./fetch.ts"
import { lazily } from "./Lazily.ts"

export const data = Command.make(
  "data",
  {
    file: model,
    set,
    sample: optional(
      Flag.Int("sample").pipe(
        Flag.withMetavar("N"),
        Flag.withDescription("show N training rows as they were read, and as the net is given them"),
      ),
    ),
    plot: optional(
      Flag.String("plot").pipe(
        Flag.withMetavar("DIR"),
        Flag.withDescription("write pictures of these rows, or of 16, into this folder"),
      ),
    ),
    json,
  },
  lazily(() => import("../verbs/data.ts")),
).pipe(
  Command.withDescription("Show what the rows of a model file hold, and what looks wrong with them"),
  Command.withExamples([
    { command: "adjoint data titanic.yaml" },
    { command: "adjoint data digits.yaml --sample 12 --plot plots" },
    { command: "adjoint data fetch mnist" },
  ]),
  Command.withSubcommands([fetch]),
)
