/** `train`: how the model learns. */
import type * as OptimizerWrapper from "@adjoint/core/learning/OptimizerWrapper"
import type * as Regularizer from "@adjoint/core/learning/Regularizer"
import * as Schema from "effect/Schema"
import * as SchemaTransformation from "effect/SchemaTransformation"
import type * as Document from "../Document.ts"
import { called } from "../diagnostic/Suggest.ts"
import { isRecord } from "../source/Data.ts"
import { type Codec, type ElsewhereTable, note, type Verdict } from "./Annotation.ts"
import type { Catalogue } from "./Catalogue.ts"
import * as Fields from "./Fields.ts"
import { type Choices, members, settings } from "./FromEntry.ts"
import { callback as asItem } from "./Misplaced.ts"
import { oneOf } from "./OneOf.ts"
import * as Synonyms from "./Synonyms.ts"
import * as Vocabulary from "./Vocabulary.ts"
import { got } from "./Words.ts"

/** A loss, or `auto`. */
const orAuto = <T>(codec: Codec<T>, names: ReadonlyArray<string>): Codec<"auto" | T> => {
  const dispatch = (value: unknown): Verdict => lossesInstead(value, names) ?? { _tag: "Meant", schema: codec, input: value }
  return note(Schema.Union([Schema.Literal("auto"), codec]), { dispatch })
}

const listOf = <T>(item: Codec<T>, wanted: string): Codec<ReadonlyArray<T>> => note(Schema.Array(item), { wanted })

/** A map of the heads' losses that was written where one loss is expected, with the edit that renames its key. */
const lossesInstead = (value: unknown, names: ReadonlyArray<string>): Verdict | undefined => {
  if (!isRecord(value)) return undefined
  const keys = Object.keys(value)
  const isOfHeads = keys.length > 1 && keys.every((key) => called(key, names, {}).length === 0)
  if (!isOfHeads) return undefined
  const help = "the losses of several heads belong under `losses`"
  return {
    _tag: "Nothing",
    code: "S104",
    message: `expected one loss, got ${got(value)}`,
    on: "key",
    help,
    fix: (path) => ({ title: "rename to `losses`", at: { path, on: "key" }, text: "losses" }),
  }
}

/** Other names for the weight of a loss. */
const weightNames = { weight: ["loss_weight", "factor", "scale"] } as const

/** The loss of a head: its name, its options with a weight beside, or a weight alone. */
const headLoss = (catalogue: Catalogue, choices: Choices): Codec<Document.WeightedLoss> => {
  const meaning = "The weight of this loss in the sum over the heads."
  const weight = Fields.described(Fields.float({ minimum: 0 }), meaning)
  const named = oneOf("loss", members(catalogue.loss, choices), {
    identifier: "WeightedLoss",
    elsewhere: Vocabulary.lossNames,
    besides: ["auto", "weight"],
    beside: { weight: Fields.usually(weight, 1, meaning) },
  })
  const whole = Schema.Union([Schema.Struct({ weight }), named])
  const short = <T>(codec: Codec<T>, decode: (value: T) => number): Codec =>
    codec.pipe(
      Schema.decodeTo(
        whole as unknown as Codec,
        SchemaTransformation.transform({
          decode: (value: T): unknown => ({ weight: decode(value) }),
          encode: (value: unknown): T => value as T,
        }),
      ),
    ) as unknown as Codec
  const auto = short(Schema.Literal("auto"), () => 1)
  const alone = short(weight, (value) => value)
  const onlyWeight = note(Schema.Struct({ weight }), { synonyms: weightNames })
  const dispatch = (value: unknown): Verdict => {
    if (typeof value === "number") return { _tag: "Meant", schema: weight, input: value }
    const hasWeightAlone = isRecord(value) && Object.keys(value).every((key) => called(key, ["weight"], weightNames).length > 0)
    if (hasWeightAlone && Object.keys(value).length > 0)
      return { _tag: "Meant", schema: onlyWeight as unknown as Codec, input: value }
    return { _tag: "Meant", schema: named, input: value }
  }
  return note(Schema.Union([whole, auto, alone]), {
    dispatch,
    identifier: "HeadLoss",
  }) as unknown as Codec<Document.WeightedLoss>
}

