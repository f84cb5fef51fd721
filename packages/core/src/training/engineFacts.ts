/** The facts about an engine that a run reports. */
import type { Engine } from "../engines/Engine.ts"
import type { Started } from "./TrainEvent.ts"

/** The fields of `Started` that describe the engine. */
export const engineFacts = ({
  lanes,
  name,
  numerics,
  threads,
}: Engine["Service"]): Pick<Started, "engine" | "numerics" | "lanes" | "threads"> => ({
  engine: name,
  numerics,
  ...(lanes === undefined ? {} : { lanes }),
  threads,
})
