/** The flags and arguments of `adjoint data fetch`. */
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import { json, optional } from "./Flags.ts"
import { lazily } from "./Lazily.ts"

export const fetch = Command.make(
  "fetch",
  {
    names: Argument.String("dataset").pipe(
      Argument.withDescription("such as mnist; without a name, all that are known are listed"),
      Argument.atLeast(0),
    ),
    to: optional(
      Flag.String("to").pipe(
        Flag.withMetavar("DIR"),
        Flag.withDescription("the folder of the files; a folder of the user's cache unless given"),
      ),
    ),
    json,
  },
  lazily(() => import("../verbs/fetch.ts")),
).pipe(
  Command.withDescription("Download public datasets, check their bytes, and show how a model file reads them"),
  Command.withExamples([{ command: "adjoint data fetch" }, { command: "adjoint data fetch mnist" }]),
)
