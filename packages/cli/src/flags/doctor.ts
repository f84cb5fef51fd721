/** The flags and arguments of `adjoint doctor`. */
import * as Command from "effect/cli/Command"
import { lanes, threads } from "./Computing.ts"
import { json } from "./Flags.ts"
import { lazily } from "./Lazily.ts"

export const doctor = Command.make(
  "doctor",
  { lanes, threads, json },
  lazily(() => import("../verbs/doctor.ts")),
).pipe(
  Command.withDescription("Show what the engine can use on this machine, and test its answers"),
  Command.withExamples([{ command: "adjoint doctor" }, { command: "adjoint doctor --threads 2" }]),
)
