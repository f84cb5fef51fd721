/**
 * A choice by name: `relu`, `{ leaky_relu: 0.1 }`, `{ leaky_relu: { alpha: 0.1 } }`. Every spelling decodes to the last
 * one with all options filled in. The choice is made by the name alone, so a mistake inside is told as what it is, and
 * an unknown name is told with the names there are.
 */
import * as Schema from "effect/Schema"
import * as SchemaTransformation from "effect/SchemaTransformation"
import { listed, nearestNames, suggest } from "../diagnostic/Suggest.ts"
import { isRecord } from "../source/Data.ts"
import { type Codec, note, type Verdict } from "./Annotation.ts"
import { article, got } from "./Words.ts"

/** One form of a choice, under its name. */
export interface Member {
  readonly doc: string
  /** What stands under the name. */
  readonly content: Codec
  /** Whether the name alone is enough. */
  readonly bare: boolean
  /** Keys beside the name of other forms that do not go with this one. */
  readonly without?: ReadonlyArray<string>
}

/** Options by name, or the one option that a bare value sets. `fields` keeps the options in order. */
export const options = (fields: { readonly [name: string]: Codec }, main?: string): Codec => {
  const names = Object.keys(fields)
  // A struct without fields is satisfied by anything that is not null, so the empty map is said as a record of nothing.
  const struct = (names.length === 0 ? Schema.Record(Schema.String, Schema.Never) : Schema.Struct(fields)) as unknown as Codec
  const field = main === undefined ? undefined : fields[main]
  if (main === undefined || field === undefined)
    return note(struct, { wanted: names.length === 0 ? "no options" : `a map of options (${names.join(", ")})` })
  const bare = Schema.toEncoded(field).pipe(
    Schema.decodeTo(
      struct,
      SchemaTransformation.transform({
        decode: (value: unknown): unknown => ({ [main]: value }),
        encode: (value: unknown) => (value as { readonly [key: string]: unknown })[main],
      }),
    ),
  )
  const dispatch = (value: unknown): Verdict => ({ _tag: "Meant", schema: isRecord(value) ? struct : field, input: value })
  return note(Schema.Union([struct, bare as unknown as Codec]), { dispatch }) as unknown as Codec
}

/** At most so many names are printed. */
const shownNames = 12

/** The names there are, for a help line. */
export const available = (word: string, names: ReadonlyArray<string>): string =>
  names.length <= shownNames
    ? listed(names)
    : `${listed(word === "" ? names.slice(0, shownNames) : nearestNames(word, names, shownNames))} (and ${names.length - shownNames} more)`

/** A text that is a name and its value, but for the colon between them or the space after it. */
const split = (text: string, names: ReadonlyArray<string>): string | undefined => {
  const { name = "", value = "" } = /^(?<name>\w+)(?: |:)\s*(?<value>\S.*)$/.exec(text)?.groups ?? {}
  return names.includes(name) ? `${name}: ${value}` : undefined
}

type Nothing = Extract<Verdict, { readonly _tag: "Nothing" }>

/** What is said of a name that is not there. */
export const unknownName = (what: string, word: string, names: ReadonlyArray<string>, on: "key" | "value"): Nothing => {
  const shown = word.length > 40 ? `${word.slice(0, 40)}…` : word
  const message = `there is no ${what} \`${shown}\``
  const rewrite = on === "value" ? split(word, names) : undefined
  if (rewrite !== undefined)
    return { _tag: "Nothing", code: "S104", message, help: `write \`${rewrite}\`, with a colon and a space after it`, rewrite }
  const meant = suggest(word, names)
  return {
    _tag: "Nothing",
    code: "S104",
    message,
    help: meant === undefined ? `it can be ${available(word, names)}` : `did you mean \`${meant}\`?`,
    ...(on === "key" ? { path: [word], on } : {}),
    ...(meant === undefined ? {} : { rename: meant }),
  }
}

/** What to say of options that were written beside the name instead of under it. */
const elsewhere = (name: string, content: Codec): { readonly [key: string]: string } => {
  const keys = optionNames(content)
  const [first = "", ...rest] = keys
  return Object.fromEntries(
    keys.map((key) => [
      key,
      `options stand inside: \`${name}: { ${[first, ...rest]
        .slice(0, 3)
        .map((option) => `${option}: …`)
        .join(", ")} }\``,
    ]),
  )
}

