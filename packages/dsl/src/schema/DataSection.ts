/** `data`: where rows come from, what each column is, and how the rows are divided. */
import * as Column from "@adjoint/core/data/Column"
import * as Field from "@adjoint/core/data/Field"
import { imageFields } from "@adjoint/core/data/imageFields"
import { onePcaSize, tablePcaFields } from "@adjoint/core/data/Pca"
import type { Image } from "@adjoint/core/data/Preprocess"
import * as Source from "@adjoint/core/data/Source"
import { type ArrayKind, arrayKinds, arrayTargets } from "@adjoint/core/data/Spec"
import * as Schema from "effect/Schema"
import * as SchemaTransformation from "effect/SchemaTransformation"
import type * as Document from "../Document.ts"
import { type Codec, note, type Verdict } from "./Annotation.ts"
import type { Catalogue } from "./Catalogue.ts"
import * as Fields from "./Fields.ts"
import { type Choices, members } from "./FromEntry.ts"
import * as FromField from "./FromField.ts"
import { type Member, oneOf, options, unknownName } from "./OneOf.ts"
import * as Synonyms from "./Synonyms.ts"
import { typedChoice } from "./TypedChoice.ts"
import * as Vocabulary from "./Vocabulary.ts"
import { got } from "./Words.ts"

const optional = <T>(codec: Codec<T>, description: string) => Schema.optionalKey(Fields.described(codec, description))

/** The kinds of file as forms of a source. */
const files = Object.fromEntries(
  Object.entries(Source.kinds).map(([name, kind]) => [
    name,
    {
      doc: kind.doc,
      bare: false,
      content: options(FromField.fields(kind.fields, { defaults: true }), "main" in kind ? kind.main : undefined, {
        synonyms: Synonyms.of(kind.fields),
      }),
    },
  ]),
)

/** `{ images: ./shapes, label: folder }` has the label beside the folder. */
const folderLabel = Schema.optionalKey(
  Fields.described(Fields.choice(["folder"]), "The class of an image is the first folder of its path."),
) as unknown as Codec

/** The kinds of file by how names of such files end. */
const kindByEnding = new Map<string, string>(
  Object.entries(Source.kinds).flatMap(([name, { endings }]) => endings.map((end) => [end, name] as const)),
)
const endings = [...kindByEnding.keys()]
const endingsInWords = endings
  .map((end) => `.${end}`)
  .join(", ")
  .replace(/, ([^,]+)$/, " or $1")
const pathAlone = new RegExp(`^(?![A-Za-z]+:\\/\\/)[^\\p{Cc}]+\\.(${endings.join("|")})(?:\\.gz)?$`, "u")

