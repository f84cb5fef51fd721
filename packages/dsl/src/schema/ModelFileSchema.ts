/** The schema of a model file, built from a catalogue. It decodes both forms, YAML and TypeScript, and prints a JSON Schema for editors. */
import * as Schema from "effect/Schema"
import type * as Document from "../Document.ts"
import { codes } from "../diagnostic/Codes.ts"
import { type Codec, note } from "./Annotation.ts"
import type { Catalogue } from "./Catalogue.ts"
import { dataSection, documentation } from "./DataSection.ts"
import * as Fields from "./Fields.ts"
import { choices as choicesOf } from "./FromEntry.ts"
import * as Homes from "./Homes.ts"
import { layerSchema, modelSection } from "./ModelSection.ts"
import { pretrainSection } from "./PretrainSection.ts"
import { searchSection } from "./SearchSection.ts"
import { callbackSchema, metricSchema, trainSection } from "./TrainSection.ts"
import * as Vocabulary from "./Vocabulary.ts"

/** The version of the language that is read. */
export const version = 1

/** What `lint.allow` can silence: advice, and the errors that say they can be overridden. */
export const allowable = Object.keys(codes).filter((code) => code.startsWith("A") || code === "T508")

/** Bounds of scores, by their names. */
const bounds = (what: "minimum" | "maximum", example: string, description: string) => {
  const key = what === "minimum" ? "fail_under" : "fail_above"
  return Fields.withDefault(
    Fields.described(
      note(Schema.Record(Schema.String, Fields.number()), {
        wanted: `a map from scores to their ${what}, such as ${example}`,
        help: `name the score: \`${key}: ${example}\``,
      }),
      description,
    ),
    () => ({}),
  )
}

const evaluate: Codec<Document.Evaluate> = note(
  Schema.Struct({
    split: Fields.usually(Fields.choice(["train", "val", "test"]), "test", "The rows that are scored."),
    slices: Fields.withDefault(
      Fields.described(
        note(Schema.Array(Schema.String), {
          wanted: "a list of columns, such as [sex, town]",
          help: "name columns of the table: `slices: [sex, town]`",
        }),
        "Columns of the table, also ignored ones. The rows are scored once more for each value of each.",
      ),
      () => [],
    ),
    fail_under: bounds(
      "minimum",
      "{ accuracy: 0.9 }",
      "The minimum of scores that are better the higher; below it the command fails.",
    ),
    fail_above: bounds(
      "maximum",
      "{ mae: 5 }",
      "The maximum of scores that are better the lower, such as errors; above it the command fails.",
    ),
  }),
  Vocabulary.evaluate,
)

const lint: Codec<Document.ModelFile["lint"]> = Schema.Struct({
  allow: Fields.withDefault(
    note(Schema.Array(Fields.choice(allowable)), {
      description: "Codes that are not reported.",
      wanted: "a list of codes",
    }),
    () => [],
  ),
})

/** The schemas of the sections, so that a mistake in one does not keep the others from being read. */
export interface Sections {
  readonly data: Codec<Document.Data>
  readonly model: Codec<Document.Model>
  readonly pretrain: Codec<Document.Pretrain>
  readonly train: Codec<Document.Train>
  readonly evaluate: Codec<Document.Evaluate>
  readonly search: Codec<Document.Search>
  readonly lint: Codec<Document.ModelFile["lint"]>
}

/** A decoded file: its document, and the search over it. */
export interface WholeFile extends Document.ModelFile {
  readonly search?: Document.Search
}

/** The schema of a whole file, and of each of its sections. */
export interface ModelFileSchema {
  readonly file: Codec<WholeFile>
  readonly sections: Sections
  /** One item of `model.layers`. */
  readonly layer: Codec
  /** One item of `train.callbacks`. */
  readonly callback: Codec
  /** One item of `train.metrics`. */
  readonly metric: Codec
}

/** The schema over these tables. */
export const make = (catalogue: Catalogue): ModelFileSchema => {
  const choices = choicesOf(catalogue)
  const layer = layerSchema(catalogue, choices)
  const callback = callbackSchema(catalogue, choices)
  const metric = metricSchema(catalogue, choices)
  const train = trainSection(catalogue, choices, callback, metric)
  const sections: Sections = {
    data: dataSection(catalogue, choices),
    model: modelSection(choices, layer),
    pretrain: pretrainSection(catalogue, choices),
    train,
    evaluate,
    search: searchSection(catalogue, choices),
    lint,
  }
  const { search, ...others } = sections
  const file = note(
    Schema.Struct({
      schema: note(Schema.Literal(version), {
        description: "The version of the model language: 1.",
        wanted: `\`${version}\`, the version of the model language`,
        code: "S107",
      }),
      name: Fields.usually(Fields.folderName, "model", "The name of the model and of the folder of its runs."),
      data: Schema.optionalKey(Fields.described(sections.data, documentation)),
      model: Fields.described(sections.model, "The layers."),
      pretrain: Schema.optionalKey(
        Fields.described(
          sections.pretrain,
          "RBMs that are trained first, from the input upwards; the layers start from their weights.",
        ),
      ),
      train: Fields.emptied(train, "How the model is trained."),
      evaluate: Fields.emptied(evaluate, "Which rows are scored at the end, in which groups, and the bounds of scores."),
      search: Schema.optionalKey(
        Fields.described(
          sections.search,
          "What `adjoint search` looks for among the values of search markers, and how. Training does not read it.",
        ),
      ),
      lint: Fields.emptied(lint, "Which advice to hide."),
    }),
    {
      identifier: "ModelFile",
      wanted: "a map of sections (`schema`, `data`, `model`, `train` …)",
      ...Vocabulary.file,
      homes: Homes.of(others, { search }),
    },
  )
  return { file, sections, layer, callback, metric }
}
