/** The flags and arguments of `adjoint sweep`. */
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import { computing } from "./Computing.ts"
import { json, model, set } from "./Flags.ts"
import { lazily } from "./Lazily.ts"

export const sweep = Command.make(
  "sweep",
  {
    file: model,
    set,
    penalty: Flag.Literals("penalty", ["l2", "l1"]).pipe(
      Flag.withDefault("l2" as const),
      Flag.withDescription("the penalty that λ weighs; l2 unless given"),
    ),
    from: Flag.Finite("from").pipe(Flag.withDefault(1e-6), Flag.withDescription("the least λ after 0; 1e-6 unless given")),
    to: Flag.Finite("to").pipe(Flag.withDefault(0.1), Flag.withDescription("the greatest λ; 0.1 unless given")),
    steps: Flag.Int("steps").pipe(Flag.withDefault(6), Flag.withDescription("how many λ after 0; 6 unless given")),
    ...computing,
    json,
  },
  lazily(() => import("../verbs/sweep.ts")),
).pipe(
  Command.withDescription("Train with rising weight penalties λ and report which scores best"),
  Command.withExamples([
    { command: "adjoint sweep digits.yaml --set train.epochs=10" },
    { command: "adjoint sweep digits.yaml --penalty l1 --from 1e-5 --to 1e-2" },
  ]),
)
