/**
 * What the schema's nodes carry beside their meaning, so that a mistake can be told in the words of the language: what
 * was wanted, which names may stand here, and how a choice between forms is made.
 */
import type * as Schema from "effect/Schema"
import type * as SchemaAST from "effect/SchemaAST"
import type { Code } from "../diagnostic/Codes.ts"
import type { Path } from "../source/Path.ts"

/** A schema of any part of the document. */
export type Codec<T = unknown> = Schema.Codec<T, unknown>

/** What a choice between forms makes of a value that fits none of them. */
export type Verdict =
  /** It was meant as this form: what is wrong with it is what this schema says of this input. */
  | { readonly _tag: "Meant"; readonly schema: Codec; readonly input: unknown }
  /** It was meant as no form at all. */
  | {
      readonly _tag: "Nothing"
      readonly code: Code
      readonly message: string
      /** Below the value the choice was made for. */
      readonly path?: Path
      readonly on?: "key" | "value"
      readonly help?: string
      /** The name that was written becomes this one. */
      readonly rename?: string
      /** What was written becomes this text. */
      readonly rewrite?: string
    }

/** What a node may carry. */
export interface Notes {
  /** `expected <wanted>, got …` */
  readonly wanted?: string
  /** The code of a value that is not wanted, where it is not S103. */
  readonly code?: Code
  readonly help?: string
  readonly description?: string
  /** Which of a union's members a value was meant as. Effect reports a union's failure for all of its members alike. */
  readonly dispatch?: (value: unknown) => Verdict
  /** Keys the language has a place for that this version does not build. */
  readonly later?: ReadonlyArray<string>
  /** How to say an unknown key was meant, for keys that belong elsewhere. */
  readonly elsewhere?: { readonly [key: string]: string }
}

/** The notes of a node. Checks come after their node, so the last one has the last word. */
export const notesOf = (ast: SchemaAST.AST): Notes => {
  const own = (ast.annotations ?? {}) as Notes
  const last = (ast.checks?.at(-1)?.annotations ?? {}) as Notes
  return { ...own, ...last }
}

/** The same schema with notes. */
export const note = <S extends Schema.Top>(schema: S, notes: Notes & { readonly identifier?: string }): S =>
  schema.annotate({ ...notes }) as unknown as S
