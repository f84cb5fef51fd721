/** The paths of all keys of a model file, to suggest the right section for a misplaced key. */
import { letters } from "@adjoint/core/data/Nearest"
import type * as SchemaAST from "effect/SchemaAST"
import type { Path } from "../source/Path.ts"
import { type Codec, type Homes, notesOf } from "./Annotation.ts"

const deepest = 2

/** The encoded side of a value that is decoded further. */
const encoded = (ast: SchemaAST.AST): SchemaAST.AST => ast.encoding?.at(-1)?.to ?? ast

const keysBelow = (ast: SchemaAST.AST, path: Path): ReadonlyArray<readonly [letters: string, path: Path]> => {
  const map = encoded(ast)
  if (map._tag !== "Objects") return []
  const { isOptions, synonyms } = { ...notesOf(ast), ...notesOf(map) }
  if (isOptions === true) return []
  return map.propertySignatures.flatMap(({ name, type }) => {
    const key = String(name)
    const at = [...path, key]
    const own = [key, ...(synonyms?.[key] ?? [])].map((each) => [letters(each), at] as const)
    return path.length < deepest ? [...own, ...keysBelow(type, at)] : own
  })
}

/** The paths of the keys of all sections, by the letters of their names and synonyms; `last` has only those that no other section has. */
export const of = (sections: { readonly [section: string]: Codec }, last: { readonly [section: string]: Codec } = {}): Homes => {
  const homes = new Map<string, ReadonlyArray<Path>>()
  const found = (all: { readonly [section: string]: Codec }) =>
    Object.entries(all).flatMap(([section, { ast }]) => keysBelow(ast, [section]))
  for (const [name, path] of found(sections)) homes.set(name, [...(homes.get(name) ?? []), path])
  for (const [name, path] of found(last)) if (!homes.has(name)) homes.set(name, [path])
  return homes
}