/** A source by kind, or a path whose ending determines the kind. */
const source = (catalogue: Catalogue, choices: Choices): Codec<Document.Named> => {
  const forms: { readonly [name: string]: Member } = { ...files, ...members(catalogue.toy, choices) }
  const alone = Object.fromEntries(
    Object.entries(forms).map(([name, form]) => [name, name === "images" ? form : { ...form, without: ["label"] }]),
  )
  const names = Object.keys(forms)
  const synonyms = Object.fromEntries(Object.entries<Member>(forms).map(([name, member]) => [name, member.synonyms ?? []]))
  const byKind = oneOf("data source", alone, { beside: { label: folderLabel } })
  const byPath = Schema.String.check(Schema.isPattern(pathAlone)).pipe(
    Schema.decodeTo(
      byKind,
      SchemaTransformation.transform({
        decode: (path: string): unknown => ({ [kindByEnding.get(pathAlone.exec(path)?.[1] ?? "") ?? "csv"]: { path } }),
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
        message: `expected the path of a file, got a URL`,
        help: "download the file, and write its path",
      }
    const [, ending] = /\.(json|xlsx?|h5|hdf5|pkl|pickle|sqlite|db)(?:\.gz)?$/iu.exec(value) ?? []
    if (ending !== undefined)
      return {
        _tag: "Nothing",
        code: "S103",
        message: `expected a data source, got ${got(value)}`,
        help: `.${ending} files are not supported: save the table as CSV, with pandas \`to_csv("data.csv", index=False)\``,
      }
    const path = /[/\\.]/.test(value)
    if (path)
      return {
        _tag: "Nothing",
        code: "S103",
        message: `expected a data source, got ${got(value)}`,
        help: `a path alone must end in ${endingsInWords}; for other names write the kind, as in \`{ csv: ./data.txt }\``,
      }
    return Object.hasOwn(forms, value)
      ? { _tag: "Meant", schema: byKind, input: value }
      : unknownName("data source", value, names, { on: "value", synonyms })
  }
  return note(Schema.Union([byKind, byPath]), { dispatch, identifier: "Source" }) as unknown as Codec<Document.Named>
}

/** A column: its type alone, or with how it is prepared. */
const column = (): Codec<Column.Column> =>
  typedChoice(
    "column",
    Object.fromEntries(
      Object.entries(Column.kinds).map(([type, kind]) => {
        const rule = "rule" in kind ? kind.rule : undefined
        const holds = rule?.holds as ((options: object) => boolean) | undefined
        const ruled =
          rule === undefined || holds === undefined
            ? {}
            : { rule: { wanted: rule.wanted, holds: (options: object) => holds(Field.fill(kind.fields, options)) } }
        const fields = FromField.fields(kind.fields, { defaults: false })
        const bare = Object.values<Field.Field>(kind.fields).every(Field.isOptional)
        const keys = { synonyms: Synonyms.of(kind.fields), elsewhere: Vocabulary.columnOptions }
        return [type, { doc: kind.doc, fields, synonyms: kind.synonyms ?? [], keys, bare, ...ruled }]
      }),
    ),
    { identifier: "Column" },
  ) as Codec<Column.Column>

interface ArrayForm {
  readonly doc: string
  readonly fields: Field.Fields
  readonly rule?: Field.Rule
}

/** An array with a name: its type alone, or with how it is prepared. */
const array = (): Codec<ArrayKind> =>
  typedChoice(
    "array",
    Object.fromEntries(
      Object.entries<ArrayForm>(arrayKinds).map(([type, { doc, fields, rule }]) => [
        type,
        {
          doc,
          fields: FromField.fields(fields, { defaults: false }),
          ...(rule === undefined ? {} : { rule: { ...rule, holds: rule.holds as (options: object) => boolean } }),
          bare: type !== "image",
          synonyms: Vocabulary.arrayKinds[type as keyof typeof arrayKinds],
          keys: { synonyms: Synonyms.of(fields) },
        },
      ]),
    ),
    { identifier: "Array" },
  ) as Codec<ArrayKind>

/** The type of array targets. */
const target = (): Codec<NonNullable<Document.Data["target"]>> =>
  typedChoice(
    "target",
    Object.fromEntries(
      Object.entries(arrayTargets).map(([type, { doc, fields }]) => [
        type,
        {
          doc,
          fields: FromField.fields(fields, { defaults: false }),
          bare: true,
          keys: { synonyms: Synonyms.of(fields) },
        },
      ]),
    ),
    { identifier: "Target", otherwise: `in a table, ${Vocabulary.targetColumn}` },
  ) as Codec<NonNullable<Document.Data["target"]>>

const image = note(Schema.Struct(FromField.fields(imageFields, { defaults: false })), {
  synonyms: Synonyms.of(imageFields),
}) as unknown as Codec<Image>

/** Rows, counted or as a share of all. */
const amount: Codec<Document.Amount> = note(Schema.Union([Fields.integer({ minimum: 0 }), Fields.share]), {
  wanted: "a number of rows, or a share of them such as 70%",
  mend: Vocabulary.amount,
}) as unknown as Codec<Document.Amount>

const usualSeed = 0

/** The order in which rows are divided. */
const order: Codec<NonNullable<Document.Split["by"]>> = note(
  Schema.Union([
    Schema.Literal("order"),
    Schema.Struct({ order: Fields.described(Fields.text, "The column to order by: numbers, or dates such as 2024-03-31.") }),
  ]),
  { wanted: "`order`, or `{ order: a column }`" },
) as unknown as Codec<NonNullable<Document.Split["by"]>>

const cell = Schema.Union([Schema.String, Schema.Finite, Schema.Boolean])

/** Cells of a column: one, or a list. */
const cells: Codec<ReadonlyArray<string>> = note(
  (Schema.Union([Schema.NonEmptyArray(cell), cell]) as unknown as Codec).pipe(
    Schema.decodeTo(
      Schema.Array(Schema.String),
      SchemaTransformation.transform({
        decode: (value: unknown): ReadonlyArray<string> => (Array.isArray(value) ? value : [value]).map(String),
        encode: (texts: ReadonlyArray<string>): unknown => texts,
      }),
    ),
  ),
  { wanted: "a cell of the column, or a list of cells" },
) as unknown as Codec<ReadonlyArray<string>>

/** The column that names the parts. */
const partColumn: Codec<Document.PartColumn> = (() => {
  const map = Schema.Struct({
    name: Fields.described(Fields.text, "The column."),
    train: optional(Fields.reference(cells), "Its cells in training rows."),
    val: optional(Fields.reference(cells), "Its cells in validation rows."),
    test: optional(Fields.reference(cells), "Its cells in test rows."),
    unlabelled: optional(Fields.reference(cells), "Its cells in rows for pre-training only."),
  })
  const whole = note(map, { synonyms: { name: ["column"], val: ["validation", "valid", "dev"] } }) as unknown as Codec
  const short = Fields.text.pipe(
    Schema.decodeTo(
      whole,
      SchemaTransformation.transform({
        decode: (name: string): unknown => ({ name }),
        encode: (value: unknown) => (value as Document.PartColumn).name,
      }),
    ),
  )
  const dispatch = (value: unknown): Verdict =>
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? { _tag: "Meant", schema: whole, input: value }
      : { _tag: "Meant", schema: Fields.text, input: value }
  return note(Schema.Union([whole, short]), { dispatch }) as unknown as Codec<Document.PartColumn>
})()

const splitFields = Schema.Struct({
  train: optional(amount, "Training rows. Default: all rows of no other part."),
  val: optional(amount, "Validation rows, scored after every epoch. Default: 15%, unless another part is given."),
  test: optional(amount, "Test rows, scored after training. Default: 15%, unless another part is given."),
  unlabelled: optional(amount, "More rows for pre-training only; their targets are not used."),
  stratify: optional(
    note(Fields.text, { mend: Vocabulary.stratify }),
    "A column: every part has its values in the same proportions.",
  ),
  group: optional(
    Fields.text,
    "A column: the rows of one value, such as a patient, stay together in one part. Default: the column of the type `group`, if there is one.",
  ),
  by: optional(
    order,
    "How rows are ordered before they are divided. Default: at random. `order`: as they stand, the training rows first, then those for validation, then those for testing; `{ order: date }`: by a column of numbers or ISO dates.",
  ),
  column: optional(
    partColumn,
    "A column that says which part a row is in: its cells are `train`, `val` and `test`, or `{ name: year, train: [2021, 2022], val: 2023, test: 2024 }` lists the cells of each.",
  ),
  folds: optional(
    Fields.integer({ minimum: 2 }),
    "Cross-validation: `train` trains one model for each of so many folds, which are the validation rows in turn, and reports the mean and the deviation of their scores. With `by`, and of a series, each fold is validated on the rows after those that it learns from.",
  ),
  repeats: optional(Fields.count, "How many times the rows are divided into folds, each time anew. Default: 1."),
  fold: optional(Fields.count, "The one fold to train, counted from 1. Default: all, one after the other."),
  repeat: optional(Fields.count, "The one repeat to train, counted from 1."),
  seed: Fields.withDefault(Fields.described(Fields.seed, `The seed of the split. Default: ${usualSeed}.`), () => usualSeed),
})

const split: Codec<Document.Split> = note(splitFields, Vocabulary.split)

/** The most rows of a window, and the most steps ahead. */
const longest = 2 ** 16

const steps = Fields.integer({ minimum: 1, maximum: longest })

const horizon: Codec<Document.Series["horizon"]> = note(
  Schema.Union([
    Fields.integer({ minimum: 1, maximum: 1000 }),
    Schema.Array(steps).check(
      Schema.isMinLength(1),
      Schema.isMaxLength(1000),
      Fields.rule((list: ReadonlyArray<number>) =>
        list.every((each, i) => each > (list[i - 1] ?? 0)) ? undefined : "expected rising steps, each of them once",
      ),
    ),
  ]),
  { wanted: "a number of steps such as 3, or a list of rising steps such as [1, 24]" },
) as unknown as Codec<Document.Series["horizon"]>

const series: Codec<Document.Series> = note(
  Schema.Struct({
    window: Fields.described(steps, "The rows of a window: the past that a prediction is made from."),
    horizon: Fields.usually(horizon, 1, "How many steps after the window are predicted (`3`: 1, 2 and 3), or which (`[1, 24]`)."),
    step: Fields.usually(steps, 1, "The rows from one window to the next."),
    time: optional(Fields.text, "The column of times, numbers or dates, which rise within a series."),
    group: optional(Fields.text, "The column that tells several series apart. No window crosses from one to another."),
    gaps: Fields.usually(
      Fields.choice(["error", "split"]),
      "error",
      "Steps of time that differ from most: an error, or (`split`) the end of a stretch that no window crosses.",
    ),
    overlap: Fields.usually(
      Fields.boolean,
      false,
      "Whether windows of the validation and test parts may begin in the rows before them. Their targets never do.",
    ),
  }),
  Vocabulary.series,
) as unknown as Codec<Document.Series>

/** The default parts of a split; with a separate test source, only a validation part. */
const usualParts = (hasTest: boolean): Pick<Document.Split, "val" | "test"> =>
  hasTest ? { val: "15%" } : { val: "15%", test: "15%" }

/** A split with default parts, if it sets none and has no other rule for them. */
const completed = (given: Document.Split, hasTest: boolean): Document.Split => {
  const { column, folds, test, train, val } = given
  if (column !== undefined || folds !== undefined) return given
  return train === undefined && val === undefined && test === undefined ? { ...usualParts(hasTest), ...given } : given
}

/** The split of series, which is in time order. */
const ordered = ({ series: own }: Pick<Document.Data, "series">, split: Document.Split): Document.Split =>
  own === undefined ? split : { ...split, by: "order" }

/** The documentation of the section. */
export const documentation = "The rows, the type of each column, and the split."

/** The schema of `data`. */
export const dataSection = (catalogue: Catalogue, choices: Choices): Codec<Document.Data> => {
  const rows = source(catalogue, choices)
  const fields = {
    source: Fields.described(Fields.reference(rows), "The rows: a file, or a generated toy dataset."),
    columns: optional(
      Schema.Record(Schema.String, column()) as unknown as Codec<NonNullable<Document.Data["columns"]>>,
      'The type of each column of a table; `"*"` sets the type of all columns that are not named.',
    ),
    arrays: optional(
      Schema.Record(Schema.String, array()) as unknown as Codec<NonNullable<Document.Data["arrays"]>>,
      "The type of each named array of an npz file; `model.inputs` and heads name them. Other arrays are not read.",
    ),
    image: optional(image, "How arrays are converted to images."),
    scale: optional(FromField.scale as Codec<NonNullable<Document.Data["scale"]>>, "How the values of other arrays are scaled."),
    pca: optional(
      FromField.options(tablePcaFields, onePcaSize) as Codec<NonNullable<Document.Data["pca"]>>,
      "Principal components of the prepared inputs, and whitening: of arrays and images, or of columns of a table.",
    ),
    target: optional(
      Fields.reference(target()),
      "The type of array targets: `class` or `number`. Default: `number` for floats, `class` for all others.",
    ),
    series: optional(series, "How the rows of a table are series: windows of past rows, and the targets after them."),
    test: optional(Fields.reference(rows), "A separate source of test rows."),
  }
  const fieldsOfData = Schema.Struct({
    ...fields,
    split: Schema.optionalKey(
      Fields.described(split, "How rows are divided into training, validation and test. Default: 70%, 15%, 15%."),
    ),
  })
  const written = note(fieldsOfData, { ...Vocabulary.data, description: documentation })
  const full = Schema.toType(Schema.Struct({ ...fields, split }))
  return written.pipe(
    Schema.decodeTo(
      full,
      SchemaTransformation.transform({
        decode: (data: typeof written.Type): Document.Data => ({
          ...data,
          split: ordered(data, completed(data.split ?? { seed: usualSeed }, data.test !== undefined)),
        }),
        encode: (data: Document.Data): typeof written.Type => data,
      }),
    ),
  ) as unknown as Codec<Document.Data>
}
