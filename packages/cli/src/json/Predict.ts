/** The events of `predict`, one a row. */
import * as Schema from "effect/Schema"
import { Count, event, Score } from "./Values.ts"

const ByName = Schema.Record(Schema.String, Score)

export const Predicted = event("predicted", "The prediction of a row: a class, a number, or numbers by name.", {
  /** Counted from 1. */
  row: Count,
  prediction: Schema.Union([Score, Schema.String, ByName]),
  /** Of the class that is predicted; missing where the model gives none. */
  probability: Schema.optionalKey(Score),
  probabilities: Schema.optionalKey(ByName),
})

export const RowFailed = event("row_failed", "A row that has no prediction.", { row: Count, message: Schema.String })
