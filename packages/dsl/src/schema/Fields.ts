/** The schemas of the leaves of a model file, with the words that messages use for them. */
import { isWithin, roundingOf } from "@adjoint/core/learning/OptionError"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as SchemaTransformation from "effect/SchemaTransformation"
import { type Codec, type Notes, note } from "./Annotation.ts"

/** The limits of a number. */
export interface Bounds {
  readonly minimum?: number
  readonly maximum?: number
  readonly exclusiveMinimum?: number
  readonly exclusiveMaximum?: number
}

/** Limits in words. `range({ exclusiveMinimum: 0, exclusiveMaximum: 1 }) // => " > 0 and < 1"` */
export const range = (bounds: Bounds): string => {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum } = bounds
  if (minimum !== undefined && maximum !== undefined) return ` from ${minimum} to ${maximum}`
  const parts = [
    ...(minimum === undefined ? [] : [`>= ${minimum}`]),
    ...(exclusiveMinimum === undefined ? [] : [`> ${exclusiveMinimum}`]),
    ...(maximum === undefined ? [] : [`<= ${maximum}`]),
    ...(exclusiveMaximum === undefined ? [] : [`< ${exclusiveMaximum}`]),
  ]
  return parts.length === 0 ? "" : ` ${parts.join(" and ")}`
}

const limits = (bounds: Bounds) => [
  ...(bounds.minimum === undefined ? [] : [Schema.isGreaterThanOrEqualTo(bounds.minimum)]),
  ...(bounds.exclusiveMinimum === undefined ? [] : [Schema.isGreaterThan(bounds.exclusiveMinimum)]),
  ...(bounds.maximum === undefined ? [] : [Schema.isLessThanOrEqualTo(bounds.maximum)]),
  ...(bounds.exclusiveMaximum === undefined ? [] : [Schema.isLessThan(bounds.exclusiveMaximum)]),
]

const checked = (schema: Codec<number>, bounds: Bounds): Codec<number> => {
  const [first, ...rest] = limits(bounds)
  return first === undefined ? schema : (schema.check(first, ...rest) as Codec<number>)
}

/** A finite number within limits. */
export const number = (bounds: Bounds = {}): Codec<number> =>
  note(checked(Schema.Finite, bounds), { wanted: `a number${range(bounds)}` })

/** A number of an option: within its limits also as the 32-bit float that a tensor holds. */
export const float = (limits: Bounds = {}): Codec<number> => {
  const bounds = { kind: "number", ...limits }
  return note(number(limits).check(rule((value) => isWithin(value, bounds))), {
    wanted: `a number${range(limits)}`,
    mend: (value) => {
      const help = roundingOf(value, bounds)
      return help === undefined ? undefined : { help }
    },
  })
}

/** A whole number within limits. */
export const integer = (bounds: Bounds = {}): Codec<number> =>
  note(checked(Schema.Int, bounds), { wanted: `a whole number${range(wholeRange(bounds))}` })

/** Bounds of whole numbers in one form: `minimum: 1` is written as `> 0`. */
const wholeRange = (bounds: Bounds): Bounds => {
  const { minimum, ...rest } = bounds
  return minimum === 1 && rest.maximum === undefined ? { ...rest, exclusiveMinimum: 0 } : bounds
}

/** A whole number above 0. */
export const count: Codec<number> = integer({ exclusiveMinimum: 0 })

/** A seed: any whole number that 32 bits hold, as keys take it. */
export const seed: Codec<number> = integer({ minimum: 0, maximum: 2 ** 32 - 1 })

export const boolean: Codec<boolean> = note(Schema.Boolean, { wanted: "true or false" })

/** Text that is not empty. */
export const text: Codec<string> = note(Schema.String.check(Schema.isMinLength(1)), { wanted: "text" })

const pathOf = (wanted: string): Codec<string> => note(Schema.String.check(Schema.isPattern(/^[^\p{Cc}]+$/u)), { wanted })

/** The path of a file, relative to the model file. */
export const path: Codec<string> = pathOf("the path of a file")

/** The path of a folder, relative to the model file. */
export const folder: Codec<string> = pathOf("the path of a folder")

/** One of a few words. */
export const choice = <const W extends string>(words: ReadonlyArray<W>): Codec<W> => Schema.Literals(words)

