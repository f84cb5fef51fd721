/**
 * Annotations of schema nodes, which messages use: the expected value,
 * the allowed names, and how a choice between forms is decided.
 */
import type * as Schema from "effect/Schema"
import type * as SchemaAST from "effect/SchemaAST"
import type { Code } from "../diagnostic/Codes.ts"
import type { Edit } from "../diagnostic/Edit.ts"
import type { Synonyms } from "../diagnostic/Suggest.ts"
import type { Path } from "../source/Path.ts"

/** A schema of any part of the document. */
export type Codec<T = unknown> = Schema.Codec<T, unknown>

/** The decision of a choice between forms for a value that matches none of them. */
export type Verdict =
  /** This form was intended: report the errors of this schema for this input. */
  | { readonly _tag: "Meant"; readonly schema: Codec; readonly input: unknown }
  /** No form was intended. */
  | {
      readonly _tag: "Nothing"
      readonly code: Code
      readonly message: string
      /** Below the value the choice was made for. */
      readonly path?: Path
      readonly on?: "key" | "value"
      readonly help?: string
      /** The name that replaces the written one. */
      readonly rename?: string
      /** The text that replaces the written value. */
      readonly rewrite?: string
      /** The edit that mends it, by the path of the value the choice was made for. */
      readonly fix?: (path: Path) => Edit
    }

/** A key that is not allowed at its place. */
export interface Misplaced {
  readonly key: string
  readonly value: unknown
  /** The path of the key. */
  readonly path: Path
  /** The map that has the key. */
  readonly map: { readonly [key: string]: unknown }
}

/** The help for a key that belongs elsewhere, and the edit that moves it. */
export interface Elsewhere {
  readonly help: string
  readonly fix?: Edit
}

/** Keys that belong elsewhere, or that have no counterpart. Case and separators do not matter. */
export interface ElsewhereTable {
  readonly [key: string]: string | ((found: Misplaced) => Elsewhere)
}

/** The notes of a schema node. */
export interface Notes {
  /** `expected <wanted>, got …` */
  readonly wanted?: string
  /** The code for an unwanted value: S103 unless given. */
  readonly code?: Code
  readonly help?: string
  readonly description?: string
  /** The member of a union that a value was intended as. Effect reports the failures of all members. `brief` leaves out proposals. */
  readonly dispatch?: (value: unknown, brief?: boolean) => Verdict
  /** Keys that the language reserves for a later version. */
  readonly later?: ReadonlyArray<string>
  /** Other names that people type for the keys of a map, or for the words of a choice. */
  readonly synonyms?: Synonyms
  readonly elsewhere?: ElsewhereTable
  /** Keys that are read before the schema applies, and so are not fields of it. Messages list them with the others. */
  readonly besides?: ReadonlyArray<string>
  /** Marks a map of options, whose keys are not keys of a section. */
  readonly isOptions?: true
  /** The option that a bare value sets. */
  readonly main?: string
  /** The intended value, if only its spelling is wrong. */
  readonly mend?: (value: unknown) => Mended | undefined
  /** The places of keys in the whole document, by their letters: for keys written in another section. */
  readonly homes?: Homes
}

/** The intended value as text. Without a text there is only the help. */
export interface Mended {
  readonly help: string
  readonly text?: string
}

/** The paths at which the document allows a key, by the letters of the key and of its synonyms. */
export type Homes = ReadonlyMap<string, ReadonlyArray<Path>>

/** The notes of a node. Those of its last check take precedence. */
export const notesOf = (ast: SchemaAST.AST): Notes => {
  const own = (ast.annotations ?? {}) as Notes
  const last = (ast.checks?.at(-1)?.annotations ?? {}) as Notes
  return { ...own, ...last }
}

/** A schema that refers to itself, opened. */
export const thunked = (ast: SchemaAST.AST): SchemaAST.AST => (ast._tag === "Suspend" ? thunked(ast.thunk()) : ast)

/** The same schema with notes. */
export const note = <S extends Schema.Top>(schema: S, notes: Notes & { readonly identifier?: string }): S =>
  schema.annotate({ ...notes }) as unknown as S
