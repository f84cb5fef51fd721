/** A choice by type: the type alone, `number`, or with its options beside it, `{ type: number, scale: standard }`. */
import * as Schema from "effect/Schema"
import * as SchemaTransformation from "effect/SchemaTransformation"
import { suggest } from "../diagnostic/Suggest.ts"
import { isRecord } from "../source/Data.ts"
import { type Codec, note, type Verdict } from "./Annotation.ts"
import * as Fields from "./Fields.ts"
import { available, type KeyNotes, unknownName } from "./OneOf.ts"
import * as Synonyms from "./Synonyms.ts"
import { article, got } from "./Words.ts"

/** One form of the choice, under its type. */
export interface Form {
  readonly doc: string
  readonly fields: { readonly [name: string]: Codec }
  /** Other names that people type for it. */
  readonly synonyms?: ReadonlyArray<string>
  /** Notes on the keys of its options. */
  readonly keys?: KeyNotes
  /** A condition on the options together, in words after "expected". */
  readonly rule?: { readonly wanted: string; readonly holds: (options: object) => boolean }
  /** Whether the type alone is enough. */
  readonly bare: boolean
}

/** Other names for `type`. */
const typeSynonyms = ["dtype", "kind"] as const

/** A choice by type. Every spelling decodes to the map with a `type`. `otherwise` ends the help for an unknown type. */
export const typedChoice = (
  what: string,
  forms: { readonly [type: string]: Form },
  { identifier, otherwise }: { readonly identifier: string; readonly otherwise?: string },
): Codec => {
  const types = Object.keys(forms)
  const synonyms = Synonyms.of(forms)
  const maps = new Map(
    Object.entries(forms).map(([type, { doc, fields, keys, rule }]): readonly [string, Codec] => {
      const map = Schema.Struct({
        type: note(Schema.Literal(type), { description: `The type of the ${what}: ${doc}` }),
        ...fields,
      })
      const ruled =
        rule === undefined
          ? map
          : map.check(Fields.rule((value: object) => (rule.holds(value) ? undefined : `expected ${rule.wanted}`)))
      return [
        type,
        note(ruled, {
          description: doc,
          ...keys,
          synonyms: { type: typeSynonyms, ...keys?.synonyms },
        }) as unknown as Codec,
      ]
    }),
  )
  const whole = Schema.Union([...maps.values()])
  const bareTypes = types.filter((type) => forms[type]?.bare === true)
  const bare = Schema.Literals(bareTypes).pipe(
    Schema.decodeTo(
      whole as unknown as Codec,
      SchemaTransformation.transform({
        decode: (type: string): unknown => ({ type }),
        encode: (value: unknown) => (value as { readonly type: string }).type,
      }),
    ),
  )
  const unknown = (type: string): Verdict => {
    const found = unknownName(`${what} type`, type, types, { on: "value", synonyms })
    return found.rename !== undefined || otherwise === undefined ? found : { ...found, help: `${found.help}; ${otherwise}` }
  }
  const dispatch = (value: unknown): Verdict => {
    if (typeof value === "string") {
      const map = maps.get(value)
      return map === undefined ? unknown(value) : { _tag: "Meant", schema: map, input: { type: value } }
    }
    if (!isRecord(value))
      return {
        _tag: "Nothing",
        code: "S103",
        message: `expected ${article(what)}, got ${got(value)}`,
        help: `it can be ${available("", types)}`,
      }
    const { type } = value
    const map = typeof type === "string" ? maps.get(type) : undefined
    if (map !== undefined) return { _tag: "Meant", schema: map, input: value }
    if (type === undefined) {
      const misspelt = Object.keys(value).find((key) => suggest(key, ["type"], { type: typeSynonyms }) !== undefined)
      return misspelt === undefined
        ? { _tag: "Nothing", code: "S102", message: "`type` is missing", help: `it can be ${available("", types)}` }
        : {
            ...unknownName("key", misspelt, ["type"], { on: "key", synonyms: { type: typeSynonyms } }),
            code: "S101",
            message: `unknown key \`${misspelt}\``,
          }
    }
    return {
      ...unknownName(`${what} type`, typeof type === "string" ? type : got(type), types, { on: "value", synonyms }),
      path: ["type"],
    }
  }
  return note(Schema.Union([whole, bare as unknown as Codec]), { dispatch, identifier }) as unknown as Codec
}
