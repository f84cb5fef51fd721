/** The event of `data`. */
import * as Schema from "effect/Schema"
import { Count, Diagnostic, event, Rows, Score, Shape } from "./Values.ts"

const Spread = Schema.Struct({
  least: Score,
  greatest: Score,
  mean: Score,
  deviation: Score,
  median: Score,
  /** How many numbers are in each of equal intervals from the least to the greatest. */
  histogram: Schema.Array(Count),
})

const Period = Schema.Struct({
  /** The first and the last date, as `2024-01-31` or `2024-01-31 23:59`. */
  first: Schema.String,
  last: Schema.String,
  /** How many dates are in each of equal intervals from the first to the last. */
  histogram: Schema.Array(Count),
})

const Named = Schema.Struct({ name: Schema.String, rows: Count })

const Relation = Schema.Struct({
  /** From 0, nothing in common with the target, to 1. */
  strength: Score,
  correlation: Schema.optionalKey(Score),
  /** The mean of the target, or the share of the second of two names, in the rows of each name. */
  groups: Schema.optionalKey(Schema.Array(Schema.Struct({ ...Named.fields, mean: Schema.optionalKey(Score) }))),
  /** The share of rows whose target is the most common one of their value. */
  told: Schema.optionalKey(Score),
})

const Column = Schema.Struct({
  name: Schema.String,
  /** As the model file declares it. */
  type: Schema.String,
  isInput: Schema.Boolean,
  blanks: Count,
  distinct: Count,
  isWhole: Schema.Boolean,
  spread: Schema.optionalKey(Spread),
  /** Of a column of dates. */
  period: Schema.optionalKey(Period),
  /** The most common ones. */
  names: Schema.Array(Named),
  relation: Schema.optionalKey(Relation),
})

const ArrayOfRows = Schema.Struct({
  name: Schema.String,
  dtype: Schema.String,
  /** Of one row. */
  shape: Shape,
  least: Score,
  greatest: Score,
  mean: Score,
})

const Values = Schema.Record(Schema.String, Schema.Struct({ shape: Shape, numbers: Schema.Array(Score) }))

const Sample = Schema.Struct({
  /** In the source, from 0. */
  row: Count,
  line: Schema.optionalKey(Count),
  /** The texts of a table's cells, by column. */
  cells: Schema.optionalKey(Schema.Record(Schema.String, Schema.String)),
  /** The target of arrays. */
  target: Schema.optionalKey(Schema.String),
  /** Arrays and images as they were read. */
  read: Schema.optionalKey(Values),
  /** What the net is given, by input; absent if the rows cannot be prepared. */
  given: Schema.optionalKey(Values),
})

export const Profiled = event("profiled", "What the training rows of a model file hold, and what looks wrong with them.", {
  file: Schema.String,
  rows: Rows,
  target: Schema.optionalKey(Schema.String),
  /** Of a table. */
  columns: Schema.optionalKey(Schema.Array(Column)),
  /** Of other data. */
  arrays: Schema.optionalKey(Schema.Array(ArrayOfRows)),
  /** Training rows of each class, by the one target of arrays. */
  classes: Schema.optionalKey(Schema.Array(Named)),
  /** The names of the numbers that the net is given. */
  inputs: Schema.optionalKey(Schema.Array(Schema.String)),
  /** Training rows, with `--sample`. */
  samples: Schema.optionalKey(Schema.Array(Sample)),
  /** The files of pictures of them, with `--plot`. */
  pictures: Schema.optionalKey(Schema.Array(Schema.String)),
  diagnostics: Schema.Array(Diagnostic),
})
