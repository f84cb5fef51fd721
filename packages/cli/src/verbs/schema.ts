/** `adjoint schema`: the language of model files as a JSON Schema, for editors. */
import { jsonSchema } from "@adjoint/dsl/JsonSchema"
import { result } from "../terminal/Write.ts"

/** There is nothing to choose. */
export type Options = Readonly<Record<never, never>>

/** Prints the schema (draft 2020-12), without the blanks that would double its size. */
export const run = (_: Options) => result(JSON.stringify(jsonSchema()))
