/** `model`: the layers, from top to bottom. */
import * as Schema from "effect/Schema"
import * as SchemaTransformation from "effect/SchemaTransformation"
import type * as Document from "../Document.ts"
import { type Codec, note, type Verdict } from "./Annotation.ts"
import type { Catalogue } from "./Catalogue.ts"
import * as Fields from "./Fields.ts"
import { type Choices, members } from "./FromEntry.ts"
import { type Member, oneOf, options } from "./OneOf.ts"
import * as Vocabulary from "./Vocabulary.ts"

const names = (atLeast: number): Codec =>
  note(Schema.Array(Fields.name).check(Schema.isMinLength(atLeast)), {
    wanted: `a list of ${atLeast} or more layer names`,
  })

/** One column, or a list of columns. */
const columns = (wanted: string): Codec<string | ReadonlyArray<string>> => {
  const list = note(Schema.Array(Fields.text).check(Schema.isMinLength(1)), { wanted })
  const dispatch = (value: unknown): Verdict => ({
    _tag: "Meant",
    schema: Array.isArray(value) ? list : Fields.text,
    input: value,
  })
  return note(Schema.Union([Fields.text, list]), { dispatch, wanted: `${wanted}, or one of them` }) as unknown as Codec<
    string | ReadonlyArray<string>
  >
}

/** A list of columns, of which one may stand alone. */
const columnList: Codec<ReadonlyArray<string>> = columns("a list of columns").pipe(
  Schema.decodeTo(
    Schema.Array(Schema.String),
    SchemaTransformation.transform({
      decode: (names: string | ReadonlyArray<string>) => (typeof names === "string" ? [names] : names),
      encode: (names: ReadonlyArray<string>): string | ReadonlyArray<string> => names,
    }),
  ),
) as unknown as Codec<ReadonlyArray<string>>

/** The schema of one item of `model.layers`. An activation is a layer too. */
export const layerSchema = (catalogue: Catalogue, choices: Choices): Codec => {
  const joins: { readonly [J in Document.Join]: Member } = {
    add: {
      doc: "The sum of layers of equal shape, by name.",
      bare: false,
      content: names(2),
      without: ["from"],
      synonyms: Vocabulary.layerForms.add,
    },
    multiply: {
      doc: "The product of layers of equal shape, by name.",
      bare: false,
      content: names(2),
      without: ["from"],
      synonyms: Vocabulary.layerForms.multiply,
    },
    concat: {
      doc: "Layers joined along their last axis, by name.",
      bare: false,
      content: names(2),
      without: ["from"],
      synonyms: Vocabulary.layerForms.concat,
    },
  }
  const head: Member = {
    doc: "An output layer, with as many outputs as the target needs. A model may have several; the last layer is one.",
    bare: false,
    synonyms: Vocabulary.layerForms.head,
    content: options(
      {
        target: Fields.described(
          columns("a list of columns"),
          "The column to predict, or several columns of numbers or of yes and no; `label` for arrays and toys.",
        ),
        activation: Fields.usuallyNamed(
          choices.activation,
          "identity",
          "Applied to the outputs before the loss. Losses that take logits need `identity`.",
        ),
        init: Fields.usuallyNamed(choices.initializer, "auto", "The initializer of the weights."),
      },
      "target",
      { synonyms: { target: ["column", "label", "columns", "targets", "labels"] }, elsewhere: Vocabulary.layerOptions },
    ),
  }
  const one: Codec = oneOf(
    "layer",
    {
      ...members(catalogue.layer, choices, Vocabulary.layerOptions),
      ...members(catalogue.activation, choices, Vocabulary.layerOptions),
      ...joins,
      block: {
        doc: "A group of layers that acts as one layer.",
        bare: false,
        synonyms: Vocabulary.layerForms.block,
        content: options({
          layers: note(Schema.Array(Schema.suspend(() => one)).check(Schema.isMinLength(1)), {
            description: "The layers.",
            wanted: "a list of one or more layers",
          }),
        }),
      },
      repeat: {
        doc: "The same layers several times in a row, each time with separate weights.",
        bare: false,
        synonyms: Vocabulary.layerForms.repeat,
        content: options(
          {
            times: Fields.described(Fields.integer({ minimum: 1, maximum: 1000 }), "The number of repetitions."),
            layers: note(Schema.Array(Schema.suspend(() => one)).check(Schema.isMinLength(1)), {
              description: "The layers.",
              wanted: "a list of one or more layers",
            }),
          },
          undefined,
          { synonyms: { times: ["n", "count", "num", "repeats"] }, elsewhere: Vocabulary.layerOptions },
        ),
      },
      head,
    },
    {
      identifier: "Layer",
      elsewhere: Vocabulary.layerNames,
      besides: ["use"],
      beside: {
        name: Schema.optionalKey(Fields.described(Fields.name, "The name of this layer, for joins and `from`.")),
        from: Schema.optionalKey(
          Fields.described(
            Fields.name,
            "The name of the layer or the input that it reads; `input` is the input of a model whose inputs have no names. Default: the layer above.",
          ),
        ),
      },
    },
  )
  return one
}

/** The schema of `model`. */
export const modelSection = (choices: Choices, layer: Codec): Codec<Document.Model> => {
  const fields = Schema.Struct({
    input: Schema.optionalKey(
      note(Schema.Array(Fields.count).check(Schema.isMinLength(1)), {
        description: "The shape of one input, if the data does not determine it: `[28, 28, 1]`.",
        wanted: "a list of whole numbers > 0",
      }),
    ),
    inputs: Schema.optionalKey(
      note(Schema.Record(Schema.String, columnList), {
        description: 'Named inputs, each made of columns: `{ body: [Age, Height], rest: "*" }`. Layers read them with `from`.',
        wanted: "a map from names of inputs to lists of columns",
      }),
    ),
    init: Fields.usuallyNamed(
      choices.initializer as Codec<Document.Named>,
      "auto",
      "The initializer of every layer whose `init` is `auto`.",
    ),
    layers: note(Schema.Array(layer as Codec<Document.Layer>), {
      description: "The layers, from top to bottom.",
      wanted: "a list of layers",
    }),
  })
  return note(fields, Vocabulary.model)
}
