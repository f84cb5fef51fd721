/**
 * A choice by name: `relu`, `{ leaky_relu: 0.1 }`, `{ leaky_relu: { alpha: 0.1 } }`. Every spelling decodes to the last
 * one with all options filled in. The choice is made by the name alone, so a mistake inside is reported as what it is, and
 * an unknown name with the names that exist.
 */
import { letters } from "@adjoint/core/data/Nearest"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as SchemaTransformation from "effect/SchemaTransformation"
import { shortened } from "../diagnostic/Shortened.ts"
import { called, listed, misspelt, nearestNames, type Synonyms } from "../diagnostic/Suggest.ts"
import { isRecord } from "../source/Data.ts"
import { type Codec, type ElsewhereTable, note, type Verdict } from "./Annotation.ts"
import { article, got } from "./Words.ts"

/** One form of a choice, under its name. */
export interface Member {
  readonly doc: string
  /** The content under the name. */
  readonly content: Codec
  /** Whether the name alone is enough. */
  readonly bare: boolean
  /** Keys beside the name of other forms that do not go with this one. */
  readonly without?: ReadonlyArray<string>
  /** Other names that people type for it. */
  readonly synonyms?: ReadonlyArray<string>
}

/** Notes on the keys of options. */
export interface KeyNotes {
  readonly synonyms?: Synonyms
  readonly elsewhere?: ElsewhereTable
}

/** Options by name, or the one option that a bare value sets. `fields` keeps the options in order. */
export const options = (fields: { readonly [name: string]: Codec }, main?: string, keys: KeyNotes = {}): Codec => {
  const names = Object.keys(fields)
  // A struct without fields accepts every value that is not null, so the schema of an empty map is a record without keys.
  const plain: Codec = names.length === 0 ? Schema.Record(Schema.String, Schema.Never) : Schema.Struct(fields)
  const wanted = names.length === 0 ? "no options" : `a map of options (${names.join(", ")})`
  const struct = note(plain, { wanted, isOptions: true, ...keys, ...(main === undefined ? {} : { main }) })
  const field = main === undefined ? undefined : fields[main]
  if (main === undefined || field === undefined) return struct
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
  return note(Schema.Union([struct, bare]), { dispatch })
}

/** Longer lists are cut to the names that are nearest. */
const longestList = 30
const shownNames = 12

/** The names that exist, for a help line: all of them in their order, or of very many the nearest. */
export const available = (word: string, names: ReadonlyArray<string>): string => {
  if (names.length <= longestList) return listed(names)
  const near = new Set(word === "" ? names.slice(0, shownNames) : nearestNames(word, names, shownNames))
  return `${listed(names.filter((name) => near.has(name)))} (and ${names.length - near.size} more)`
}

/** A text that is a name and its value, but for the colon between them or the space after it. */
const split = (text: string, names: ReadonlyArray<string>): string | undefined => {
  const { name = "", value = "" } = /^(?<name>\w+)(?: |:)\s*(?<value>\S.*)$/.exec(text)?.groups ?? {}
  return names.includes(name) ? `${name}: ${value}` : undefined
}

type Nothing = Extract<Verdict, { readonly _tag: "Nothing" }>

/** Facts about an unknown name. */
interface Unknown {
  readonly on: "key" | "value"
  readonly synonyms?: Synonyms
  /** Names that have no counterpart, or one of another kind. */
  readonly elsewhere?: { readonly [name: string]: string }
  /** Whether a name goes with the value that was written. */
  readonly accepts?: (name: string) => boolean
}

const noSuch = (what: string, word: string): string => `there is no ${what} \`${shortened(word)}\``

/** The place of a name that does not exist. */
const placeOf = (on: "key" | "value", word: string) => (on === "key" ? ({ path: [word], on } as const) : {})

/** The same without a proposal, which would need a comparison with every name. */
const unknownBriefly = (what: string, word: string, on: "key" | "value"): Nothing => ({
  _tag: "Nothing",
  code: "S104",
  message: noSuch(what, word),
  ...placeOf(on, word),
})

