/** `adjoint schema`: the language of model files as a JSON Schema, for editors, or that of the events of `--json`. */
import { jsonSchema } from "@adjoint/dsl/JsonSchema"
import * as Effect from "effect/Effect"
import { emit } from "../json/Emit.ts"
import { result } from "../terminal/Write.ts"

export interface Options {
  readonly of: "model" | "events"
  readonly json: boolean
}

const schemas = {
  model: () => Promise.resolve({ ...jsonSchema() }),
  events: async () => (await import("../json/Events.ts")).jsonSchema(),
} as const

/** Prints a schema (draft 2020-12), without the blanks that would double its size. */
export const run = ({ json, of }: Options) =>
  Effect.flatMap(Effect.promise(schemas[of]), (schema) =>
    json ? emit({ event: "schema", of, schema }) : result(JSON.stringify(schema)),
  )
