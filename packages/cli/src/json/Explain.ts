/** The event of `explain`. */
import * as Schema from "effect/Schema"
import { event } from "./Values.ts"

const text = Schema.optionalKey(Schema.String)

/** An option of an entry. */
const Option = Schema.Struct({
  /** What may stand there, in words. */
  wanted: Schema.String,
  doc: Schema.String,
  default: Schema.optionalKey(Schema.Unknown),
  required: Schema.Boolean,
})

/** An entry of the catalogue. */
const Entry = Schema.Struct({
  kind: Schema.Literal("entry"),
  /** The table, as in `activation`. */
  table: Schema.String,
  name: Schema.String,
  /** The entry that this is another name of. */
  alias: text,
  aliases: Schema.Array(Schema.String),
  doc: Schema.String,
  formula: text,
  derivative: text,
  advice: text,
  source: text,
  options: Schema.Record(Schema.String, Option),
  /** The option that a bare value sets. */
  main: text,
  /** What options must be to each other. */
  rule: text,
  /** How a model file says it. */
  example: text,
})

/** An option of that name. */
const OptionOf = Schema.Struct({
  kind: Schema.Literal("option"),
  name: Schema.String,
  doc: Schema.String,
  wanted: Schema.String,
  /** The entries that have it, each with its default. */
  entries: Schema.Array(
    Schema.Struct({ table: Schema.String, name: Schema.String, default: Schema.optionalKey(Schema.Unknown) }),
  ),
})

/** A key of the model file. */
const Key = Schema.Struct({
  kind: Schema.Literal("key"),
  name: Schema.String,
  /** Where it stands, as in `train.optimizer`. */
  path: Schema.String,
  doc: Schema.String,
  wanted: text,
  /** The keys inside, where it is a map of few. */
  keys: Schema.optionalKey(Schema.Record(Schema.String, Schema.Struct({ wanted: Schema.String, doc: Schema.String }))),
  /** How a model file says it. */
  example: Schema.String,
})

/** The code of a diagnostic. */
const Code = Schema.Struct({
  kind: Schema.Literal("diagnostic"),
  code: Schema.String,
  severity: Schema.Literals(["error", "warning"]),
  phase: Schema.String,
  title: Schema.String,
  explanation: Schema.String,
  wrong: text,
  right: text,
})

/** An exit code of the command. */
const ExitCode = Schema.Struct({ kind: Schema.Literal("exit_code"), code: Schema.Int, name: Schema.String, doc: Schema.String })

/** One of the things that a word means. */
export const Found = Schema.Union([Entry, OptionOf, Key, Code, ExitCode])

export const Explained = event("explained", "What a word means: all that is called so.", {
  name: Schema.String,
  found: Schema.Array(Found),
})
