/** The flags and arguments of `adjoint train`. */
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Option from "effect/Option"
import { computing } from "./Computing.ts"
import { json, model, optional, runs, set, switchOf, usualRuns } from "./Flags.ts"
import { lazily } from "./Lazily.ts"

export const train = Command.make(
  "train",
  {
    file: model.pipe(Argument.optional, Argument.map(Option.getOrUndefined)),
    resume: optional(
      Flag.String("resume").pipe(Flag.withMetavar("RUN"), Flag.withDescription("resume a run that was stopped, such as latest")),
    ),
    set,
    runs,
    ...computing,
    workers: optional(
      Flag.Int("workers").pipe(
        Flag.withMetavar("N"),
        Flag.withDescription("threads that compute the shards of a batch (train.shards), with the same bits"),
      ),
    ),
    listen: optional(
      Flag.String("listen").pipe(
        Flag.withMetavar("HOST:PORT"),
        Flag.withDescription("let adjoint worker --join HOST:PORT compute shards too, in other processes"),
      ),
    ),
    dryRun: switchOf("dry-run", "check everything, train nothing, write nothing"),
    noReport: switchOf("no-report", "draw no pictures and write no report.html when the run has ended"),
    json,
  },
  (options) => lazily(() => import("../verbs/train.ts"))({ ...options, usualRuns }),
).pipe(
  Command.withDescription("Train a model and record the run in a folder"),
  Command.withExamples([
    { command: "adjoint train digits.yaml" },
    { command: "adjoint train digits.yaml --set train.batch=64" },
    { command: "adjoint train --resume digits/0001" },
    { command: "adjoint train digits.yaml --set train.shards=8 --workers 4" },
  ]),
)
