/** The flags and arguments of `adjoint predict`. */
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import { computing } from "./Computing.ts"
import { json, run, runs } from "./Flags.ts"
import { lazily } from "./Lazily.ts"

export const predict = Command.make(
  "predict",
  {
    run,
    input: Argument.String("file").pipe(
      Argument.withDescription("rows as csv, tsv, jsonl, npy, npz or idx; - reads what is piped in"),
      Argument.withDefault("-"),
    ),
    runs,
    ...computing,
    json,
  },
  lazily(() => import("../verbs/predict.ts")),
).pipe(
  Command.withDescription("Predict rows with a run's model, one line of JSON for each"),
  Command.withExamples([
    { command: "adjoint predict digits/0001 images.idx.gz" },
    { command: `echo '{"petal_length":1.4}' | adjoint predict iris/0001` },
  ]),
)
