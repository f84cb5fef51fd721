/** What the events of `--json` are made of: the schemas of the values that several of them have. */
import { Score, Scores } from "@adjoint/core/training/Progress"
import * as Schema from "effect/Schema"

/** The version of the events. They grow by new events and new optional keys alone; anything else raises the number. */
export const version = 1

const isCount = Schema.isGreaterThanOrEqualTo(0)

/** How many of something. */
export const Count = Schema.Int.check(isCount)

/** A number that may be non-finite, which JSON has as one of the texts "NaN", "Infinity" and "-Infinity". */
export { Score, Scores }

/** How many rows each part of the data has. */
export const Rows = Schema.Struct({ train: Count, val: Count, test: Schema.optionalKey(Count) })

/** The scores of the parts of the data, by part and name. */
export const Parts = {
  train: Schema.optionalKey(Scores),
  val: Schema.optionalKey(Scores),
  test: Schema.optionalKey(Scores),
}

/** The units of the scores that are not in those of the loss, by score. */
export const Units = Schema.Record(Schema.String, Schema.String)

/** The interval of each score at 95 %; a score whose rows do not allow one is left out. */
export const Intervals = Schema.Record(Schema.String, Schema.Struct({ low: Schema.Finite, high: Schema.Finite }))

/** The scores of groups of rows, by column: those with the same value, or a range of values, of the column. */
export const Slices = Schema.Record(
  Schema.String,
  Schema.Array(Schema.Struct({ value: Schema.String, rows: Count, scores: Scores, intervals: Intervals })),
)

/** The sizes of an array, one for each axis. */
export const Shape = Schema.Array(Count)

/** How wide an engine's vectors are, in bits; absent if it has no vectors. */
export const Lanes = Schema.optionalKey(Schema.Literals([128, 256]))

/** The engine that computes. */
export const Engine = { engine: Schema.String, numerics: Schema.String, lanes: Lanes, threads: Schema.Int }

/** A stretch of a text. Offsets are UTF-16 units from 0, lines and columns count from 1. */
export const Span = Schema.Struct({
  start: Count,
  end: Count,
  line: Schema.Int,
  column: Schema.Int,
  endLine: Schema.Int,
  endColumn: Schema.Int,
})

/** A place in a file. */
export const Place = Schema.Struct({ file: Schema.String, line: Schema.Int, column: Schema.Int })

/** A path in a document: keys of maps and places in lists. */
export const Path = Schema.Array(Schema.Union([Schema.String, Schema.Number]))

const Edit = Schema.Struct({ span: Span, text: Schema.String })

/** One mistake or piece of advice about a model file. */
export const Diagnostic = Schema.Struct({
  code: Schema.String,
  severity: Schema.Literals(["error", "warning"]),
  message: Schema.String,
  file: Schema.String,
  path: Path,
  span: Schema.optionalKey(Span),
  label: Schema.optionalKey(Schema.String),
  related: Schema.Array(Schema.Struct({ span: Span, label: Schema.String })),
  help: Schema.optionalKey(Schema.String),
  fix: Schema.optionalKey(Schema.Struct({ title: Schema.String, ...Edit.fields })),
}).annotate({ identifier: "Diagnostic" })

/** An event: one line of JSON. */
export const event = <const Name extends string, const Fields extends Schema.Struct.Fields>(
  name: Name,
  description: string,
  fields: Fields,
) =>
  Schema.Struct({ version: Schema.Literal(version), event: Schema.Literal(name), ...fields }).annotate({
    title: name,
    description,
  })

/** An event of something that takes a while, with the time at which it was printed, in ISO 8601. */
export const timed = <const Name extends string, const Fields extends Schema.Struct.Fields>(
  name: Name,
  description: string,
  fields: Fields,
) => event(name, description, { time: Schema.String, ...fields })
