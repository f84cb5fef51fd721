/** The events of `predict`, one a row. */
import * as Schema from "effect/Schema"
import { Count, event, Score } from "./Values.ts"

const ByName = Schema.Record(Schema.String, Score)

const Name = Schema.NullOr(Schema.String)

/** The cell of a column of the type `id`, or those of several by their columns; missing without such a column. */
const id = Schema.optionalKey(Schema.Union([Name, Schema.Record(Schema.String, Name)]))

/** A class, a number, the names of a set, or classes and numbers by name. */
const Prediction = Schema.Union([
  Score,
  Schema.String,
  Schema.Array(Schema.String),
  Schema.Record(Schema.String, Schema.Union([Score, Schema.String])),
])

export const Predicted = event(
  "predicted",
  "The prediction of a row: a class, a number, the names of a set, or numbers or answers of yes and no by name. With several heads each key has a value for each head, by its name.",
  {
    /** Counted from 1. */
    row: Count,
    id,
    /** Of an image in a folder: its path in it. */
    file: Schema.optionalKey(Schema.String),
    prediction: Schema.Union([Prediction, Schema.Record(Schema.String, Prediction)]),
    /** Of the class that is predicted; missing where the model gives none. */
    probability: Schema.optionalKey(Schema.Union([Score, ByName])),
    /** Of all classes; of several answers of yes and no, that of the second class of each. */
    probabilities: Schema.optionalKey(Schema.Union([ByName, Schema.Record(Schema.String, ByName)])),
  },
)

export const RowFailed = event("row_failed", "A row that has no prediction.", { row: Count, id, message: Schema.String })