const optionNames = (content: Codec): ReadonlyArray<string> => {
  const { ast } = content
  // Of options with a main one, the first form is the whole map.
  const struct = ast._tag === "Union" ? ast.types[0] : ast
  return struct?._tag === "Objects" ? struct.propertySignatures.map((property) => String(property.name)) : []
}

/** A choice by name. `beside` are keys that may stand next to the name, such as a layer's own name. */
export const oneOf = (
  what: string,
  members: { readonly [name: string]: Member },
  settings: {
    readonly identifier?: string
    readonly beside?: { readonly [key: string]: Codec }
    readonly later?: ReadonlyArray<string>
  } = {},
): Codec => {
  const { beside = {}, later = [] } = settings
  const names = Object.keys(members)
  const besideOf = ({ without = [] }: Member) =>
    Object.fromEntries(Object.entries(beside).filter(([key]) => !without.includes(key)))
  const forms = new Map(
    Object.entries(members).map(([name, member]) => [
      name,
      note(Schema.Struct({ [name]: note(member.content, { description: member.doc }), ...besideOf(member) }), {
        elsewhere: elsewhere(name, member.content),
      }) as unknown as Codec,
    ]),
  )
  const spelled = Schema.Union([...forms.values()])
  const bareNames = Object.entries(members).flatMap(([name, member]) => (member.bare ? [name] : []))
  const bare = Schema.Literals(bareNames).pipe(
    Schema.decodeTo(
      spelled as unknown as Codec,
      SchemaTransformation.transform({
        decode: (name: string): unknown => ({ [name]: {} }),
        encode: (value: unknown) => Object.keys(value as object)[0] ?? "",
      }),
    ),
  )
  const dispatch = (value: unknown): Verdict => {
    if (typeof value === "string") {
      const form = forms.get(value)
      return form === undefined
        ? unknownName(what, value, names, "value")
        : { _tag: "Meant", schema: form, input: { [value]: {} } }
    }
    if (!isRecord(value))
      return {
        _tag: "Nothing",
        code: "S103",
        message: `expected ${article(what)}, got ${got(value)}`,
        help: `it can be ${available("", names)}`,
      }
    const keys = Object.keys(value).filter((key) => !Object.hasOwn(beside, key))
    const known = keys.filter((key) => forms.has(key))
    const [chosen, second] = known
    if (chosen === undefined) {
      const [key] = keys
      if (key === undefined)
        return {
          _tag: "Nothing",
          code: "S105",
          message: `expected ${article(what)}, got a map that names none`,
          help: `it can be ${available("", names)}`,
        }
      if (later.includes(key))
        return { _tag: "Nothing", code: "S108", message: `\`${key}\` is not here yet`, path: [key], on: "key" } as const
      const typed = keys.find((each) => typeof value[each] === "string" && forms.has(value[each]))
      if (typed === undefined) return unknownName(what, key, names, "key")
      const rest = keys.filter((each) => each !== typed).map((each) => `${each}: …`)
      const instead = rest.length === 0 ? value[typed] : `${value[typed]}: { ${rest.join(", ")} }`
      return { ...unknownName(what, typed, [], "key"), help: `${article(what)} goes by its own name: \`${instead}\`` }
    }
    if (second !== undefined)
      return {
        _tag: "Nothing",
        code: "S105",
        message: `expected one ${what}, got ${listed(known, "and")}`,
        path: [second],
        on: "key",
        help: "give each an item of its own",
      }
    if (value[chosen] === null) {
      const own = optionNames(members[chosen]?.content ?? spelled)
      const outside = keys.filter((key) => own.includes(key))
      return {
        _tag: "Nothing",
        code: "S103",
        message: `\`${chosen}:\` stands with nothing after it`,
        path: [chosen],
        on: "key",
        help:
          outside.length > 0
            ? `indent ${listed(outside, "and")} further than \`${chosen}\`, whose ${outside.length === 1 ? "option it is" : "options they are"}`
            : members[chosen]?.bare === true
              ? `write \`${chosen}\` alone, without the colon`
              : `its options follow the colon: ${listed(own, "and")}`,
      }
    }
    return { _tag: "Meant", schema: forms.get(chosen) ?? spelled, input: value }
  }
  const whole = Schema.Union([...forms.values(), ...(bareNames.length === 0 ? [] : [bare as unknown as Codec])])
  return note(whole, {
    dispatch,
    ...(settings.identifier === undefined ? {} : { identifier: settings.identifier }),
  }) as unknown as Codec
}
