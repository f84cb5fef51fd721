/** The events of `help` and `--version`. */
import * as Schema from "effect/Schema"
import { event } from "./Values.ts"

const Flag = Schema.Struct({
  name: Schema.String,
  aliases: Schema.Array(Schema.String),
  type: Schema.String,
  description: Schema.String,
  required: Schema.Boolean,
})

const Argument = Schema.Struct({
  name: Schema.String,
  type: Schema.String,
  description: Schema.String,
  required: Schema.Boolean,
  variadic: Schema.Boolean,
})

export const Help = event("help", "What the command or one of its verbs takes.", {
  /** The words that call it, as in `["adjoint", "train"]`. */
  command: Schema.Array(Schema.String),
  description: Schema.String,
  usage: Schema.String,
  arguments: Schema.Array(Argument),
  flags: Schema.Array(Flag),
  verbs: Schema.Array(Schema.Struct({ name: Schema.String, description: Schema.String })),
  examples: Schema.Array(Schema.String),
})

export const Version = event("version", "The version of the command.", { name: Schema.String, release: Schema.String })
