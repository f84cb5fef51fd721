/** The event of `schema`. */
import * as Schema from "effect/Schema"
import { event } from "./Values.ts"

export const Printed = event("schema", "A JSON Schema (draft 2020-12): of model files, or of these events.", {
  of: Schema.Literals(["model", "events"]),
  schema: Schema.Record(Schema.String, Schema.Unknown),
})
