/** The event of `data fetch`, one for each dataset. */
import * as Schema from "effect/Schema"
import { Count, event } from "./Values.ts"

export const Fetched = event("fetched", "A public dataset that is on the disk now.", {
  dataset: Schema.String,
  /** The folder of its files. */
  folder: Schema.String,
  files: Schema.Array(
    Schema.Struct({
      name: Schema.String,
      path: Schema.String,
      /** Of the unpacked bytes where the name ends with `.gz`. */
      bytes: Count,
      sha256: Schema.String,
      /** Where it was downloaded from; absent if it was there already. */
      address: Schema.optionalKey(Schema.String),
    }),
  ),
  /** Lines for the section `data:` of a model file. */
  section: Schema.Array(Schema.String),
})
