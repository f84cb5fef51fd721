/** `adjoint schema`: the language of model files as a JSON Schema, for editors. */
import { jsonSchema } from "@adjoint/dsl/schema/JsonSchema"
import { Effect } from "effect"
import { result } from "../terminal/Write.ts"

/** Prints the schema (draft 2020-12). */
export const run = () => Effect.suspend(() => result(JSON.stringify(jsonSchema(), undefined, 2)))
