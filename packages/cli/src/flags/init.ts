/** The flags and arguments of `adjoint init`. */
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import { json, optional, output } from "./Flags.ts"
import { lazily } from "./Lazily.ts"

export const init = Command.make(
  "init",
  {
    data: Argument.String("data").pipe(
      Argument.withDescription(
        "a table (delimited text, JSON lines, Parquet, Arrow), a folder with a folder of images for each class, or arrays (npz, idx)",
      ),
    ),
    target: optional(
      Flag.String("target").pipe(
        Flag.withMetavar("COLUMN"),
        Flag.withDescription("the column to predict; the likeliest one unless given"),
      ),
    ),
    output: output("the model file; the data's name with .yaml unless given"),
    json,
  },
  lazily(() => import("../verbs/init.ts")),
).pipe(
  Command.withDescription("Write a commented model file for a table, images or arrays"),
  Command.withExamples([
    { command: "adjoint init churn.csv --target Churn" },
    { command: "adjoint init shapes/ -o shapes.yaml" },
  ]),
)
