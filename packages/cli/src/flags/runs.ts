/** The flags and arguments of `adjoint runs`. */
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import { json, optional, runs } from "./Flags.ts"
import { lazily } from "./Lazily.ts"

export const listRuns = Command.make(
  "runs",
  {
    names: Argument.String("name").pipe(Argument.withDescription("a name of runs; all unless given"), Argument.atLeast(0)),
    status: optional(
      Flag.Literals("status", ["finished", "stopped early", "interrupted", "failed", "running", "ended", "damaged"]).pipe(
        Flag.withDescription("only runs that stand so"),
      ),
    ),
    sort: Flag.String("sort").pipe(
      Flag.withMetavar("SCORE"),
      Flag.withDefault("started"),
      Flag.withDescription("by a score such as test.accuracy, the best first; by when they were started unless given"),
    ),
    runs,
    json,
  },
  lazily(() => import("../verbs/runs.ts")),
).pipe(
  Command.withDescription("List the runs with their scores"),
  Command.withExamples([{ command: "adjoint runs" }, { command: "adjoint runs digits --sort test.accuracy" }]),
)
