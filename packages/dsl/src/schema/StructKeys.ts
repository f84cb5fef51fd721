/** The keys of a map's schema, collected once: thousands of layers have few forms. */
import * as SchemaAST from "effect/SchemaAST"

/** The schemas of the values by key, and the keys that cannot be left out. */
export interface StructKeys {
  readonly schemas: ReadonlyMap<string, SchemaAST.AST>
  readonly required: ReadonlyArray<string>
}

const known = new WeakMap<SchemaAST.Objects, StructKeys>()

const collected = ({ propertySignatures }: SchemaAST.Objects): StructKeys => ({
  schemas: new Map(propertySignatures.map(({ name, type }) => [String(name), type])),
  required: propertySignatures.flatMap(({ name, type }) =>
    SchemaAST.isOptional(SchemaAST.toEncoded(type)) ? [] : [String(name)],
  ),
})

/** The keys of a map. */
export const structKeys = (ast: SchemaAST.Objects): StructKeys => {
  const keys = known.get(ast) ?? collected(ast)
  known.set(ast, keys)
  return keys
}
