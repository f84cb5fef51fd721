/** `train`: how the model learns. */
import * as Schema from "effect/Schema"
import * as SchemaTransformation from "effect/SchemaTransformation"
import type * as Document from "../Document.ts"
import { type Codec, note, type Verdict } from "./Annotation.ts"
import type { Catalogue } from "./Catalogue.ts"
import * as Fields from "./Fields.ts"
import { type Choices, members } from "./FromEntry.ts"
import { usual } from "./ModelSection.ts"
import { type Member, oneOf, options } from "./OneOf.ts"
import * as Vocabulary from "./Vocabulary.ts"

type Contents = { readonly [name: string]: Codec }

const withDefault = <T>(codec: Codec<T>, value: T, description: string) =>
  Fields.withDefault(Fields.described(codec, description), () => value)

/** A choice that may also be left to Adjoint: `auto`. */
const orAuto = <T>(codec: Codec<T>): Codec<"auto" | T> => {
  const dispatch = (value: unknown): Verdict => ({ _tag: "Meant", schema: codec, input: value })
  return note(Schema.Union([Schema.Literal("auto"), codec]), { dispatch }) as unknown as Codec<"auto" | T>
}

const monitor = withDefault(
  Fields.text,
  "val.loss",
  "The score that is watched: `train.` or `val.` and `loss` or the name of a metric. Default: val.loss.",
)
const mode = withDefault(
  Fields.choice(["auto", "min", "max"]),
  "auto",
  "Whether lower or higher is better. Default: auto, which knows the metrics.",
)

const everyPattern = /^([1-9]\d{0,8}) ?epochs?$/u

/** A stretch of training in its one spelling. `1 epoch` and `1 epochs` are both `1 epoch`. */
const spelled = (text: string): string => {
  const [, n = "1"] = everyPattern.exec(text) ?? []
  return n === "1" ? "1 epoch" : `${n} epochs`
}

const every = note(Schema.String.check(Schema.isPattern(everyPattern)), {
  wanted: "a stretch of training such as `1 epoch` or `5 epochs`",
}).pipe(
  Schema.decodeTo(Schema.String, SchemaTransformation.transform({ decode: spelled, encode: (text: string) => text })),
) as unknown as Codec<string>

const callbacks: { readonly [name: string]: Member } = {
  early_stop: {
    doc: "Ends the run when the watched score has stopped getting better.",
    bare: true,
    synonyms: Vocabulary.callbacks.early_stop,
    content: options(
      {
        monitor,
        mode,
        patience: withDefault(Fields.count, 5, "Epochs to wait for something better. Default: 5."),
        min_delta: withDefault(Fields.number({ minimum: 0 }), 0, "What counts as better. Default: 0."),
        restore_best: withDefault(
          Fields.boolean,
          true,
          "Whether the run ends with the weights of its best epoch. Default: true.",
        ),
      } as unknown as Contents,
      undefined,
      Vocabulary.callbackOptions,
    ),
  },
  checkpoint: {
    doc: "Keeps the state of the run on disk.",
    bare: true,
    synonyms: Vocabulary.callbacks.checkpoint,
    content: options(
      {
        keep: withDefault(
          note(Schema.Array(Fields.choice(["best", "last"])).check(Schema.isMinLength(1)), {
            wanted: "a list of `best` and `last`",
          }) as unknown as Codec<ReadonlyArray<"best" | "last">>,
          ["best", "last"],
          "Which states are kept. Default: [best, last].",
        ),
        monitor,
        mode,
        every: withDefault(every, "1 epoch", "How often. Default: 1 epoch."),
      } as unknown as Contents,
      undefined,
      Vocabulary.callbackOptions,
    ),
  },
  reduce_on_plateau: {
    doc: "Lowers the learning rate when the watched score has stopped getting better.",
    bare: true,
    synonyms: Vocabulary.callbacks.reduce_on_plateau,
    content: options(
      {
        monitor,
        mode,
        factor: withDefault(
          Fields.number({ exclusiveMinimum: 0, exclusiveMaximum: 1 }),
          0.1,
          "What is left of the rate each time. Default: 0.1.",
        ),
        patience: withDefault(Fields.count, 5, "Epochs to wait for something better. Default: 5."),
        min_delta: withDefault(Fields.number({ minimum: 0 }), 0, "What counts as better. Default: 0."),
        cooldown: withDefault(Fields.integer({ minimum: 0 }), 0, "Epochs after a lowering that are not counted. Default: 0."),
        least: withDefault(
          Fields.number({ minimum: 0, maximum: 1 }),
          0,
          "The least share of the rate that is ever left. Default: 0.",
        ),
      } as unknown as Contents,
      undefined,
      Vocabulary.callbackOptions,
    ),
  },
  nan_guard: {
    doc: "What happens when a loss, gradient or weight is no longer a finite number.",
    bare: true,
    synonyms: Vocabulary.callbacks.nan_guard,
    content: options(
      {
        action: withDefault(Fields.choice(["stop"]), "stop", "`stop` ends the run and says where. Default: stop."),
      } as unknown as Contents,
      "action",
      Vocabulary.callbackOptions,
    ),
  },
}

const limit = (description: string) => Schema.optionalKey(Fields.described(Fields.number({ exclusiveMinimum: 0 }), description))

