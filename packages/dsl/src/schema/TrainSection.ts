/** `train`: how the model learns. */
import type * as Around from "@adjoint/core/learning/Around"
import type * as Regularizer from "@adjoint/core/learning/Regularizer"
import * as Schema from "effect/Schema"
import type * as Document from "../Document.ts"
import { type Codec, note, type Verdict } from "./Annotation.ts"
import type { Catalogue } from "./Catalogue.ts"
import * as Fields from "./Fields.ts"
import { type Choices, members, settings } from "./FromEntry.ts"
import { oneOf } from "./OneOf.ts"

/** A choice that may also be left to Adjoint: `auto`. */
const orAuto = <T>(codec: Codec<T>): Codec<"auto" | T> => {
  const dispatch = (value: unknown): Verdict => ({ _tag: "Meant", schema: codec, input: value })
  return note(Schema.Union([Schema.Literal("auto"), codec]), { dispatch })
}

const listOf = <T>(item: Codec<T>, wanted: string): Codec<ReadonlyArray<T>> => note(Schema.Array(item), { wanted })

/** The keys of `regularize`: the regularizers of the catalogue. */
export const regularizeFields = (catalogue: Catalogue, choices: Choices) =>
  settings<typeof Regularizer.table>(catalogue.regularizer, choices)

const regularize = (catalogue: Catalogue, choices: Choices): Codec<Document.Regularize> =>
  note(Schema.Struct(regularizeFields(catalogue, choices)), {
    elsewhere: {
      elastic_net: "`l1` and `l2` together are the elastic net: `regularize: { l1: 1e-5, l2: 1e-4 }`",
      weight_decay: "weight decay is an option of the optimizer: `optimizer: { adamw: { weight_decay: 0.01 } }`",
      dropout: "dropout is a layer: `- dropout: 0.5`",
      label_smoothing:
        "label smoothing is an option of the loss: `loss: { categorical_cross_entropy: { label_smoothing: 0.1 } }`",
    },
  })

/** The keys of `train`. */
export const trainFields = (catalogue: Catalogue, choices: Choices) => {
  const named = (what: string, table: Parameters<typeof members>[0], identifier: string): Codec<Document.Named> =>
    oneOf(what, members(table, choices), { identifier }) as Codec<Document.Named>
  const optimizer = named("optimizer", catalogue.optimizer, "Optimizer")
  const loss = named("loss", catalogue.loss, "Loss")
  const metric = named("metric", catalogue.metric, "Metric")
  const callback = named("callback", catalogue.callback, "Callback")
  const schedule = choices.schedule as Codec<Document.Named>
  return {
    seed: Fields.usually(Fields.seed, 0, "All randomness of the run comes from this number."),
    epochs: Fields.usually(Fields.count, 10, "How often the training rows are gone through."),
    batch: Fields.usually(Fields.count, 32, "Rows in one step."),
    loss: Fields.usually(orAuto(loss), "auto", "What is made small; `auto` is the one that fits the target."),
    optimizer: Fields.usuallyNamed(optimizer, "adam", "How the weights follow the gradient."),
    schedule: Fields.usuallyNamed(schedule, "constant", "How the learning rate changes."),
    regularize: Fields.emptied(regularize(catalogue, choices), "What keeps the weights small and the steps short."),
    ...settings<typeof Around.table>(catalogue.around, choices),
    metrics: Fields.usually(
      orAuto(listOf(metric, "a list of metrics, or auto")),
      "auto",
      "What is scored after every epoch; `auto` is what fits the target.",
    ),
    callbacks: Fields.usually(listOf(callback, "a list of callbacks"), [], "What watches the run."),
  }
}

/** The schema of `train`. */
export const trainSection = (catalogue: Catalogue, choices: Choices): Codec<Document.Train> =>
  note(Schema.Struct(trainFields(catalogue, choices)), {
    elsewhere: {
      lr: "the learning rate is an option of the optimizer: `optimizer: { adam: { lr: 0.001 } }`",
      learning_rate: "the learning rate is an option of the optimizer: `optimizer: { adam: { lr: 0.001 } }`",
      ...Object.fromEntries(
        Object.keys(catalogue.callback).map((name) => [name, `callbacks stand in a list: \`callbacks: [${name}]\``]),
      ),
      ...Object.fromEntries(Object.keys(catalogue.regularizer).map((name) => [name, "this stands under `regularize`"])),
      ema: "the mean of the weights over time is called average: `average: 0.999`",
      augmentation: "augmentation is made of layers, which act while training only: `- random_flip`",
    },
  })
