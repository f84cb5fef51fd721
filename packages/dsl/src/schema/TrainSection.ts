/** `train`: how the model learns. */
import type * as OptimizerWrapper from "@adjoint/core/learning/OptimizerWrapper"
import type * as Regularizer from "@adjoint/core/learning/Regularizer"
import * as Schema from "effect/Schema"
import type * as Document from "../Document.ts"
import { type Codec, type ElsewhereTable, note, type Verdict } from "./Annotation.ts"
import type { Catalogue } from "./Catalogue.ts"
import * as Fields from "./Fields.ts"
import { type Choices, members, settings } from "./FromEntry.ts"
import { callback as asItem } from "./Misplaced.ts"
import { oneOf } from "./OneOf.ts"
import * as Synonyms from "./Synonyms.ts"
import * as Vocabulary from "./Vocabulary.ts"

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
    ...Vocabulary.regularize,
    synonyms: Synonyms.ofTable(catalogue.regularizer),
  })

/** The keys of `train`. */
export const trainFields = (catalogue: Catalogue, choices: Choices) => {
  const optimizer = oneOf("optimizer", members(catalogue.optimizer, choices, Vocabulary.optimizerOptions), {
    identifier: "Optimizer",
    elsewhere: Vocabulary.optimizerNames,
  }) as Codec<Document.Named>
  const loss = oneOf("loss", members(catalogue.loss, choices), {
    identifier: "Loss",
    elsewhere: Vocabulary.lossNames,
  }) as Codec<Document.Named>
  const metric = oneOf("metric", members(catalogue.metric, choices), {
    identifier: "Metric",
    elsewhere: Vocabulary.metricNames,
  }) as Codec<Document.Named>
  const callback = oneOf("callback", members(catalogue.callback, choices, Vocabulary.callbackOptions), {
    identifier: "Callback",
    elsewhere: Vocabulary.callbackNames,
  }) as Codec<Document.Named>
  const schedule = choices.schedule as Codec<Document.Named>
  return {
    seed: Fields.usually(Fields.seed, 0, "The seed of all randomness in the run."),
    epochs: Fields.usually(Fields.count, 10, "Passes over the training rows."),
    batch: Fields.usually(Fields.count, 32, "Rows per step."),
    loss: Fields.usually(orAuto(loss), "auto", "The loss to minimize; `auto` chooses the one for the target."),
    optimizer: Fields.usuallyNamed(optimizer, "adam", "The optimizer that updates the weights."),
    schedule: Fields.usuallyNamed(schedule, "constant", "How the learning rate changes over the run."),
    regularize: Fields.emptied(regularize(catalogue, choices), "Penalties on weights, and limits on weights and gradients."),
    ...settings<typeof OptimizerWrapper.table>(catalogue.around, choices),
    metrics: Fields.usually(
      orAuto(listOf(metric, "a list of metrics, or auto")),
      "auto",
      "Scores computed after every epoch; `auto` chooses those for the target.",
    ),
    callbacks: Fields.usually(listOf(callback, "a list of callbacks"), [], "Actions during the run, such as early stopping."),
  }
}

/** Callbacks that were written beside their list, by all of their names. */
const listed = ({ callback }: Catalogue): ElsewhereTable =>
  Object.fromEntries(
    Object.entries(Synonyms.ofTable(callback)).flatMap(([name, synonyms]) =>
      [name, ...synonyms].map((each) => [each, asItem(name, `callbacks are written as a list: \`callbacks: [${name}]\``)]),
    ),
  )

/** The schema of `train`. */
export const trainSection = (catalogue: Catalogue, choices: Choices): Codec<Document.Train> =>
  note(Schema.Struct(trainFields(catalogue, choices)), {
    synonyms: { ...Vocabulary.train.synonyms, ...Synonyms.ofTable(catalogue.around) },
    elsewhere: { ...listed(catalogue), ...Vocabulary.train.elsewhere },
  })
