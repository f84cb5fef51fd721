/** The command and its verbs, in the order of its help. */
import * as Command from "effect/cli/Command"
import { check } from "../flags/check.ts"
import { compare } from "../flags/compare.ts"
import { data } from "../flags/data.ts"
import { diagnose } from "../flags/diagnose.ts"
import { doctor } from "../flags/doctor.ts"
import { evaluate } from "../flags/evaluate.ts"
import { explain } from "../flags/explain.ts"
import { help } from "../flags/help.ts"
import { init } from "../flags/init.ts"
import { inspect } from "../flags/inspect.ts"
import { plot } from "../flags/plot.ts"
import { predict } from "../flags/predict.ts"
import { report } from "../flags/report.ts"
import { listRuns } from "../flags/runs.ts"
import { schema } from "../flags/schema.ts"
import { search } from "../flags/search.ts"
import { sweep } from "../flags/sweep.ts"
import { train } from "../flags/train.ts"
import { worker } from "../flags/worker.ts"

const all = [
  init,
  check,
  inspect,
  train,
  search,
  worker,
  sweep,
  evaluate,
  diagnose,
  predict,
  listRuns,
  compare,
  report,
  data,
  schema,
  explain,
  plot,
  doctor,
  help,
] as const

/** The names of the verbs. */
export const verbs: ReadonlyArray<string> = all.map(({ name }) => name)

/** The command. */
export const adjoint = Command.make("adjoint").pipe(
  Command.withDescription("Deep learning from a model file"),
  Command.withSubcommands(all),
)
