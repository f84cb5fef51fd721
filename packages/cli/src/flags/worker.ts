/** The flags of `adjoint worker`. */
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import { budget } from "./Budget.ts"
import { lanes, threads } from "./Computing.ts"
import { json, optional, switchOf } from "./Flags.ts"
import { lazily } from "./Lazily.ts"

export const worker = Command.make(
  "worker",
  {
    store: optional(
      Flag.String("store").pipe(
        Flag.withMetavar("FILE"),
        Flag.withDescription("the database of the studies: a file, or postgres://user@host/database"),
      ),
    ),
    join: optional(
      Flag.String("join").pipe(
        Flag.withMetavar("HOST:PORT"),
        Flag.withDescription("compute shards for the run that listens there, and run no trials"),
      ),
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
  (options) =>
    Effect.gen(function* () {
      const { join, store } = options
      if (join !== undefined || store === undefined) return yield* lazily(() => import("../verbs/workerJoin.ts"))(options)
      yield* lazily(() => import("../verbs/worker.ts"))({ ...options, store })
    }),
).pipe(
  Command.withDescription("Run trials of the studies of a database, or compute shards for a run that listens"),
  Command.withExamples([
    { command: "adjoint worker --store postgres://lab@host/search --data http://host:8123" },
    { command: "adjoint worker --store studies/diabetes.sqlite --wait" },
    { command: "adjoint worker --join 127.0.0.1:7000" },
  ]),
)
