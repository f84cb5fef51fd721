/** The event of `doctor`. */
import * as Schema from "effect/Schema"
import { Count, event, Lanes } from "./Values.ts"

const Machine = Schema.Struct({
  node: Schema.String,
  platform: Schema.String,
  cpu: Schema.String,
  cores: Count,
  /** In bytes. */
  memory: Count,
  lanes: Lanes,
  threads: Count,
  /** The threads that were asked for. */
  wanted: Schema.optionalKey(Count),
  relaxedSimd: Schema.Boolean,
})

const Answer = Schema.Struct({ name: Schema.String, passed: Schema.Boolean, detail: Schema.optionalKey(Schema.String) })

export const Examined = event("examined", "The properties of this machine, and the self-test of the engine on it.", {
  machine: Machine,
  answers: Schema.Array(Answer),
  healthy: Schema.Boolean,
})
