/** The flags and arguments of `adjoint report`. */
import * as Command from "effect/cli/Command"
import { computing } from "./Computing.ts"
import { json, output, run, runs, switchOf } from "./Flags.ts"
import { lazily } from "./Lazily.ts"

export const report = Command.make(
  "report",
  {
    run,
    out: output("where the report goes; report.html in the run's folder unless given", "out"),
    time: switchOf("time", "measure again how long each layer takes, and record it for this report and later ones"),
    runs,
    ...computing,
    json,
  },
  lazily(() => import("../verbs/report.ts")),
).pipe(
  Command.withDescription("Draw the pictures of a run, and write its report as one HTML file that works offline"),
  Command.withExamples([{ command: "adjoint report digits/0001" }, { command: "adjoint report latest -o report.html" }]),
)
