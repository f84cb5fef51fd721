/** `data`: where rows come from, what each column is, and how the rows are divided. */
import * as PrepareSpec from "@adjoint/core/data/PrepareSpec"
import * as Schema from "effect/Schema"
import * as SchemaTransformation from "effect/SchemaTransformation"
import type * as Document from "../Document.ts"
import { suggest } from "../diagnostic/Suggest.ts"
import { isRecord } from "../source/Data.ts"
import { type Codec, note, type Verdict } from "./Annotation.ts"
import type { Catalogue } from "./Catalogue.ts"
import * as Fields from "./Fields.ts"
import { type Choices, members } from "./FromEntry.ts"
import { available, type Member, oneOf, options, unknownName } from "./OneOf.ts"
import * as Vocabulary from "./Vocabulary.ts"
import { got } from "./Words.ts"

/** The kinds of table that a file name tells. */
const tableOf: { readonly [ending: string]: "csv" | "tsv" | "npz" } = { csv: "csv", tsv: "tsv", npz: "npz" }
const endings = /\.(csv|tsv|npz)(?:\.gz)?$/u

const optional = <T>(codec: Codec<T>, description: string) => Schema.optionalKey(Fields.described(codec, description))

const files = {
  csv: {
    doc: "A table of comma-separated values.",
    bare: false,
    content: options(
      {
        path: Fields.path,
        delimiter: Fields.withDefault(
          Fields.described(Fields.choice(["auto", ",", ";", "\t"]), "What stands between cells. Default: auto."),
          () => "auto" as const,
        ),
        header: Fields.withDefault(
          Fields.described(
            Fields.boolean,
            "Whether the first line names the columns; without names they are c1, c2, … Default: true.",
          ),
          () => true,
        ),
      } as unknown as { readonly [name: string]: Codec },
      "path",
      { synonyms: Vocabulary.files },
    ),
  },
  tsv: {
    doc: "A table of tab-separated values.",
    bare: false,
    content: options(
      {
        path: Fields.path,
        header: Fields.withDefault(
          Fields.described(Fields.boolean, "Whether the first line names the columns. Default: true."),
          () => true,
        ),
      } as unknown as { readonly [name: string]: Codec },
      "path",
      { synonyms: Vocabulary.files },
    ),
  },
  idx: {
    doc: "Two files in the format of MNIST, packed with gzip or not.",
    bare: false,
    content: options({ images: Fields.path, labels: Fields.path }, undefined, { synonyms: Vocabulary.files }),
  },
  npz: {
    doc: "Arrays saved by NumPy's `savez`.",
    bare: false,
    content: options(
      {
        path: Fields.path,
        inputs: Fields.withDefault(
          Fields.described(Fields.text, "The name of the array of inputs. Default: inputs."),
          () => "inputs",
        ),
        targets: Fields.withDefault(
          Fields.described(Fields.text, "The name of the array of targets. Default: targets."),
          () => "targets",
        ),
      } as unknown as { readonly [name: string]: Codec },
      "path",
      { synonyms: Vocabulary.files },
    ),
  },
} as const