const classWeights = note(
  Schema.Union([Schema.Literal("balanced"), Schema.Array(Fields.number({ minimum: 0 })).check(Schema.isMinLength(2))]),
  { wanted: "`balanced`, or a list of a weight for each class", mend: Vocabulary.classWeights },
) as unknown as Codec<"balanced" | ReadonlyArray<number>>

const regularize: Codec<Document.Regularize> = note(
  Schema.Struct({
    l1: withDefault(Fields.number({ minimum: 0 }), 0, "Adds λ|w| to the loss for every weight. Default: 0."),
    l2: withDefault(Fields.number({ minimum: 0 }), 0, "Adds ½λw² to the loss for every weight. Default: 0."),
    max_norm: limit("The largest norm that the weights leading to a unit may have after a step."),
    clip_norm: limit("The largest norm that all gradients together may have."),
    clip_layer_norm: limit("The largest norm that the gradients of one layer may have."),
    clip_value: limit("The largest size that any number of a gradient may have."),
    class_weight: Schema.optionalKey(
      Fields.described(
        classWeights,
        "How often a sample counts by its class: `balanced` counts rare classes more, so that all weigh the same; or a weight for each class, in their order.",
      ),
    ),
  }),
  Vocabulary.regularize,
)

/** What a map that leaves everything to its defaults becomes. */
const empty =
  <T>(codec: Codec<T>) =>
  () =>
    Schema.decodeSync(codec)({})

/** The schema of `train`. */
export const trainSection = (catalogue: Catalogue, choices: Choices): Codec<Document.Train> => {
  const optimizer = oneOf("optimizer", members(catalogue.optimizer, choices, Vocabulary.optimizerOptions), {
    elsewhere: Vocabulary.optimizerNames,
    identifier: "Optimizer",
  }) as Codec<Document.Named>
  const loss = oneOf("loss", members(catalogue.loss, choices), {
    identifier: "Loss",
    elsewhere: Vocabulary.lossNames,
  }) as Codec<Document.Named>
  const metric = oneOf("metric", members(catalogue.metric, choices), {
    identifier: "Metric",
    elsewhere: Vocabulary.metricNames,
  }) as Codec<Document.Named>
  const metrics = note(Schema.Array(metric), { wanted: "a list of metrics, or auto" }) as unknown as Codec<
    ReadonlyArray<Document.Named>
  >
  const callback = oneOf("callback", callbacks, {
    identifier: "Callback",
    elsewhere: Vocabulary.callbackNames,
  }) as Codec<Document.Named>
  return note(
    Schema.Struct({
      seed: withDefault(Fields.seed, 0, "All randomness of the run comes from this number. Default: 0."),
      epochs: withDefault(Fields.count, 10, "How often the training rows are gone through. Default: 10."),
      batch: withDefault(Fields.count, 32, "Rows in one step. Default: 32."),
      loss: withDefault(orAuto(loss), "auto", "What is made small. Default: auto, the one that fits the target."),
      optimizer: Fields.withDefault(
        Fields.described(optimizer, "How the weights follow the gradient. Default: adam."),
        usual(optimizer, "adam"),
      ),
      schedule: Fields.withDefault(
        Fields.described(choices.schedule as Codec<Document.Named>, "How the learning rate changes. Default: constant."),
        usual(choices.schedule, "constant"),
      ),
      regularize: Fields.withDefault(
        Fields.described(regularize, "What keeps the weights small and the steps short."),
        empty(regularize),
      ),
      freeze: Schema.optionalKey(
        Fields.described(
          note(Schema.Array(Fields.text), { wanted: "a list of layers" }) as unknown as Codec<ReadonlyArray<string>>,
          "Layers whose parameters stay as they are, by name.",
        ),
      ),
      rates: Schema.optionalKey(
        Fields.described(
          note(Schema.Record(Schema.String, Fields.number({ minimum: 0 })), {
            wanted: "a map from layers to factors",
          }) as unknown as Codec<{ readonly [layer: string]: number }>,
          "What the steps of a layer's parameters are multiplied by, by its name.",
        ),
      ),
      accumulate: Schema.optionalKey(Fields.described(Fields.count, "Batches whose gradients make one step.")),
      lookahead: Schema.optionalKey(
        Fields.described(
          options({
            every: withDefault(Fields.count, 5, "Steps between two of the slow copy's. Default: 5."),
            alpha: withDefault(
              Fields.number({ exclusiveMinimum: 0, maximum: 1 }),
              0.5,
              "How far the slow copy goes towards the weights. Default: 0.5.",
            ),
          } as unknown as Contents) as unknown as Codec<{ readonly every: number; readonly alpha: number }>,
          "A slow copy of the weights that they go back to every few steps.",
        ),
      ),
      average: Schema.optionalKey(
        Fields.described(
          Fields.number({ exclusiveMinimum: 0, exclusiveMaximum: 1 }),
          "Scores, keeps and predicts with the exponential moving average of the weights, which goes this share of the way back at each step: 0.999 is about the mean of the latest 1,000 steps.",
        ),
      ),
      metrics: withDefault(orAuto(metrics), "auto", "What is scored after every epoch. Default: auto, what fits the target."),
      callbacks: withDefault(
        note(Schema.Array(callback), { wanted: "a list of callbacks" }) as unknown as Codec<ReadonlyArray<Document.Named>>,
        [],
        "What watches the run. Default: [].",
      ),
    }),
    Vocabulary.train,
  )
}
