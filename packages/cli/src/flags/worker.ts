/** The flags of `adjoint worker`. */
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import { lanes, threads } from "./Computing.ts"
import { json } from "./Flags.ts"
import { lazily } from "./Lazily.ts"

export const worker = Command.make(
  "worker",
  {
    join: Flag.String("join").pipe(
      Flag.withMetavar("HOST:PORT"),
      Flag.withDescription("where a run listens: adjoint train model.yaml --listen HOST:PORT"),
    ),
    lanes,
    threads,
    json,
  },
  lazily(() => import("../verbs/worker.ts")),
).pipe(
  Command.withDescription("Compute shards for a run in another process, until it ends"),
  Command.withExamples([
    { command: "adjoint worker --join 127.0.0.1:7000" },
    { command: "ADJOINT_TOKEN=secret adjoint worker --join trainer:7000 --threads 4" },
  ]),
)