/** A source by kind, or the path of a file whose ending says the kind. */
const source = (catalogue: Catalogue, choices: Choices): Codec<Document.Named> => {
  const forms = { ...files, ...members(catalogue.toy, choices) }
  const names = Object.keys(forms)
  const synonyms = Object.fromEntries(Object.entries<Member>(forms).map(([name, member]) => [name, member.synonyms ?? []]))
  const byKind = oneOf("data source", forms, { later: ["jsonl", "parquet", "images"] })
  const byPath = Schema.String.check(Schema.isPattern(/^(?![A-Za-z]+:\/\/)[^\p{Cc}]+\.(?:csv|tsv|npz)(?:\.gz)?$/u)).pipe(
    Schema.decodeTo(
      byKind,
      SchemaTransformation.transform({
        decode: (path: string): unknown => ({ [tableOf[endings.exec(path)?.[1] ?? ""] ?? "csv"]: { path } }),
        encode: (value: unknown) => JSON.stringify(value),
      }),
    ),
  )
  const dispatch = (value: unknown): Verdict => {
    if (typeof value !== "string") return { _tag: "Meant", schema: byKind, input: value }
    if (/^[a-z]+:\/\//iu.test(value))
      return {
        _tag: "Nothing",
        code: "S103",
        message: `expected the path of a file, got an address`,
        help: "data is read from the disk: download the file, and write its path",
      }
    const [, ending] = /\.(parquet|jsonl?|feather|arrow|xlsx?|h5|hdf5|pkl|pickle|sqlite|db)(?:\.gz)?$/iu.exec(value) ?? []
    if (ending !== undefined)
      return {
        _tag: "Nothing",
        code: "S103",
        message: `expected a data source, got ${got(value)}`,
        help: `.${ending} files are not read: save the table as CSV, as pandas does with \`to_csv("data.csv", index=False)\``,
      }
    const path = /[/\\.]/.test(value)
    if (path)
      return {
        _tag: "Nothing",
        code: "S103",
        message: `expected a data source, got ${got(value)}`,
        help: "a path alone ends in .csv, .tsv or .npz; other files are named by their kind, as in `{ csv: ./data.txt }`",
      }
    return Object.hasOwn(forms, value)
      ? { _tag: "Meant", schema: byKind, input: value }
      : unknownName("data source", value, names, { on: "value", synonyms })
  }
  return note(Schema.Union([byKind, byPath]), { dispatch, identifier: "Source" }) as unknown as Codec<Document.Named>
}

const columnForms = {
  number: note(PrepareSpec.NumberColumn, Vocabulary.column),
  category: note(PrepareSpec.CategoryColumn, Vocabulary.column),
  binary: note(PrepareSpec.BinaryColumn, Vocabulary.column),
  class: note(PrepareSpec.ClassColumn, Vocabulary.column),
  ignore: note(PrepareSpec.IgnoreColumn, Vocabulary.column),
} as const satisfies { readonly [T in PrepareSpec.Column["type"]]: Codec<Extract<PrepareSpec.Column, { readonly type: T }>> }

const columnTypes = Object.keys(columnForms) as ReadonlyArray<keyof typeof columnForms>

/** A column: its type alone, or with how it is prepared. */
const column = (): Codec<PrepareSpec.Column> => {
  const bare = Schema.Literals(columnTypes).pipe(
    Schema.decodeTo(
      PrepareSpec.Column,
      SchemaTransformation.transform({
        decode: (type: keyof typeof columnForms) => ({ type }),
        encode: (value: PrepareSpec.Column) => value.type,
      }),
    ),
  )
  const dispatch = (value: unknown): Verdict => {
    if (typeof value === "string")
      return unknownName("column type", value, columnTypes, { on: "value", synonyms: Vocabulary.columnTypes })
    if (!isRecord(value))
      return {
        _tag: "Nothing",
        code: "S103",
        message: `expected a column, got ${got(value)}`,
        help: `it can be ${available("", columnTypes)}`,
      }
    const { type } = value
    const known = columnTypes.find((name) => name === type)
    if (known !== undefined) return { _tag: "Meant", schema: columnForms[known], input: value }
    if (type === undefined) {
      const misspelt = Object.keys(value).find((key) => suggest(key, ["type"], Vocabulary.column.synonyms) !== undefined)
      return misspelt === undefined
        ? { _tag: "Nothing", code: "S102", message: "`type` is missing", help: `it can be ${available("", columnTypes)}` }
        : {
            ...unknownName("key", misspelt, ["type"], { on: "key", synonyms: Vocabulary.column.synonyms }),
            code: "S101",
            message: `unknown key \`${misspelt}\``,
          }
    }
    return {
      ...unknownName("column type", typeof type === "string" ? type : got(type), columnTypes, {
        on: "value",
        synonyms: Vocabulary.columnTypes,
      }),
      path: ["type"],
    }
  }
  return note(Schema.Union([PrepareSpec.Column, bare]), {
    dispatch,
    identifier: "Column",
  }) as unknown as Codec<PrepareSpec.Column>
}

/** Rows, counted or as a share of all. */
const amount: Codec<Document.Amount> = note(Schema.Union([Fields.integer({ minimum: 0 }), Fields.share]), {
  wanted: "a number of rows, or a share of them such as 70%",
  mend: Vocabulary.amount,
}) as unknown as Codec<Document.Amount>

const splitFields = Schema.Struct({
  train: optional(amount, "Rows to learn from. Default: the rest."),
  val: optional(amount, "Rows that are scored after every epoch."),
  test: optional(amount, "Rows kept for the end."),
  unlabelled: optional(amount, "Rows that pre-training learns from besides; their targets are not looked at."),
  stratify: optional(Fields.text, "The column whose values every part has in the same proportion."),
  seed: Fields.withDefault(Fields.described(Fields.seed, "The seed of the division. Default: 0."), () => 0),
})

const split: Codec<Document.Split> = note(splitFields, Vocabulary.split)

/** The division when none is written: with a test set of its own, a validation part alone. */
const usualSplit = (hasTest: boolean): Document.Split =>
  hasTest ? { val: "15%", seed: 0 } : { val: "15%", test: "15%", seed: 0 }

/** The schema of `data`. */
export const dataSection = (catalogue: Catalogue, choices: Choices): Codec<Document.Data> => {
  const rows = source(catalogue, choices)
  const fields = {
    source: Fields.described(rows, "Where the rows come from: a file, or a generated toy."),
    columns: optional(
      Schema.Record(Schema.String, column()) as unknown as Codec<NonNullable<Document.Data["columns"]>>,
      'What each column of a table is; `"*"` stands for all that are not named.',
    ),
    image: optional(
      note(PrepareSpec.Image, Vocabulary.image) as unknown as Codec<PrepareSpec.Image>,
      "How arrays are read as images.",
    ),
    scale: optional(PrepareSpec.Scale as unknown as Codec<PrepareSpec.Scale>, "How the numbers of other arrays are scaled."),
    test: optional(rows, "Rows of their own to test on."),
  }
  const fieldsOfData = Schema.Struct({
    ...fields,
    split: Schema.optionalKey(
      Fields.described(split, "How rows are divided. Default: 70% to learn from, 15% to validate, 15% to test."),
    ),
  })
  const written = note(fieldsOfData, Vocabulary.data)
  const full = Schema.toType(Schema.Struct({ ...fields, split }))
  return written.pipe(
    Schema.decodeTo(
      full,
      SchemaTransformation.transform({
        decode: (data: typeof written.Type): Document.Data => ({
          ...data,
          split: data.split ?? usualSplit(data.test !== undefined),
        }),
        encode: (data: Document.Data): typeof written.Type => data,
      }),
    ),
  ) as unknown as Codec<Document.Data>
}