/** Metrics of all heads as a list, or of each head as a map of lists. */
const metricsOf = (metric: Codec<Document.Named>): Codec<Document.Train["metrics"]> => {
  const list = listOf(metric, "a list of metrics, or auto")
  const byHead = note(Schema.Record(Schema.String, listOf(metric, "a list of metrics")), {
    wanted: "a map from heads to lists of metrics",
  })
  const dispatch = (value: unknown): Verdict => {
    const isByHead = isRecord(value) && Object.keys(value).length > 0 && Object.values(value).every(Array.isArray)
    return { _tag: "Meant", schema: isByHead ? byHead : list, input: value }
  }
  return note(Schema.Union([Schema.Literal("auto"), list, byHead]), { dispatch }) as unknown as Codec<Document.Train["metrics"]>
}

/** The keys of `regularize`: the regularizers of the catalogue. */
export const regularizeFields = (catalogue: Catalogue, choices: Choices) =>
  settings<typeof Regularizer.table>(catalogue.regularizer, choices)

const regularize = (catalogue: Catalogue, choices: Choices): Codec<Document.Regularize> =>
  note(Schema.Struct(regularizeFields(catalogue, choices)), {
    ...Vocabulary.regularize,
    synonyms: Synonyms.ofTable(catalogue.regularizer),
  })

/** One item of `train.callbacks`. */
export const callbackSchema = (catalogue: Catalogue, choices: Choices): Codec<Document.Named> =>
  oneOf("callback", members(catalogue.callback, choices, Vocabulary.callbackOptions), {
    identifier: "Callback",
    elsewhere: Vocabulary.callbackNames,
  }) as Codec<Document.Named>

/** One item of `train.metrics`. */
export const metricSchema = (catalogue: Catalogue, choices: Choices): Codec<Document.Named> =>
  oneOf("metric", members(catalogue.metric, choices), {
    identifier: "Metric",
    elsewhere: Vocabulary.metricNames,
  }) as Codec<Document.Named>

/** The keys of `train`. */
export const trainFields = (
  catalogue: Catalogue,
  choices: Choices,
  callback = callbackSchema(catalogue, choices),
  metric = metricSchema(catalogue, choices),
) => {
  const optimizer = oneOf("optimizer", members(catalogue.optimizer, choices, Vocabulary.optimizerOptions), {
    identifier: "Optimizer",
    elsewhere: Vocabulary.optimizerNames,
  }) as Codec<Document.Named>
  const loss = oneOf("loss", members(catalogue.loss, choices), {
    identifier: "Loss",
    elsewhere: Vocabulary.lossNames,
  }) as Codec<Document.Named>
  const schedule = choices.schedule as Codec<Document.Named>
  return {
    seed: Fields.usually(Fields.seed, 0, "The seed of all randomness in the run."),
    epochs: Fields.usually(Fields.count, 10, "Passes over the training rows."),
    batch: Fields.usually(Fields.count, 32, "Rows per step."),
    shards: Schema.optionalKey(
      Fields.described(
        Fields.count,
        "How many shards a batch is cut into, by the position of its rows; 1 unless given. Their gradients are computed apart, by any number of workers, and added in a fixed order: the bits depend on this number and not on the workers.",
      ),
    ),
    loss: Fields.usually(
      orAuto(loss, Object.keys(catalogue.loss)),
      "auto",
      "The loss to minimize; `auto` chooses the one for the target.",
    ),
    losses: Schema.optionalKey(
      note(Schema.Record(Schema.String, headLoss(catalogue, choices)), {
        description:
          "The loss of each of several heads, with its weight in the sum: `{ Survived: 1, Fare: { huber: { delta: 1 }, weight: 0.3 } }`. Heads that are not named have `auto` and the weight 1.",
        wanted: "a map from heads to their losses or weights",
      }),
    ),
    optimizer: Fields.usuallyNamed(optimizer, "adam", "The optimizer that updates the weights."),
    schedule: Fields.usuallyNamed(schedule, "constant", "How the learning rate changes over the run."),
    regularize: Fields.emptied(regularize(catalogue, choices), "Penalties on weights, and limits on weights and gradients."),
    ...settings<typeof OptimizerWrapper.table>(catalogue.around, choices),
    metrics: Fields.usually(
      metricsOf(metric),
      "auto",
      "Scores computed after every epoch; `auto` chooses those for the target. With several heads a metric is one of all heads that it fits, or of the head under whose name it stands.",
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
export const trainSection = (
  catalogue: Catalogue,
  choices: Choices,
  callback = callbackSchema(catalogue, choices),
  metric = metricSchema(catalogue, choices),
): Codec<Document.Train> =>
  note(Schema.Struct(trainFields(catalogue, choices, callback, metric)), {
    synonyms: { ...Vocabulary.train.synonyms, ...Synonyms.ofTable(catalogue.around) },
    elsewhere: { ...listed(catalogue), ...Vocabulary.train.elsewhere },
  })
