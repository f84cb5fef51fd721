/** The flags of `adjoint worker`. */
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import { budget } from "./Budget.ts"
import { lanes, threads } from "./Computing.ts"
import { json, optional, switchOf } from "./Flags.ts"
import { lazily } from "./Lazily.ts"

export const worker = Command.make(
  "worker",
  {
    store: Flag.String("store").pipe(
      Flag.withMetavar("FILE"),
      Flag.withDescription("the database of the studies: a file, or postgres://user@host/database"),
    ),
    study: optional(
      Flag.String("study").pipe(
        Flag.withMetavar("NAME"),
        Flag.withDescription("the study whose trials are run; all of the database, one after the other, unless given"),
      ),
    ),
    data: optional(
      Flag.String("data").pipe(
        Flag.withMetavar("DIR or http://…"),
        Flag.withDescription(
          "a folder or a server that has the files of the data; where they were when the study began unless given",
        ),
      ),
    ),
    wait: switchOf("wait", "wait for further studies and trials, until a signal ends the worker"),
    ...budget,
    lanes,
    threads,
    json,
  },
  lazily(() => import("../verbs/worker.ts")),
).pipe(
  Command.withDescription("Run trials of the studies of a database, which have their model files and settings in it"),
  Command.withExamples([
    { command: "adjoint worker --store postgres://lab@host/search --data http://host:8123" },
    { command: "adjoint worker --store studies/diabetes.sqlite --wait" },
  ]),
)
