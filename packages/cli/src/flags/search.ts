/** The flags and arguments of `adjoint search`. */
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Option from "effect/Option"
import { budget } from "./Budget.ts"
import { computing } from "./Computing.ts"
import { json, model, optional, set, switchOf } from "./Flags.ts"
import { lazily } from "./Lazily.ts"

export const search = Command.make(
  "search",
  {
    file: model.pipe(Argument.optional, Argument.map(Option.getOrUndefined)),
    set,
    trials: optional(
      Flag.Int("trials").pipe(Flag.withMetavar("N"), Flag.withDescription("trials in all; more than a study has extend it")),
    ),
    ...budget,
    store: optional(
      Flag.String("store").pipe(
        Flag.withMetavar("FILE"),
        Flag.withDescription("the database of the study, a file or postgres://…; studies/NAME.sqlite unless given"),
      ),
    ),
    study: optional(
      Flag.String("study").pipe(
        Flag.withMetavar("NAME"),
        Flag.withDescription("the name of the study; that of the model unless given"),
      ),
    ),
    serveData: optional(
      Flag.String("serve-data").pipe(
        Flag.withMetavar("HOST:PORT"),
        Flag.withDescription("serve the files of the data to workers, by their hashes; a PORT alone is one of 127.0.0.1"),
      ),
    ),
    resume: switchOf("resume", "continue a study that was stopped, or join one that another process runs"),
    list: switchOf("list", "list the studies of the database, and search nothing"),
    export: optional(
      Flag.Literals("export", ["csv", "json"]).pipe(
        Flag.withDescription("print the trials of the study as csv or as lines of JSON, and search nothing"),
      ),
    ),
    output: optional(
      Flag.String("output").pipe(
        Flag.withAlias("o"),
        Flag.withMetavar("FILE"),
        Flag.withDescription("the model file of the best trial; MODEL.best.yaml unless given"),
      ),
    ),
    ...computing,
    json,
  },
  lazily(() => import("../verbs/search.ts")),
).pipe(
  Command.withDescription("Search the values that score best, in the space that the `$search` markers of a model file describe"),
  Command.withExamples([
    { command: "adjoint search diabetes.yaml --trials 40" },
    { command: "adjoint search diabetes.yaml --resume" },
    { command: "adjoint search --store studies/diabetes.sqlite --export csv" },
  ]),
)
