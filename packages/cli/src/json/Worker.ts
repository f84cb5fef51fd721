/** The event of `worker`. */
import * as Schema from "effect/Schema"
import { event } from "./Values.ts"

export const Worked = event("worked", "The run that a worker computed for has ended.", {
  /** The address of the run. */
  joined: Schema.String,
})