/** The verdict on a name that does not exist. */
export const unknownName = (
  what: string,
  word: string,
  names: ReadonlyArray<string>,
  { accepts = () => true, elsewhere = {}, on, synonyms }: Unknown,
): Nothing => {
  const message = noSuch(what, word)
  const place = placeOf(on, word)
  const rewrite = on === "value" ? split(word, names) : undefined
  if (rewrite !== undefined)
    return { _tag: "Nothing", code: "S104", message, help: `write \`${rewrite}\`, with a colon and a space after it`, rewrite }
  const other = Object.keys(elsewhere).find((name) => letters(name) === letters(word.split(".").at(-1) ?? ""))
  const known = called(word, names, synonyms)
  if (other !== undefined && known.length === 0)
    return { _tag: "Nothing", code: "S104", message, ...place, help: elsewhere[other] ?? "" }
  const fitting = known.find(accepts) ?? known[0]
  const close = fitting === undefined ? misspelt(word, names) : [fitting]
  const [first, second] = close
  return {
    _tag: "Nothing",
    code: "S104",
    message,
    ...place,
    help: first === undefined ? `it can be ${available(word, names)}` : `did you mean ${listed(close)}?`,
    ...(first === undefined || second !== undefined || !accepts(first) ? {} : { rename: first }),
  }
}

/** The help for options that are written beside the name instead of under it. */
const outside = (name: string, content: Codec): ElsewhereTable => {
  const keys = optionNames(content)
  const shown = keys.slice(0, 3).map((option) => `${option}: …`)
  const help = `write options inside: \`${name}: { ${shown.join(", ")} }\``
  const place: ElsewhereTable[string] = ({ key, path }) => {
    const option = keys.find((each) => letters(each) === letters(key)) ?? key
    const to = [...path.slice(0, -1), name, option]
    return { help, fix: { title: `move it into \`${name}\``, move: path, to } }
  }
  return Object.fromEntries(keys.map((key) => [key, place]))
}

/** Whether options may be written as the value of their main one. */
const hasMain = (content: Codec | undefined): boolean => content?.ast._tag === "Union"

const optionNames = (content: Codec): ReadonlyArray<string> => {
  const { ast } = content
  // Of options with a main one, the first form is the whole map.
  const struct = ast._tag === "Union" ? ast.types[0] : ast
  return struct?._tag === "Objects" ? struct.propertySignatures.map((property) => String(property.name)) : []
}

