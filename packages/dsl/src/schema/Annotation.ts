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
      /** The name that was written becomes this one. */
      readonly rename?: string
      /** What was written becomes this text. */
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
  /** The map it stands in. */
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

/** What a node may carry. */
export interface Notes {
  /** `expected <wanted>, got …` */
  readonly wanted?: string
  /** The code of a value that is not wanted, where it is not S103. */
  readonly code?: Code
  readonly help?: string
  readonly description?: string
  /** Which of a union's members a value was meant as. Effect reports a union's failure for all of its members alike. `brief` leaves out what to try. */
  readonly dispatch?: (value: unknown, brief?: boolean) => Verdict
  /** Keys the language has a place for that this version does not build. */
  readonly later?: ReadonlyArray<string>
  /** Other names that people type for the keys of a map, or for the words of a choice. */
  readonly synonyms?: Synonyms
  readonly elsewhere?: ElsewhereTable
  /** Keys that are read before the schema, and so are no fields of it: listed with the others. */
  readonly besides?: ReadonlyArray<string>
  /** A map of options, whose keys are no keys of a section. */
  readonly isOptions?: true
  /** The option that a bare value sets. */
  readonly main?: string
  /** The value that was surely meant, where only its spelling is wrong. */
  readonly mend?: (value: unknown) => Mended | undefined
  /** The places of keys in the whole document, by their letters: for keys written in another section. */
  readonly homes?: Homes
}

/** A value as it was surely meant, as text; without a text it can only be named. */
export interface Mended {
  readonly help: string
  readonly text?: string
}

/** The paths at which a key may stand in the whole document, by the letters of the key and of its synonyms. */
export type Homes = ReadonlyMap<string, ReadonlyArray<Path>>

/** The notes of a node. Checks come after their node, so the last one has the last word. */
export const notesOf = (ast: SchemaAST.AST): Notes => {
  const own = (ast.annotations ?? {}) as Notes
  const last = (ast.checks?.at(-1)?.annotations ?? {}) as Notes
  return { ...own, ...last }
}

/** The same schema with notes. */
export const note = <S extends Schema.Top>(schema: S, notes: Notes & { readonly identifier?: string }): S =>
  schema.annotate({ ...notes }) as unknown as S