// Excludes names that would access the prototypes of records, in a form that JSON Schema can express.
const namePattern = /^(?!(?:__proto__|constructor|prototype)$)[A-Za-z_][A-Za-z0-9_]{0,63}$/u

/** Whether a text may name a layer or a variable. */
export const isName = (text: string): boolean => namePattern.test(text)

/** The name of a layer: a word of letters, digits and `_`. */
export const name: Codec<string> = note(Schema.String.check(Schema.isPattern(namePattern)), {
  wanted: "a name: a letter or `_`, then letters, digits and `_`, 64 at most",
  code: "S106",
  help: "names are part of parameter paths and checkpoints",
})

/** The name of a model, which becomes the name of a folder. */
export const folderName: Codec<string> = note(Schema.String.check(Schema.isPattern(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$/u)), {
  wanted: "a name: letters, digits, `_`, `-` and `.`, 64 at most",
  code: "S106",
  help: "the name of a model is also the name of the folder of its runs",
})

/** An optional key with a default. */
export const withDefault = <T>(schema: Codec<T>, value: () => T): Schema.withDecodingDefaultTypeKey<Codec<T>> =>
  Schema.withDecodingDefaultTypeKey<Codec<T>>(Effect.sync(value))(schema)

/** A default in words. */
const shown = (value: unknown): string =>
  Array.isArray(value) ? `[${value.map(shown).join(", ")}]` : typeof value === "object" ? JSON.stringify(value) : String(value)

/** A description with the default appended. `saying("Rows per step.", 32) // => "Rows per step. Default: 32."` */
export const saying = (description: string, value: unknown): string => `${description} Default: ${shown(value)}.`

/** An optional key with a description and a default, which the description states. */
export const usually = <T>(schema: Codec<T>, value: T, description: string): Schema.withDecodingDefaultTypeKey<Codec<T>> =>
  withDefault(described(schema, saying(description, value)), () => value)

/** The same for a choice by name: the default is a name, with the default options of its entry. */
export const usuallyNamed = <T>(
  choice: Codec<T>,
  name: string,
  description: string,
): Schema.withDecodingDefaultTypeKey<Codec<T>> =>
  withDefault(described(reference(choice), saying(description, name)), () => Schema.decodeSync(choice)(name))

/** An optional map: by default, all its keys have their defaults. */
export const emptied = <T>(schema: Codec<T>, description: string): Schema.withDecodingDefaultTypeKey<Codec<T>> =>
  withDefault(described(schema, description), () => Schema.decodeSync(schema)({}))

/** A rule that JSON Schema cannot express. Its annotations are kept there, since an annotation of a schema belongs to its last check. */
export const rule = <T>(holds: (value: T) => boolean | string | undefined, notes: Notes = {}) =>
  Schema.makeFilter<T>(holds, { ...notes, toJsonSchema: () => ({}) })

/** A reference to a schema that has a definition of its own, so that its place may have another description. */
export const reference = <T>(schema: Codec<T>): Codec<T> => Schema.suspend(() => schema)

/** The same schema with a description for the reference and the editor. */
export const described = <T>(schema: Codec<T>, description: string): Codec<T> => note(schema, { description })

/** A number of epochs as text. */
const stretch = /^(\d{1,9}(?:\.\d{1,9})?) ?epochs?$/u

/** A number of epochs with its unit: `3 epochs` is 3. */
export const epochs = (held: Codec<number>): Codec<number> =>
  note(Schema.String.check(Schema.isPattern(stretch)), { wanted: "a number of epochs such as 3 epochs" }).pipe(
    Schema.decodeTo(
      held,
      SchemaTransformation.transform({
        decode: (text: string): unknown => Number(stretch.exec(text)?.[1]),
        encode: (n: unknown) => `${n} epochs`,
      }),
    ),
  )

/** A share of a whole, such as `70%`. */
export const share = note(Schema.String.check(Schema.isPattern(/^(?:100|\d{1,2}(?:\.\d+)?) ?%$/u)), {
  wanted: "a share such as 70%",
}).pipe(
  Schema.decodeTo(
    Schema.String,
    SchemaTransformation.transform({ decode: (text: string) => text.replace(" ", ""), encode: (text: string) => text }),
  ),
)