/** A choice by name. `beside` has the keys that are allowed next to the name, such as the name of a layer. */
export const oneOf = (
  what: string,
  members: { readonly [name: string]: Member },
  settings: {
    readonly identifier?: string
    readonly beside?: { readonly [key: string]: Codec }
    /** Names that have no counterpart, or one of another kind. */
    readonly elsewhere?: { readonly [name: string]: string }
    /** Words that are allowed in place of a name; messages list them with the names. */
    readonly besides?: ReadonlyArray<string>
  } = {},
): Codec => {
  const { beside = {}, besides = [] } = settings
  const elsewhere = settings.elsewhere ?? {}
  const names = Object.keys(members)
  const all = [...names, ...besides]
  const synonyms = Object.fromEntries(Object.entries(members).map(([name, { synonyms: others = [] }]) => [name, others]))
  const besideOf = ({ without = [] }: Member) =>
    Object.fromEntries(Object.entries(beside).filter(([key]) => !without.includes(key)))
  const forms = new Map(
    Object.entries(members).map(([name, member]) => [
      name,
      note(Schema.Struct({ [name]: note(member.content, { description: member.doc }), ...besideOf(member) }), {
        elsewhere: outside(name, member.content),
      }),
    ]),
  )
  const spelled: Codec = Schema.Union([...forms.values()])
  const bareNames = Object.entries(members).flatMap(([name, member]) => (member.bare ? [name] : []))
  const bare = Schema.Literals(bareNames).pipe(
    Schema.decodeTo(
      spelled,
      SchemaTransformation.transform({
        decode: (name: string): unknown => ({ [name]: {} }),
        encode: (value: unknown) => Object.keys(value as object)[0] ?? "",
      }),
    ),
  )
  /** Whether a name goes with a value. Options have mistakes of their own, which are reported once their owner is known. */
  const accepting =
    (value: unknown) =>
    (name: string): boolean => {
      const [form, member] = [forms.get(name), members[name]]
      if (form === undefined || member === undefined) return false
      if (isRecord(value) && (Object.keys(value).length === 0 || optionNames(member.content).length > 0)) return true
      return Result.isSuccess(Schema.decodeUnknownResult(form)({ [name]: value }))
    }
  const unknown = (value: { readonly [key: string]: unknown }, key: string): Nothing => {
    const inner = value[key]
    const accepts = accepting(inner)
    const found = unknownName(what, key, names, { on: "key", synonyms, elsewhere, accepts })
    if (found.rename !== undefined) return found
    // A value that the name does not take, such as the width that others want of a normalization. Where a name takes one
    // value, this is a wrong one, which only its author can mend.
    const [name] = called(key, names, synonyms).filter((each) => !hasMain(members[each]?.content))
    const isAlone = Object.keys(value).length === 1 && (typeof inner === "number" || inner === null || Array.isArray(inner))
    return name === undefined || !isAlone || members[name]?.bare !== true
      ? found
      : {
          ...found,
          help: `did you mean \`${name}\`? It needs no value here`,
          fix: (path) => ({ title: `write \`${name}\``, at: { path }, text: name }),
        }
  }
  const dispatch = (value: unknown, brief = false): Verdict => {
    if (typeof value === "string") {
      const form = forms.get(value)
      if (form !== undefined) return { _tag: "Meant", schema: form, input: { [value]: {} } }
      return brief ? unknownBriefly(what, value, "value") : unknownName(what, value, names, { on: "value", synonyms, elsewhere })
    }
    if (!isRecord(value))
      return {
        _tag: "Nothing",
        code: "S103",
        message: `expected ${article(what)}, got ${got(value)}`,
        help: `it can be ${available("", all)}`,
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
          message: `expected ${article(what)}, got an empty map`,
          help: `it can be ${available("", all)}`,
        }
      const typed = keys.find((each) => typeof value[each] === "string" && forms.has(value[each]))
      if (typed === undefined) return brief ? unknownBriefly(what, key, "key") : unknown(value, key)
      const rest = keys.filter((each) => each !== typed).map((each) => `${each}: …`)
      const instead = rest.length === 0 ? value[typed] : `${value[typed]}: { ${rest.join(", ")} }`
      return {
        ...unknownName(what, typed, [], { on: "key" }),
        help: `${article(what)} is written with its name as the key: \`${instead}\``,
      }
    }
    if (second !== undefined)
      return {
        _tag: "Nothing",
        code: "S105",
        message: `expected one ${what}, got ${listed(known, "and")}`,
        path: [second],
        on: "key",
        help: "write each as its own item",
      }
    if (value[chosen] === null) {
      const own = optionNames(members[chosen]?.content ?? spelled)
      const loose = keys.filter((key) => own.includes(key))
      return {
        _tag: "Nothing",
        code: "S103",
        message: `\`${chosen}:\` has no value`,
        path: [chosen],
        on: "key",
        help:
          loose.length > 0
            ? `indent ${listed(loose, "and")} further than \`${chosen}\`, whose ${loose.length === 1 ? "option it is" : "options they are"}`
            : members[chosen]?.bare === true
              ? `write \`${chosen}\` alone, without the colon`
              : `its options follow the colon: ${listed(own, "and")}`,
      }
    }
    const accepts = accepting(value[chosen])
    // The name may be that of another library for something else, as `linear` is for a dense layer.
    const others = names.filter((name) => name !== chosen)
    const takesOptions = optionNames(members[chosen]?.content ?? spelled).length > 0
    const other = brief || takesOptions || accepts(chosen) ? undefined : called(chosen, others, synonyms).find(accepts)
    if (other !== undefined)
      return {
        _tag: "Nothing",
        code: "S104",
        message: `the ${what} \`${chosen}\` takes no options`,
        ...placeOf("key", chosen),
        help: `did you mean \`${other}\`?`,
        rename: other,
      }
    return { _tag: "Meant", schema: forms.get(chosen) ?? spelled, input: value }
  }
  const whole = Schema.Union([...forms.values(), ...(bareNames.length === 0 ? [] : [bare])])
  return note(whole, {
    dispatch,
    ...(settings.identifier === undefined ? {} : { identifier: settings.identifier }),
  })
}
